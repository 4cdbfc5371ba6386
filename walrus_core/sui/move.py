"""The contract's structs: from the bytes of their objects to the values of the port.

Layouts: ts-client.md, section 4. Versions of the contract to come append fields, so what follows
the known ones is left unread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from walrus_core.protocol.wire import Reader
from walrus_core.services.ports import BlobObject, Prices, Stake, StorageResource
from walrus_core.sui.addresses import ADDRESS_SIZE
from walrus_core.types import BlobId, Epoch

__all__ = [
    "Node",
    "Seat",
    "Shell",
    "StakingInner",
    "SystemInner",
    "read_attributes",
    "read_blob",
    "read_cap",
    "read_node",
    "read_shared_blob",
    "read_shell",
    "read_staked_wal",
    "read_staking_inner",
    "read_storage",
    "read_system_inner",
]

PHASES = ("sync", "done", "selected")

Seat = tuple[bytes, tuple[int, ...]]
"""A node of a committee and its shards."""


@dataclass(frozen=True, slots=True)
class Shell:
    """A versioned shared object: its state is the field with key `version`."""

    object_id: bytes
    version: int
    package: bytes


@dataclass(frozen=True, slots=True)
class SystemInner:
    """Of SystemStateInnerV1: sizes in bytes, `max_epochs_ahead` the length of its ring."""

    n_shards: int
    epoch: Epoch
    n_members: int
    total_capacity: int
    used_capacity: int
    prices: Prices
    max_epochs_ahead: int


@dataclass(frozen=True, slots=True)
class StakingInner:
    """Of StakingInnerV1: the committees of this epoch and the last, in the chain's order."""

    n_shards: int
    epoch_duration_ms: int
    epoch: Epoch
    committee: tuple[Seat, ...]
    previous_committee: tuple[Seat, ...]
    phase: str


@dataclass(frozen=True, slots=True)
class Node:
    """Of StakingPool: who a node is, how to reach it, and what it earned, in FROST.

    `receiver` may collect the commission: an address, or whoever holds the object with this id.
    """

    node_id: bytes
    name: str
    network_address: str
    public_key: bytes
    network_public_key: bytes
    commission: int
    receiver: bytes


def read_shell(contents: bytes) -> Shell:
    """System or Staking."""
    reader = Reader("shell of a shared object", contents)
    return Shell(_id(reader), reader.uint(8), _id(reader))


def read_system_inner(contents: bytes) -> SystemInner:
    """The field of System that holds its state, with its id and key."""
    reader = _field(Reader("SystemStateInnerV1", contents))
    n_members = reader.vector_length(ADDRESS_SIZE)
    for _ in range(n_members):
        reader.byte_vector()
        reader.take(2 + ADDRESS_SIZE)
    n_shards, epoch = reader.uint(2), Epoch(reader.uint(4))
    reader.byte_vector()
    total_capacity, used_capacity = reader.uint(8), reader.uint(8)
    prices = Prices(reader.uint(8), reader.uint(8))
    _current, max_epochs_ahead = reader.uint(4), reader.uint(4)
    return SystemInner(
        n_shards, epoch, n_members, total_capacity, used_capacity, prices, max_epochs_ahead
    )


def read_staking_inner(contents: bytes) -> StakingInner:
    """The field of Staking that holds its state, with its id and key."""
    reader = _field(Reader("StakingInnerV1", contents))
    n_shards, duration = reader.uint(2), reader.uint(8)
    reader.uint(8)  # when the first epoch started
    reader.take(ADDRESS_SIZE + 8)  # the table of pools
    epoch = Epoch(reader.uint(4))
    reader.take(ADDRESS_SIZE)  # the active set
    if _present(reader):
        _read_committee(reader)
    committee = _read_committee(reader)
    previous = _read_committee(reader)
    if _present(reader):
        reader.take(3 * 8)
    phase = _variant(reader, len(PHASES))
    return StakingInner(n_shards, duration, epoch, committee, previous, PHASES[phase])


def read_node(contents: bytes) -> Node:
    """A StakingPool, as far as clients need it."""
    reader = Reader("StakingPool", contents)
    reader.take(ADDRESS_SIZE)
    if _variant(reader, 3) == 1:  # Withdrawing
        reader.uint(4)
    reader.take(3 * 8)
    name, node_id, address = _text(reader), _id(reader), _text(reader)
    public_key = reader.byte_vector()
    if _present(reader):
        reader.byte_vector()
    network_key = reader.byte_vector()
    reader.take(ADDRESS_SIZE + 4 + 4 + 8 + 8)  # metadata, two epochs, balance and shares
    for _ in range(3):
        _skip_pending(reader)
    reader.take(2 + ADDRESS_SIZE + 8)  # the rate, the table of exchange rates
    _skip_pending(reader)
    reader.uint(8)  # the rewards
    commission = reader.uint(8)
    _variant(reader, 2)  # address or object, which ids cannot confuse
    receiver = _id(reader)
    return Node(node_id, name, address, public_key, network_key, commission, receiver)


def read_storage(contents: bytes) -> StorageResource:
    return _storage(Reader("Storage", contents))


def read_blob(contents: bytes) -> BlobObject:
    return _blob(Reader("Blob", contents))


def read_shared_blob(contents: bytes) -> BlobObject:
    """The blob in a SharedBlob, under the id of that, with its funds."""
    reader = Reader("SharedBlob", contents)
    object_id, blob = _id(reader), _blob(reader)
    return replace(blob, object_id=object_id, funds=reader.uint(8))


def read_attributes(contents: bytes) -> dict[str, str]:
    """The field of a Blob that holds its attributes, with its id and key."""
    reader = Reader("Metadata", contents)
    _id(reader)
    reader.byte_vector()
    return {_text(reader): _text(reader) for _ in range(reader.vector_length(2))}


def read_staked_wal(contents: bytes) -> Stake:
    reader = Reader("StakedWal", contents)
    object_id = _id(reader)
    withdraw_epoch = Epoch(reader.uint(4)) if _variant(reader, 2) == 1 else None
    node_id, principal, activation = _id(reader), reader.uint(8), Epoch(reader.uint(4))
    return Stake(object_id, node_id, principal, activation, withdraw_epoch)


def read_cap(contents: bytes) -> bytes:
    """The id of the node that a StorageNodeCap is for."""
    reader = Reader("StorageNodeCap", contents)
    _id(reader)
    return _id(reader)


def _blob(reader: Reader) -> BlobObject:
    object_id, registered = _id(reader), Epoch(reader.uint(4))
    blob_id, size, encoding = BlobId(reader.take(BlobId.SIZE)), reader.uint(8), reader.uint(1)
    certified = Epoch(reader.uint(4)) if _present(reader) else None
    storage = _storage(reader)
    return BlobObject(
        object_id, blob_id, size, encoding, registered, certified, storage, bool(reader.uint(1))
    )


def _storage(reader: Reader) -> StorageResource:
    object_id = _id(reader)
    start, end = Epoch(reader.uint(4)), Epoch(reader.uint(4))
    return StorageResource(object_id, start, end, reader.uint(8))


def _read_committee(reader: Reader) -> tuple[Seat, ...]:
    """A map from node ids to their shards."""
    return tuple(
        (_id(reader), tuple(reader.uint(2) for _ in range(reader.vector_length(2))))
        for _ in range(reader.vector_length(ADDRESS_SIZE))
    )


def _skip_pending(reader: Reader) -> None:
    """A map from epochs to amounts."""
    reader.take(reader.vector_length(12) * 12)


def _field(reader: Reader) -> Reader:
    """Past the id and the key, a version, of a dynamic field."""
    reader.take(ADDRESS_SIZE + 8)
    return reader


def _id(reader: Reader) -> bytes:
    return reader.take(ADDRESS_SIZE)


def _text(reader: Reader) -> str:
    try:
        return reader.byte_vector().decode("utf-8")
    except UnicodeDecodeError as error:
        raise reader.fault(f"text that is not UTF-8: {error}") from None


def _present(reader: Reader) -> bool:
    return _variant(reader, 2) == 1


def _variant(reader: Reader, count: int) -> int:
    variant = reader.uint(1)
    if variant >= count:
        raise reader.fault(f"variant {variant} of {count}")
    return variant
