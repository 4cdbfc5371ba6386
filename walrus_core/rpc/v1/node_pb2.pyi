from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Axis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AXIS_UNSPECIFIED: _ClassVar[Axis]
    AXIS_PRIMARY: _ClassVar[Axis]
    AXIS_SECONDARY: _ClassVar[Axis]

class StoredStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STORED_STATUS_UNSPECIFIED: _ClassVar[StoredStatus]
    STORED_STATUS_NONEXISTENT: _ClassVar[StoredStatus]
    STORED_STATUS_BUFFERED: _ClassVar[StoredStatus]
    STORED_STATUS_STORED: _ClassVar[StoredStatus]

class BlobKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BLOB_KIND_UNSPECIFIED: _ClassVar[BlobKind]
    BLOB_KIND_NONEXISTENT: _ClassVar[BlobKind]
    BLOB_KIND_DELETABLE: _ClassVar[BlobKind]
    BLOB_KIND_PERMANENT: _ClassVar[BlobKind]
    BLOB_KIND_INVALID: _ClassVar[BlobKind]

class ShardStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHARD_STATUS_UNSPECIFIED: _ClassVar[ShardStatus]
    SHARD_STATUS_READY: _ClassVar[ShardStatus]
    SHARD_STATUS_IN_TRANSFER: _ClassVar[ShardStatus]
    SHARD_STATUS_IN_RECOVERY: _ClassVar[ShardStatus]
    SHARD_STATUS_READ_ONLY: _ClassVar[ShardStatus]
AXIS_UNSPECIFIED: Axis
AXIS_PRIMARY: Axis
AXIS_SECONDARY: Axis
STORED_STATUS_UNSPECIFIED: StoredStatus
STORED_STATUS_NONEXISTENT: StoredStatus
STORED_STATUS_BUFFERED: StoredStatus
STORED_STATUS_STORED: StoredStatus
BLOB_KIND_UNSPECIFIED: BlobKind
BLOB_KIND_NONEXISTENT: BlobKind
BLOB_KIND_DELETABLE: BlobKind
BLOB_KIND_PERMANENT: BlobKind
BLOB_KIND_INVALID: BlobKind
SHARD_STATUS_UNSPECIFIED: ShardStatus
SHARD_STATUS_READY: ShardStatus
SHARD_STATUS_IN_TRANSFER: ShardStatus
SHARD_STATUS_IN_RECOVERY: ShardStatus
SHARD_STATUS_READ_ONLY: ShardStatus

class SliverPiece(_message.Message):
    __slots__ = ("axis", "sliver_pair_index", "offset", "sliver_size", "symbol_size", "data")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    SLIVER_PAIR_INDEX_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SLIVER_SIZE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_SIZE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    axis: Axis
    sliver_pair_index: int
    offset: int
    sliver_size: int
    symbol_size: int
    data: bytes
    def __init__(self, axis: _Optional[_Union[Axis, str]] = ..., sliver_pair_index: _Optional[int] = ..., offset: _Optional[int] = ..., sliver_size: _Optional[int] = ..., symbol_size: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class SignedMessage(_message.Message):
    __slots__ = ("serialized_message", "signature")
    SERIALIZED_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    serialized_message: bytes
    signature: bytes
    def __init__(self, serialized_message: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class GetMetadataRequest(_message.Message):
    __slots__ = ("blob_id",)
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    def __init__(self, blob_id: _Optional[bytes] = ...) -> None: ...

class GetMetadataResponse(_message.Message):
    __slots__ = ("metadata",)
    METADATA_FIELD_NUMBER: _ClassVar[int]
    metadata: bytes
    def __init__(self, metadata: _Optional[bytes] = ...) -> None: ...

class PutMetadataRequest(_message.Message):
    __slots__ = ("metadata", "pending")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    metadata: bytes
    pending: bool
    def __init__(self, metadata: _Optional[bytes] = ..., pending: bool = ...) -> None: ...

class PutMetadataResponse(_message.Message):
    __slots__ = ("previous_status",)
    PREVIOUS_STATUS_FIELD_NUMBER: _ClassVar[int]
    previous_status: StoredStatus
    def __init__(self, previous_status: _Optional[_Union[StoredStatus, str]] = ...) -> None: ...

class GetHoldingsRequest(_message.Message):
    __slots__ = ("blob_id",)
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    def __init__(self, blob_id: _Optional[bytes] = ...) -> None: ...

class GetHoldingsResponse(_message.Message):
    __slots__ = ("metadata_status", "primary_sliver_pair_indices", "secondary_sliver_pair_indices")
    METADATA_STATUS_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_SLIVER_PAIR_INDICES_FIELD_NUMBER: _ClassVar[int]
    SECONDARY_SLIVER_PAIR_INDICES_FIELD_NUMBER: _ClassVar[int]
    metadata_status: StoredStatus
    primary_sliver_pair_indices: _containers.RepeatedScalarFieldContainer[int]
    secondary_sliver_pair_indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, metadata_status: _Optional[_Union[StoredStatus, str]] = ..., primary_sliver_pair_indices: _Optional[_Iterable[int]] = ..., secondary_sliver_pair_indices: _Optional[_Iterable[int]] = ...) -> None: ...

class GetSliversRequest(_message.Message):
    __slots__ = ("blob_id", "axis", "sliver_pair_indices")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    SLIVER_PAIR_INDICES_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    axis: Axis
    sliver_pair_indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, blob_id: _Optional[bytes] = ..., axis: _Optional[_Union[Axis, str]] = ..., sliver_pair_indices: _Optional[_Iterable[int]] = ...) -> None: ...

class GetSliversResponse(_message.Message):
    __slots__ = ("pieces",)
    PIECES_FIELD_NUMBER: _ClassVar[int]
    pieces: _containers.RepeatedCompositeFieldContainer[SliverPiece]
    def __init__(self, pieces: _Optional[_Iterable[_Union[SliverPiece, _Mapping]]] = ...) -> None: ...

class PutSliversRequest(_message.Message):
    __slots__ = ("blob_id", "pending", "pieces")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    PIECES_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    pending: bool
    pieces: _containers.RepeatedCompositeFieldContainer[SliverPiece]
    def __init__(self, blob_id: _Optional[bytes] = ..., pending: bool = ..., pieces: _Optional[_Iterable[_Union[SliverPiece, _Mapping]]] = ...) -> None: ...

class PutSliversResponse(_message.Message):
    __slots__ = ("stored_count",)
    STORED_COUNT_FIELD_NUMBER: _ClassVar[int]
    stored_count: int
    def __init__(self, stored_count: _Optional[int] = ...) -> None: ...

class GetConfirmationRequest(_message.Message):
    __slots__ = ("blob_id", "object_id", "wait_millis")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_MILLIS_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    object_id: bytes
    wait_millis: int
    def __init__(self, blob_id: _Optional[bytes] = ..., object_id: _Optional[bytes] = ..., wait_millis: _Optional[int] = ...) -> None: ...

class GetConfirmationResponse(_message.Message):
    __slots__ = ("confirmation",)
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    confirmation: SignedMessage
    def __init__(self, confirmation: _Optional[_Union[SignedMessage, _Mapping]] = ...) -> None: ...

class GetRecoverySymbolsRequest(_message.Message):
    __slots__ = ("blob_id", "target_axis", "target_sliver_pair_indices", "source_sliver_pair_indices")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_AXIS_FIELD_NUMBER: _ClassVar[int]
    TARGET_SLIVER_PAIR_INDICES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SLIVER_PAIR_INDICES_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    target_axis: Axis
    target_sliver_pair_indices: _containers.RepeatedScalarFieldContainer[int]
    source_sliver_pair_indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, blob_id: _Optional[bytes] = ..., target_axis: _Optional[_Union[Axis, str]] = ..., target_sliver_pair_indices: _Optional[_Iterable[int]] = ..., source_sliver_pair_indices: _Optional[_Iterable[int]] = ...) -> None: ...

class RecoverySymbol(_message.Message):
    __slots__ = ("target_sliver_pair_index", "source_sliver_pair_index", "data", "path")
    TARGET_SLIVER_PAIR_INDEX_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SLIVER_PAIR_INDEX_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    target_sliver_pair_index: int
    source_sliver_pair_index: int
    data: bytes
    path: bytes
    def __init__(self, target_sliver_pair_index: _Optional[int] = ..., source_sliver_pair_index: _Optional[int] = ..., data: _Optional[bytes] = ..., path: _Optional[bytes] = ...) -> None: ...

class GetRecoverySymbolsResponse(_message.Message):
    __slots__ = ("symbols",)
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedCompositeFieldContainer[RecoverySymbol]
    def __init__(self, symbols: _Optional[_Iterable[_Union[RecoverySymbol, _Mapping]]] = ...) -> None: ...

class AttestInconsistencyRequest(_message.Message):
    __slots__ = ("blob_id", "target_axis", "proof_size", "proof")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_AXIS_FIELD_NUMBER: _ClassVar[int]
    PROOF_SIZE_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    target_axis: Axis
    proof_size: int
    proof: bytes
    def __init__(self, blob_id: _Optional[bytes] = ..., target_axis: _Optional[_Union[Axis, str]] = ..., proof_size: _Optional[int] = ..., proof: _Optional[bytes] = ...) -> None: ...

class AttestInconsistencyResponse(_message.Message):
    __slots__ = ("attestation",)
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    attestation: SignedMessage
    def __init__(self, attestation: _Optional[_Union[SignedMessage, _Mapping]] = ...) -> None: ...

class GetBlobStatusRequest(_message.Message):
    __slots__ = ("blob_id",)
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    def __init__(self, blob_id: _Optional[bytes] = ...) -> None: ...

class EventId(_message.Message):
    __slots__ = ("transaction_digest", "sequence")
    TRANSACTION_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    transaction_digest: bytes
    sequence: int
    def __init__(self, transaction_digest: _Optional[bytes] = ..., sequence: _Optional[int] = ...) -> None: ...

class GetBlobStatusResponse(_message.Message):
    __slots__ = ("kind", "end_epoch", "is_certified", "initial_certified_epoch", "deletable_total_count", "deletable_certified_count", "event")
    KIND_FIELD_NUMBER: _ClassVar[int]
    END_EPOCH_FIELD_NUMBER: _ClassVar[int]
    IS_CERTIFIED_FIELD_NUMBER: _ClassVar[int]
    INITIAL_CERTIFIED_EPOCH_FIELD_NUMBER: _ClassVar[int]
    DELETABLE_TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    DELETABLE_CERTIFIED_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    kind: BlobKind
    end_epoch: int
    is_certified: bool
    initial_certified_epoch: int
    deletable_total_count: int
    deletable_certified_count: int
    event: EventId
    def __init__(self, kind: _Optional[_Union[BlobKind, str]] = ..., end_epoch: _Optional[int] = ..., is_certified: bool = ..., initial_certified_epoch: _Optional[int] = ..., deletable_total_count: _Optional[int] = ..., deletable_certified_count: _Optional[int] = ..., event: _Optional[_Union[EventId, _Mapping]] = ...) -> None: ...

class SyncShardRequest(_message.Message):
    __slots__ = ("request", "public_key")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    request: SignedMessage
    public_key: bytes
    def __init__(self, request: _Optional[_Union[SignedMessage, _Mapping]] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class ShardPiece(_message.Message):
    __slots__ = ("blob_id", "piece")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    piece: SliverPiece
    def __init__(self, blob_id: _Optional[bytes] = ..., piece: _Optional[_Union[SliverPiece, _Mapping]] = ...) -> None: ...

class SyncShardResponse(_message.Message):
    __slots__ = ("pieces",)
    PIECES_FIELD_NUMBER: _ClassVar[int]
    pieces: _containers.RepeatedCompositeFieldContainer[ShardPiece]
    def __init__(self, pieces: _Optional[_Iterable[_Union[ShardPiece, _Mapping]]] = ...) -> None: ...

class GetNodeHealthRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ShardHealth(_message.Message):
    __slots__ = ("shard_index", "status")
    SHARD_INDEX_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    shard_index: int
    status: ShardStatus
    def __init__(self, shard_index: _Optional[int] = ..., status: _Optional[_Union[ShardStatus, str]] = ...) -> None: ...

class GetNodeHealthResponse(_message.Message):
    __slots__ = ("uptime_seconds", "epoch", "node_id", "public_key", "status", "event_count", "shards", "blob_count", "healing_count", "damaged_count", "stored_bytes", "limit_bytes", "free_bytes")
    UPTIME_SECONDS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SHARDS_FIELD_NUMBER: _ClassVar[int]
    BLOB_COUNT_FIELD_NUMBER: _ClassVar[int]
    HEALING_COUNT_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    STORED_BYTES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    FREE_BYTES_FIELD_NUMBER: _ClassVar[int]
    uptime_seconds: float
    epoch: int
    node_id: bytes
    public_key: bytes
    status: str
    event_count: int
    shards: _containers.RepeatedCompositeFieldContainer[ShardHealth]
    blob_count: int
    healing_count: int
    damaged_count: int
    stored_bytes: int
    limit_bytes: int
    free_bytes: int
    def __init__(self, uptime_seconds: _Optional[float] = ..., epoch: _Optional[int] = ..., node_id: _Optional[bytes] = ..., public_key: _Optional[bytes] = ..., status: _Optional[str] = ..., event_count: _Optional[int] = ..., shards: _Optional[_Iterable[_Union[ShardHealth, _Mapping]]] = ..., blob_count: _Optional[int] = ..., healing_count: _Optional[int] = ..., damaged_count: _Optional[int] = ..., stored_bytes: _Optional[int] = ..., limit_bytes: _Optional[int] = ..., free_bytes: _Optional[int] = ...) -> None: ...
