"""What storage nodes sign: statements about an epoch, byte for byte (spec, chapter 4).

Every message is a header (type u8, version u8 = 0, application u8 = 3, epoch u32, little-endian)
and a body. A message is a value; `bytes()` of it is what is signed, and `from_bytes` of its class,
or `parse_message` of any type, accepts exactly those bytes.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from walrus_core.protocol.wire import U8, U16, U32, U64, U256, Reader, uint
from walrus_core.types import Axis, BlobId, checked_bytes, checked_int

__all__ = [
    "APP_ID",
    "INTENT_VERSION",
    "Confirmation",
    "DenyListBlobDeleted",
    "DenyListUpdate",
    "InvalidBlobId",
    "Message",
    "ProofOfPossession",
    "ProtocolVersion",
    "SyncShardRequest",
    "parse_message",
]

INTENT_VERSION = 0

APP_ID = 3
"""Of Walrus storage: other applications on Sui have others, so that no signature serves two."""

ID_SIZE = 32
PUBLIC_KEY_SIZE = 48

PERMANENT, DELETABLE = 0, 1
AXES = (Axis.PRIMARY, Axis.SECONDARY)  # by number


@dataclass(frozen=True, slots=True)
class Message:
    """What all messages share: the header. `epoch` is the signer's present epoch, u32."""

    epoch: int

    TYPE: ClassVar[int]

    def __post_init__(self) -> None:
        checked_int("epoch", self.epoch, 0, 2**32 - 1)

    def __bytes__(self) -> bytes:
        header = bytes([self.TYPE, INTENT_VERSION, APP_ID]) + uint(self.epoch, U32)
        return header + self._body()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """InvalidEncodingError unless these are the bytes of a message of this type."""
        reader = Reader(cls.__name__, data)
        reader.expect("message type", cls.TYPE, U8)
        reader.expect("intent version", INTENT_VERSION, U8)
        reader.expect("application", APP_ID, U8)
        message = cls._read_body(reader.uint(U32), reader)
        reader.finish()
        return message

    @abstractmethod
    def _body(self) -> bytes: ...

    @classmethod
    @abstractmethod
    def _read_body(cls, epoch: int, reader: Reader) -> Self: ...


@dataclass(frozen=True, slots=True)
class ProofOfPossession(Message):
    """Whoever registers a public key (48 bytes) for a Sui address (32) can sign with it."""

    sui_address: bytes
    public_key: bytes

    TYPE = 0

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checked_bytes("sui_address", self.sui_address, ID_SIZE)
        checked_bytes("public_key", self.public_key, PUBLIC_KEY_SIZE)

    def _body(self) -> bytes:
        return self.sui_address + self.public_key

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> Self:
        return cls(epoch, reader.take(ID_SIZE), reader.take(PUBLIC_KEY_SIZE))


@dataclass(frozen=True, slots=True)
class Confirmation(Message):
    """The signer holds all its slivers of a blob.

    `object_id`: None for a permanent blob; of a deletable one the 32 bytes that name its object on
    chain, which is the only one that the confirmation serves.
    """

    blob_id: BlobId
    object_id: bytes | None = None

    TYPE = 1

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        if self.object_id is not None:
            checked_bytes("object_id", self.object_id, ID_SIZE)

    def _body(self) -> bytes:
        if self.object_id is None:
            return self.blob_id.digest + bytes([PERMANENT])
        return self.blob_id.digest + bytes([DELETABLE]) + self.object_id

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> Self:
        blob_id = BlobId(reader.take(BlobId.SIZE))
        persistence = reader.uint(U8)
        if persistence not in (PERMANENT, DELETABLE):
            raise reader.fault(f"persistence {persistence} is neither permanent nor deletable")
        return cls(epoch, blob_id, reader.take(ID_SIZE) if persistence == DELETABLE else None)


@dataclass(frozen=True, slots=True)
class InvalidBlobId(Message):
    """The signer has seen proof that the blob was encoded inconsistently."""

    blob_id: BlobId

    TYPE = 2

    def _body(self) -> bytes:
        return self.blob_id.digest

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> Self:
        return cls(epoch, BlobId(reader.take(BlobId.SIZE)))


@dataclass(frozen=True, slots=True)
class SyncShardRequest(Message):
    """Ask a node for `sliver_count` slivers of a shard, by blob ID from `starting_blob_id` on.

    The epoch stands twice in the bytes, and must be the same.
    """

    shard: int
    axis: Axis
    starting_blob_id: BlobId
    sliver_count: int

    TYPE = 3
    VARIANT = 0  # V1

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checked_int("shard", self.shard, 0, 2**16 - 1)
        checked_int("sliver_count", self.sliver_count, 0, 2**64 - 1)
        object.__setattr__(self, "axis", Axis(self.axis))

    def _body(self) -> bytes:
        sliver = uint(self.shard, U16) + bytes([self.axis.number]) + self.starting_blob_id.digest
        return bytes([self.VARIANT]) + sliver + uint(self.sliver_count, U64) + uint(self.epoch, U32)

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> Self:
        reader.expect("variant", cls.VARIANT, U8)
        shard, axis = reader.uint(U16), reader.uint(U8)
        if axis >= len(AXES):
            raise reader.fault(f"axis {axis} is neither primary nor secondary")
        start, count = BlobId(reader.take(BlobId.SIZE)), reader.uint(U64)
        reader.expect("epoch", epoch, U32)
        return cls(epoch, shard, AXES[axis], start, count)


@dataclass(frozen=True, slots=True)
class DenyListUpdate(Message):
    """A node's deny list is now the one with this root (u256), and denies `size` bytes.

    `node_id`: 32 bytes. `sequence` grows with each update of the node's list.
    """

    node_id: bytes
    sequence: int
    size: int
    root: int

    TYPE = 4

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checked_bytes("node_id", self.node_id, ID_SIZE)
        checked_int("sequence", self.sequence, 0, 2**64 - 1)
        checked_int("size", self.size, 0, 2**64 - 1)
        checked_int("root", self.root, 0, 2**256 - 1)

    def _body(self) -> bytes:
        numbers = uint(self.sequence, U64) + uint(self.size, U64) + uint(self.root, U256)
        return self.node_id + numbers

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> Self:
        node_id = reader.take(ID_SIZE)
        return cls(epoch, node_id, reader.uint(U64), reader.uint(U64), reader.uint(U256))


@dataclass(frozen=True, slots=True)
class DenyListBlobDeleted(Message):
    """The signer deleted its slivers of a blob because of its deny list."""

    blob_id: BlobId

    TYPE = 5

    def _body(self) -> bytes:
        return self.blob_id.digest

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> Self:
        return cls(epoch, BlobId(reader.take(BlobId.SIZE)))


@dataclass(frozen=True, slots=True)
class ProtocolVersion(Message):
    """The signer will follow this version (u64) of the protocol from `start_epoch` (u32) on."""

    start_epoch: int
    protocol_version: int

    TYPE = 6

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checked_int("start_epoch", self.start_epoch, 0, 2**32 - 1)
        checked_int("protocol_version", self.protocol_version, 0, 2**64 - 1)

    def _body(self) -> bytes:
        return uint(self.start_epoch, U32) + uint(self.protocol_version, U64)

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> Self:
        return cls(epoch, reader.uint(U32), reader.uint(U64))


_CLASS_OF_TYPE: dict[int, type[Message]] = {
    message.TYPE: message
    for message in (
        ProofOfPossession,
        Confirmation,
        InvalidBlobId,
        SyncShardRequest,
        DenyListUpdate,
        DenyListBlobDeleted,
        ProtocolVersion,
    )
}


def parse_message(data: bytes) -> Message:
    """The message with these bytes, by the type that they start with; InvalidEncodingError if they
    are none.
    """
    reader = Reader("message", data)
    number = reader.uint(U8)
    if number not in _CLASS_OF_TYPE:
        raise reader.fault(f"message type {number} is unknown")
    return _CLASS_OF_TYPE[number].from_bytes(data)
