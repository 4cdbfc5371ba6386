from walrus_core.rpc.v1 import chunk_pb2 as _chunk_pb2
from walrus_core.rpc.v1 import node_pb2 as _node_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConsistencyCheck(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSISTENCY_CHECK_UNSPECIFIED: _ClassVar[ConsistencyCheck]
    CONSISTENCY_CHECK_SKIP: _ClassVar[ConsistencyCheck]
    CONSISTENCY_CHECK_DEFAULT: _ClassVar[ConsistencyCheck]
    CONSISTENCY_CHECK_STRICT: _ClassVar[ConsistencyCheck]
CONSISTENCY_CHECK_UNSPECIFIED: ConsistencyCheck
CONSISTENCY_CHECK_SKIP: ConsistencyCheck
CONSISTENCY_CHECK_DEFAULT: ConsistencyCheck
CONSISTENCY_CHECK_STRICT: ConsistencyCheck

class EncodeHeader(_message.Message):
    __slots__ = ("n_shards", "size", "axes", "sliver_pair_indices")
    N_SHARDS_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    SLIVER_PAIR_INDICES_FIELD_NUMBER: _ClassVar[int]
    n_shards: int
    size: int
    axes: _containers.RepeatedScalarFieldContainer[_node_pb2.Axis]
    sliver_pair_indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, n_shards: _Optional[int] = ..., size: _Optional[int] = ..., axes: _Optional[_Iterable[_Union[_node_pb2.Axis, str]]] = ..., sliver_pair_indices: _Optional[_Iterable[int]] = ...) -> None: ...

class EncodeRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: EncodeHeader
    chunk: _chunk_pb2.Chunk
    def __init__(self, header: _Optional[_Union[EncodeHeader, _Mapping]] = ..., chunk: _Optional[_Union[_chunk_pb2.Chunk, _Mapping]] = ...) -> None: ...

class BlobDescription(_message.Message):
    __slots__ = ("blob_id", "size", "n_shards", "symbol_size", "root_hash", "encoded_size", "metadata")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    N_SHARDS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_HASH_FIELD_NUMBER: _ClassVar[int]
    ENCODED_SIZE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    size: int
    n_shards: int
    symbol_size: int
    root_hash: bytes
    encoded_size: int
    metadata: bytes
    def __init__(self, blob_id: _Optional[bytes] = ..., size: _Optional[int] = ..., n_shards: _Optional[int] = ..., symbol_size: _Optional[int] = ..., root_hash: _Optional[bytes] = ..., encoded_size: _Optional[int] = ..., metadata: _Optional[bytes] = ...) -> None: ...

class SliverBatch(_message.Message):
    __slots__ = ("pieces", "crc32c")
    PIECES_FIELD_NUMBER: _ClassVar[int]
    CRC32C_FIELD_NUMBER: _ClassVar[int]
    pieces: _containers.RepeatedCompositeFieldContainer[_node_pb2.SliverPiece]
    crc32c: int
    def __init__(self, pieces: _Optional[_Iterable[_Union[_node_pb2.SliverPiece, _Mapping]]] = ..., crc32c: _Optional[int] = ...) -> None: ...

class EncodeResponse(_message.Message):
    __slots__ = ("slivers", "blob")
    SLIVERS_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    slivers: SliverBatch
    blob: BlobDescription
    def __init__(self, slivers: _Optional[_Union[SliverBatch, _Mapping]] = ..., blob: _Optional[_Union[BlobDescription, _Mapping]] = ...) -> None: ...

class ComputeBlobIdHeader(_message.Message):
    __slots__ = ("n_shards", "size", "id_only")
    N_SHARDS_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ID_ONLY_FIELD_NUMBER: _ClassVar[int]
    n_shards: int
    size: int
    id_only: bool
    def __init__(self, n_shards: _Optional[int] = ..., size: _Optional[int] = ..., id_only: bool = ...) -> None: ...

class ComputeBlobIdRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: ComputeBlobIdHeader
    chunk: _chunk_pb2.Chunk
    def __init__(self, header: _Optional[_Union[ComputeBlobIdHeader, _Mapping]] = ..., chunk: _Optional[_Union[_chunk_pb2.Chunk, _Mapping]] = ...) -> None: ...

class ComputeBlobIdResponse(_message.Message):
    __slots__ = ("blob",)
    BLOB_FIELD_NUMBER: _ClassVar[int]
    blob: BlobDescription
    def __init__(self, blob: _Optional[_Union[BlobDescription, _Mapping]] = ...) -> None: ...

class DecodeHeader(_message.Message):
    __slots__ = ("metadata", "check")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    metadata: bytes
    check: ConsistencyCheck
    def __init__(self, metadata: _Optional[bytes] = ..., check: _Optional[_Union[ConsistencyCheck, str]] = ...) -> None: ...

class DecodeRequest(_message.Message):
    __slots__ = ("header", "slivers")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SLIVERS_FIELD_NUMBER: _ClassVar[int]
    header: DecodeHeader
    slivers: SliverBatch
    def __init__(self, header: _Optional[_Union[DecodeHeader, _Mapping]] = ..., slivers: _Optional[_Union[SliverBatch, _Mapping]] = ...) -> None: ...

class DecodeResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: _chunk_pb2.Chunk
    def __init__(self, chunk: _Optional[_Union[_chunk_pb2.Chunk, _Mapping]] = ...) -> None: ...

class VerifySliversHeader(_message.Message):
    __slots__ = ("metadata",)
    METADATA_FIELD_NUMBER: _ClassVar[int]
    metadata: bytes
    def __init__(self, metadata: _Optional[bytes] = ...) -> None: ...

class VerifySliversRequest(_message.Message):
    __slots__ = ("header", "slivers")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SLIVERS_FIELD_NUMBER: _ClassVar[int]
    header: VerifySliversHeader
    slivers: SliverBatch
    def __init__(self, header: _Optional[_Union[VerifySliversHeader, _Mapping]] = ..., slivers: _Optional[_Union[SliverBatch, _Mapping]] = ...) -> None: ...

class SliverVerdict(_message.Message):
    __slots__ = ("axis", "sliver_pair_index", "is_authentic", "reason")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    SLIVER_PAIR_INDEX_FIELD_NUMBER: _ClassVar[int]
    IS_AUTHENTIC_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    axis: _node_pb2.Axis
    sliver_pair_index: int
    is_authentic: bool
    reason: str
    def __init__(self, axis: _Optional[_Union[_node_pb2.Axis, str]] = ..., sliver_pair_index: _Optional[int] = ..., is_authentic: bool = ..., reason: _Optional[str] = ...) -> None: ...

class VerifySliversResponse(_message.Message):
    __slots__ = ("verdicts",)
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.RepeatedCompositeFieldContainer[SliverVerdict]
    def __init__(self, verdicts: _Optional[_Iterable[_Union[SliverVerdict, _Mapping]]] = ...) -> None: ...

class RecoverHeader(_message.Message):
    __slots__ = ("metadata", "target_axis", "target_sliver_pair_index")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    TARGET_AXIS_FIELD_NUMBER: _ClassVar[int]
    TARGET_SLIVER_PAIR_INDEX_FIELD_NUMBER: _ClassVar[int]
    metadata: bytes
    target_axis: _node_pb2.Axis
    target_sliver_pair_index: int
    def __init__(self, metadata: _Optional[bytes] = ..., target_axis: _Optional[_Union[_node_pb2.Axis, str]] = ..., target_sliver_pair_index: _Optional[int] = ...) -> None: ...

class RecoverySymbolBatch(_message.Message):
    __slots__ = ("symbols",)
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedCompositeFieldContainer[_node_pb2.RecoverySymbol]
    def __init__(self, symbols: _Optional[_Iterable[_Union[_node_pb2.RecoverySymbol, _Mapping]]] = ...) -> None: ...

class RecoverRequest(_message.Message):
    __slots__ = ("header", "symbols")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    header: RecoverHeader
    symbols: RecoverySymbolBatch
    def __init__(self, header: _Optional[_Union[RecoverHeader, _Mapping]] = ..., symbols: _Optional[_Union[RecoverySymbolBatch, _Mapping]] = ...) -> None: ...

class ProofPiece(_message.Message):
    __slots__ = ("offset", "proof_size", "data")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    PROOF_SIZE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    offset: int
    proof_size: int
    data: bytes
    def __init__(self, offset: _Optional[int] = ..., proof_size: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class RecoverResponse(_message.Message):
    __slots__ = ("slivers", "inconsistency_proof")
    SLIVERS_FIELD_NUMBER: _ClassVar[int]
    INCONSISTENCY_PROOF_FIELD_NUMBER: _ClassVar[int]
    slivers: SliverBatch
    inconsistency_proof: ProofPiece
    def __init__(self, slivers: _Optional[_Union[SliverBatch, _Mapping]] = ..., inconsistency_proof: _Optional[_Union[ProofPiece, _Mapping]] = ...) -> None: ...
