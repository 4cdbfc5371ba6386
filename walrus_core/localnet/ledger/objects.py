"""The objects that people and nodes hold, as the contract's structs (walrus.md, section 11.1).

An object is *at large* while nothing wraps it: then `ledger.objects[id]` finds it and calls accept
it. Registering a blob wraps its storage, sharing wraps the blob, and so on; what a call takes by
value leaves the ledger's objects with it. Money inside of objects is a plain number of FROST.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from walrus_core.errors import InvalidArgumentError, UnknownObjectError
from walrus_core.localnet.ledger.containers import Table, VecMap
from walrus_core.localnet.ledger.journal import Record

__all__ = [
    "Blob",
    "Coin",
    "Object",
    "Objects",
    "PooledBlob",
    "SharedBlob",
    "StakedWal",
    "Storage",
    "StorageNodeCap",
    "StoragePool",
]


@dataclass(slots=True, eq=False)
class Object(Record):
    """A record with an id of 32 bytes."""

    id: bytes


O = TypeVar("O", bound=Object)  # noqa: E741


class Objects(Table[bytes, Object]):
    """The objects at large, by id."""

    __slots__ = ()

    def __getitem__(self, object_id: bytes) -> Object:
        if not isinstance(object_id, bytes):
            raise InvalidArgumentError(
                f"an object id is 32 bytes, not of type {type(object_id).__name__}"
            )
        found = self.get(object_id)
        if found is None:
            raise UnknownObjectError("object", object_id)
        return found

    def require(self, value: Object) -> None:
        """Refuse an object that is not at large in this very ledger."""
        if self.get(value.id) is not value:
            raise UnknownObjectError(type(value).__name__, value.id)

    def take(self, value: Object) -> None:
        """Take an object: it is no longer at large."""
        self.require(value)
        self.remove(value.id)

    def add(self, value: O) -> O:
        """Make an object at large."""
        if value.id in self:
            raise InvalidArgumentError(
                f"object 0x{value.id.hex()} exists; give each transaction a digest of its own"
            )
        self.insert(value.id, value)
        return value


@dataclass(slots=True, eq=False)
class Coin(Object):
    """WAL at large: `value` in FROST. Payments take from it; it may end up at zero."""

    value: int


@dataclass(slots=True, eq=False)
class Storage(Object):
    """The right to store `storage_size` encoded bytes in start_epoch <= epoch < end_epoch."""

    start_epoch: int
    end_epoch: int
    storage_size: int


@dataclass(slots=True, eq=False)
class Blob(Object):
    """A registered blob; certified since `certified_epoch` unless that is None."""

    registered_epoch: int
    blob_id: int
    size: int  # unencoded
    encoding_type: int
    certified_epoch: int | None
    storage: Storage
    deletable: bool
    metadata: VecMap[str, str] | None  # the attributes; None until one is set


@dataclass(slots=True, eq=False)
class SharedBlob(Object):
    """A blob that anyone may fund and extend, and nobody delete."""

    blob: Blob
    funds: int


@dataclass(slots=True, eq=False)
class PooledBlob(Object):
    """A blob that lives on its pool's storage."""

    registered_epoch: int
    blob_id: int
    unencoded_size: int
    encoding_type: int
    certified_epoch: int | None
    storage_pool_id: bytes
    deletable: bool
    metadata: VecMap[str, str] | None


@dataclass(slots=True, eq=False)
class StoragePool(Object):
    """Storage shared by many blobs: `storage.storage_size` is the reserved capacity."""

    storage: Storage
    used_encoded_bytes: int
    blob_count: int
    blobs: Table[int, PooledBlob]


@dataclass(slots=True, eq=False)
class StakedWal(Object):
    """`principal` FROST staked with a node; withdrawing when `withdraw_epoch` is not None."""

    node_id: bytes
    principal: int
    activation_epoch: int
    withdraw_epoch: int | None


@dataclass(slots=True, eq=False)
class StorageNodeCap(Object):
    """What its holder runs a node with. The last event-blob attestation: (checkpoint, epoch)."""

    node_id: bytes
    last_epoch_sync_done: int
    last_event_blob_attestation: tuple[int, int] | None
    deny_list_root: int
    deny_list_sequence: int
    deny_list_size: int
