"""The contract's events (contract.md, section 21), fields in its order, and the list that keeps
them.

Blob ids and roots are u256 integers, object and node ids 32 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "BlobCertified",
    "BlobDeleted",
    "BlobRegistered",
    "ContractUpgradeProposed",
    "ContractUpgradeQuorumReached",
    "ContractUpgraded",
    "DenyListBlobDeleted",
    "DenyListUpdate",
    "EpochChangeDone",
    "EpochChangeStart",
    "EpochParametersSelected",
    "Event",
    "EventLog",
    "InvalidBlobID",
    "PooledBlobCertified",
    "PooledBlobDeleted",
    "PooledBlobRegistered",
    "PricesUpdated",
    "ProtocolVersionUpdated",
    "RegisterDenyListUpdate",
    "ShardsReceived",
    "StoragePoolCreated",
    "StoragePoolExtended",
]


class Event:
    """Something that the contract told the world; its class is the event's name on chain."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BlobRegistered(Event):
    """`size` is the unencoded one."""

    epoch: int
    blob_id: int
    size: int
    encoding_type: int
    end_epoch: int
    deletable: bool
    object_id: bytes


@dataclass(frozen=True, slots=True)
class BlobCertified(Event):
    """`epoch` is the first certified one, also when a certified blob was extended."""

    epoch: int
    blob_id: int
    end_epoch: int
    deletable: bool
    object_id: bytes
    is_extension: bool


@dataclass(frozen=True, slots=True)
class BlobDeleted(Event):
    """A deletable blob is gone; `end_epoch` is when it would have expired."""

    epoch: int
    blob_id: int
    end_epoch: int
    object_id: bytes
    was_certified: bool


@dataclass(frozen=True, slots=True)
class InvalidBlobID(Event):
    """One correct node at least found that a blob was encoded wrongly."""

    epoch: int
    blob_id: int


@dataclass(frozen=True, slots=True)
class EpochParametersSelected(Event):
    """Voting for the next epoch is over: its committee and capacity are chosen."""

    next_epoch: int


@dataclass(frozen=True, slots=True)
class EpochChangeStart(Event):
    """The epoch has begun; its committee receives its shards."""

    epoch: int


@dataclass(frozen=True, slots=True)
class EpochChangeDone(Event):
    """A quorum of the new committee holds its shards."""

    epoch: int


@dataclass(frozen=True, slots=True)
class ShardsReceived(Event):
    """`shards` in the order in which the committee stores them."""

    epoch: int
    shards: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PricesUpdated(Event):
    """The prices in force from now on, in FROST per unit (and epoch, for storage)."""

    epoch: int
    storage_price: int
    write_price: int


@dataclass(frozen=True, slots=True)
class RegisterDenyListUpdate(Event):
    """A node announces a new deny list, to be attested by the others."""

    epoch: int
    root: int
    sequence_number: int
    node_id: bytes


@dataclass(frozen=True, slots=True)
class DenyListUpdate(Event):
    """A quorum attested a node's deny list."""

    epoch: int
    root: int
    sequence_number: int
    node_id: bytes


@dataclass(frozen=True, slots=True)
class DenyListBlobDeleted(Event):
    """One correct node at least deleted a deny-listed blob."""

    epoch: int
    blob_id: int


@dataclass(frozen=True, slots=True)
class ProtocolVersionUpdated(Event):
    """A quorum wants the protocol version from `start_epoch` on."""

    epoch: int
    start_epoch: int
    protocol_version: int


@dataclass(frozen=True, slots=True)
class StoragePoolCreated(Event):
    """A new pool, with its capacity in encoded bytes."""

    epoch: int
    storage_pool_id: bytes
    reserved_encoded_capacity_bytes: int
    start_epoch: int
    end_epoch: int


@dataclass(frozen=True, slots=True)
class StoragePoolExtended(Event):
    """A pool lives longer."""

    epoch: int
    storage_pool_id: bytes
    new_end_epoch: int


@dataclass(frozen=True, slots=True)
class PooledBlobRegistered(Event):
    """A blob was registered on the storage of a pool."""

    epoch: int
    blob_id: int
    unencoded_size: int
    encoding_type: int
    deletable: bool
    object_id: bytes
    storage_pool_id: bytes


@dataclass(frozen=True, slots=True)
class PooledBlobCertified(Event):
    """A pool's blob is stored; it lives as long as the pool."""

    epoch: int
    blob_id: int
    deletable: bool
    object_id: bytes
    storage_pool_id: bytes


@dataclass(frozen=True, slots=True)
class PooledBlobDeleted(Event):
    """A deletable blob of a pool is gone."""

    epoch: int
    blob_id: int
    object_id: bytes
    was_certified: bool
    storage_pool_id: bytes


@dataclass(frozen=True, slots=True)
class ContractUpgradeProposed(Event):
    """The first vote for a package in this epoch."""

    epoch: int
    package_digest: bytes


@dataclass(frozen=True, slots=True)
class ContractUpgradeQuorumReached(Event):
    """A vote with which a package has, or still has, a quorum."""

    epoch: int
    package_digest: bytes


@dataclass(frozen=True, slots=True)
class ContractUpgraded(Event):
    """A package took over."""

    epoch: int
    package_id: bytes
    version: int


class EventLog:
    """Events by sequence number, oldest first. They are news, not state: a snapshot holds only
    their number, and a reader who is done may `forget` the old ones.
    """

    def __init__(self, first: int = 0) -> None:
        self.first = first
        self._events: list[Event] = []

    @property
    def end(self) -> int:
        """The sequence number of the next event: the cursor of one who has read everything."""
        return self.first + len(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[tuple[int, Event]]:
        return iter(self.since(self.first))

    def since(self, cursor: int) -> list[tuple[int, Event]]:
        """(sequence number, event) of those kept from `cursor` on."""
        start = max(cursor, self.first)
        return list(enumerate(self._events[start - self.first :], start))

    def forget(self, before: int) -> None:
        """Drop the events with sequence numbers below `before`."""
        before = min(max(before, self.first), self.end)
        del self._events[: before - self.first]
        self.first = before

    def append(self, event: Event) -> None:
        self._events.append(event)

    def drop_last(self) -> None:
        """Unsay the newest event: its call failed."""
        self._events.pop()
