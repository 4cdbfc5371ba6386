"""What storage nodes sign: statements about an epoch, byte for byte (spec, chapter 4).

Every message is a header (type u8, version u8 = 0, application u8 = 3, epoch u32, little-endian)
and a body, its other fields in order. A message is a value; `bytes()` of it is what is signed, and
`from_bytes` of its class, or `parse_message` of any type, accepts exactly those bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

from walrus_core.protocol.fields import (
    AXIS,
    BLOB_ID,
    ID,
    OPTIONAL_ID,
    U16,
    U32,
    U64,
    U256,
    Field,
    Fixed,
)
from walrus_core.protocol.quorum import Threshold
from walrus_core.protocol.wire import Reader
from walrus_core.types import Axis, BlobId

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

PUBLIC_KEY = Fixed(48)


@dataclass(frozen=True, slots=True)
class Message:
    """What all messages share. `epoch`: the signer's present epoch, u32.

    `TYPE` is the first byte, `BODY` the fields after the header; `THRESHOLD` says how much of the
    committee has to sign for the chain to believe it.
    """

    epoch: int

    TYPE: ClassVar[int]
    BODY: ClassVar[Mapping[str, Field]] = MappingProxyType({})
    THRESHOLD: ClassVar[Threshold] = Threshold.QUORUM

    def __post_init__(self) -> None:
        for name, kind in {"epoch": U32, **self.BODY}.items():
            object.__setattr__(self, name, kind.check(name, getattr(self, name)))

    def __bytes__(self) -> bytes:
        header = bytes([self.TYPE, INTENT_VERSION, APP_ID]) + U32.write(self.epoch)
        return header + self._write_body()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """InvalidEncodingError unless these are the bytes of a message of this type."""
        reader = Reader(cls.__name__, data)
        reader.expect("message type", cls.TYPE, 1)
        reader.expect("intent version", INTENT_VERSION, 1)
        reader.expect("application", APP_ID, 1)
        epoch = U32.read(reader)
        message = cls(epoch, **cls._read_body(epoch, reader))
        reader.finish()
        return message

    def _write_body(self) -> bytes:
        return _write_fields(self)

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> dict[str, Any]:  # noqa: ARG003 - for others
        return _read_fields(cls, reader)


def _write_fields(message: Message) -> bytes:
    return b"".join(kind.write(getattr(message, name)) for name, kind in message.BODY.items())


def _read_fields(cls: type[Message], reader: Reader) -> dict[str, Any]:
    return {name: kind.read(reader) for name, kind in cls.BODY.items()}


@dataclass(frozen=True, slots=True)
class ProofOfPossession(Message):
    """Whoever registers a public key (48 bytes) for a Sui address (32) can sign with it."""

    sui_address: bytes
    public_key: bytes

    TYPE = 0
    BODY = MappingProxyType({"sui_address": ID, "public_key": PUBLIC_KEY})


@dataclass(frozen=True, slots=True)
class Confirmation(Message):
    """The signer holds all its slivers of a blob.

    `object_id`: None for a permanent blob; of a deletable one the 32 bytes that name its object on
    chain, which is the only one that the confirmation serves.
    """

    blob_id: BlobId
    object_id: bytes | None = None

    TYPE = 1
    BODY = MappingProxyType({"blob_id": BLOB_ID, "object_id": OPTIONAL_ID})


@dataclass(frozen=True, slots=True)
class InvalidBlobId(Message):
    """The signer has seen proof that the blob was encoded inconsistently."""

    blob_id: BlobId

    TYPE = 2
    BODY = MappingProxyType({"blob_id": BLOB_ID})
    THRESHOLD = Threshold.VALIDITY


@dataclass(frozen=True, slots=True)
class SyncShardRequest(Message):
    """Asks a node for `sliver_count` (u64) slivers of a shard, in order of their blob IDs, from
    `starting_blob_id` on.

    The bytes hold the epoch twice; where the two differ they are no message.
    """

    shard: int
    axis: Axis
    starting_blob_id: BlobId
    sliver_count: int

    TYPE = 3
    BODY = MappingProxyType(
        {"shard": U16, "axis": AXIS, "starting_blob_id": BLOB_ID, "sliver_count": U64}
    )
    VARIANT: ClassVar[int] = 0  # V1

    def _write_body(self) -> bytes:
        return bytes([self.VARIANT]) + _write_fields(self) + U32.write(self.epoch)

    @classmethod
    def _read_body(cls, epoch: int, reader: Reader) -> dict[str, Any]:
        reader.expect("variant", cls.VARIANT, 1)
        body = _read_fields(cls, reader)
        reader.expect("second epoch", epoch, U32.size)
        return body


@dataclass(frozen=True, slots=True)
class DenyListUpdate(Message):
    """The deny list of a node has this root (u256) and denies `size` (u64) bytes.

    `node_id`: 32 bytes. `sequence`: u64, grows with each update of the node's list.
    """

    node_id: bytes
    sequence: int
    size: int
    root: int

    TYPE = 4
    BODY = MappingProxyType({"node_id": ID, "sequence": U64, "size": U64, "root": U256})


@dataclass(frozen=True, slots=True)
class DenyListBlobDeleted(Message):
    """The signer deleted its slivers of a blob because of its deny list."""

    blob_id: BlobId

    TYPE = 5
    BODY = MappingProxyType({"blob_id": BLOB_ID})
    THRESHOLD = Threshold.VALIDITY


@dataclass(frozen=True, slots=True)
class ProtocolVersion(Message):
    """The signer follows this version (u64) of the protocol from `start_epoch` (u32) on."""

    start_epoch: int
    protocol_version: int

    TYPE = 6
    BODY = MappingProxyType({"start_epoch": U32, "protocol_version": U64})


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
    """The message with these bytes, of the type that they begin with; InvalidEncodingError if they
    are none.
    """
    reader = Reader("message", data)
    number = reader.uint(1)
    if number not in _CLASS_OF_TYPE:
        raise reader.fault(f"message type {number} is unknown")
    return _CLASS_OF_TYPE[number].from_bytes(data)
