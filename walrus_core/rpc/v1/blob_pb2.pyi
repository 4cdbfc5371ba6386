from walrus_core.rpc.v1 import chunk_pb2 as _chunk_pb2
from walrus_core.rpc.v1 import encoding_pb2 as _encoding_pb2
from walrus_core.rpc.v1 import node_pb2 as _node_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UploadState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UPLOAD_STATE_UNSPECIFIED: _ClassVar[UploadState]
    UPLOAD_STATE_RECEIVING: _ClassVar[UploadState]
    UPLOAD_STATE_STORING: _ClassVar[UploadState]
    UPLOAD_STATE_STORED: _ClassVar[UploadState]
    UPLOAD_STATE_FAILED: _ClassVar[UploadState]

class StorePhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STORE_PHASE_UNSPECIFIED: _ClassVar[StorePhase]
    STORE_PHASE_ENCODE: _ClassVar[StorePhase]
    STORE_PHASE_REGISTER: _ClassVar[StorePhase]
    STORE_PHASE_UPLOAD: _ClassVar[StorePhase]
    STORE_PHASE_CERTIFY: _ClassVar[StorePhase]
UPLOAD_STATE_UNSPECIFIED: UploadState
UPLOAD_STATE_RECEIVING: UploadState
UPLOAD_STATE_STORING: UploadState
UPLOAD_STATE_STORED: UploadState
UPLOAD_STATE_FAILED: UploadState
STORE_PHASE_UNSPECIFIED: StorePhase
STORE_PHASE_ENCODE: StorePhase
STORE_PHASE_REGISTER: StorePhase
STORE_PHASE_UPLOAD: StorePhase
STORE_PHASE_CERTIFY: StorePhase

class StoreHeader(_message.Message):
    __slots__ = ("upload_id", "size", "epochs", "permanent", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    upload_id: str
    size: int
    epochs: int
    permanent: bool
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, upload_id: _Optional[str] = ..., size: _Optional[int] = ..., epochs: _Optional[int] = ..., permanent: bool = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class StoreRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: StoreHeader
    chunk: _chunk_pb2.Chunk
    def __init__(self, header: _Optional[_Union[StoreHeader, _Mapping]] = ..., chunk: _Optional[_Union[_chunk_pb2.Chunk, _Mapping]] = ...) -> None: ...

class Upload(_message.Message):
    __slots__ = ("upload_id", "committed_offset", "state", "reason")
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_OFFSET_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    upload_id: str
    committed_offset: int
    state: UploadState
    reason: str
    def __init__(self, upload_id: _Optional[str] = ..., committed_offset: _Optional[int] = ..., state: _Optional[_Union[UploadState, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class StoreProgress(_message.Message):
    __slots__ = ("phase", "done", "total")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    phase: StorePhase
    done: int
    total: int
    def __init__(self, phase: _Optional[_Union[StorePhase, str]] = ..., done: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class Certificate(_message.Message):
    __slots__ = ("signers", "serialized_message", "signature")
    SIGNERS_FIELD_NUMBER: _ClassVar[int]
    SERIALIZED_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    signers: _containers.RepeatedScalarFieldContainer[int]
    serialized_message: bytes
    signature: bytes
    def __init__(self, signers: _Optional[_Iterable[int]] = ..., serialized_message: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class StoredBlob(_message.Message):
    __slots__ = ("blob_id", "object_id", "size", "encoded_size", "end_epoch", "certified_epoch", "is_deletable", "was_stored_before", "cost", "gas", "certificate", "event")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ENCODED_SIZE_FIELD_NUMBER: _ClassVar[int]
    END_EPOCH_FIELD_NUMBER: _ClassVar[int]
    CERTIFIED_EPOCH_FIELD_NUMBER: _ClassVar[int]
    IS_DELETABLE_FIELD_NUMBER: _ClassVar[int]
    WAS_STORED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    GAS_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    object_id: bytes
    size: int
    encoded_size: int
    end_epoch: int
    certified_epoch: int
    is_deletable: bool
    was_stored_before: bool
    cost: int
    gas: int
    certificate: Certificate
    event: _node_pb2.EventId
    def __init__(self, blob_id: _Optional[bytes] = ..., object_id: _Optional[bytes] = ..., size: _Optional[int] = ..., encoded_size: _Optional[int] = ..., end_epoch: _Optional[int] = ..., certified_epoch: _Optional[int] = ..., is_deletable: bool = ..., was_stored_before: bool = ..., cost: _Optional[int] = ..., gas: _Optional[int] = ..., certificate: _Optional[_Union[Certificate, _Mapping]] = ..., event: _Optional[_Union[_node_pb2.EventId, _Mapping]] = ...) -> None: ...

class StoreResponse(_message.Message):
    __slots__ = ("upload", "progress", "blob")
    UPLOAD_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    upload: Upload
    progress: StoreProgress
    blob: StoredBlob
    def __init__(self, upload: _Optional[_Union[Upload, _Mapping]] = ..., progress: _Optional[_Union[StoreProgress, _Mapping]] = ..., blob: _Optional[_Union[StoredBlob, _Mapping]] = ...) -> None: ...

class GetUploadStatusRequest(_message.Message):
    __slots__ = ("upload_id",)
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    upload_id: str
    def __init__(self, upload_id: _Optional[str] = ...) -> None: ...

class GetUploadStatusResponse(_message.Message):
    __slots__ = ("upload", "blob")
    UPLOAD_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    upload: Upload
    blob: StoredBlob
    def __init__(self, upload: _Optional[_Union[Upload, _Mapping]] = ..., blob: _Optional[_Union[StoredBlob, _Mapping]] = ...) -> None: ...

class ReconstructRequest(_message.Message):
    __slots__ = ("blob_id", "start", "end", "check")
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    start: int
    end: int
    check: _encoding_pb2.ConsistencyCheck
    def __init__(self, blob_id: _Optional[bytes] = ..., start: _Optional[int] = ..., end: _Optional[int] = ..., check: _Optional[_Union[_encoding_pb2.ConsistencyCheck, str]] = ...) -> None: ...

class ReconstructResponse(_message.Message):
    __slots__ = ("size", "chunk")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    size: int
    chunk: _chunk_pb2.Chunk
    def __init__(self, size: _Optional[int] = ..., chunk: _Optional[_Union[_chunk_pb2.Chunk, _Mapping]] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ("blob_id",)
    BLOB_ID_FIELD_NUMBER: _ClassVar[int]
    blob_id: bytes
    def __init__(self, blob_id: _Optional[bytes] = ...) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _node_pb2.GetBlobStatusResponse
    def __init__(self, status: _Optional[_Union[_node_pb2.GetBlobStatusResponse, _Mapping]] = ...) -> None: ...
