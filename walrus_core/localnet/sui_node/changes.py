"""From what a transaction left behind to the objects' new versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from walrus_core.localnet.ledger import Transaction
from walrus_core.localnet.ledger.objects import Blob, Object, StoragePool
from walrus_core.localnet.sui_node import children, gas, layout
from walrus_core.localnet.sui_node.children import Child
from walrus_core.localnet.sui_node.move_calls import Calls, wrapped_ids
from walrus_core.localnet.sui_node.move_types import MoveType, Struct
from walrus_core.localnet.sui_node.slots import Live, Opaque, Shared, SuiCoin
from walrus_core.localnet.sui_node.store import make_record
from walrus_core.localnet.sui_node.values import (
    Change,
    IdOperation,
    ObjectRecord,
    Owner,
    OwnerKind,
)
from walrus_core.localnet.sui_node.world import World

__all__ = ["Changes", "contents_of"]


def contents_of(world: World, payload: object) -> bytes:
    """The BCS of an object as it is now."""
    match payload:
        case SuiCoin():
            return layout.coin(payload.id, payload.value)
        case Shared():
            return children.shared_contents(world, payload.id)
        case Opaque():
            return payload.contents
        case Object():
            return layout.encode(payload)
    raise TypeError(f"{type(payload).__name__} is no object")


class Changes:
    """The changes of one transaction; all objects get the same version."""

    def __init__(self, world: World, version: int, digest: bytes) -> None:
        self._world = world
        self._version = version
        self._digest = digest
        self._found: dict[bytes, Change] = {}

    def sorted(self) -> tuple[Change, ...]:
        """By id."""
        return tuple([self._found[object_id] for object_id in sorted(self._found)])

    def write(self, object_id: bytes, live: Live, *, created: bool) -> None:
        """An object that is there at the end."""
        before = self._world.store.get(object_id)
        kind = live.type
        assert isinstance(kind, Struct)  # scalars and vectors have no id
        after = self._record(object_id, live.owner, kind, contents_of(self._world, live.payload))
        self._found[object_id] = Change(
            object_id, before, after, IdOperation.CREATED if created else IdOperation.NONE
        )

    def keep(self, record: ObjectRecord) -> None:
        """An object that changes in nothing but its version."""
        assert record.type is not None  # packages cannot be inputs
        after = self._record(record.id, record.owner, record.type, record.contents)
        self._found[record.id] = Change(record.id, record, after, IdOperation.NONE)

    def remove(self, object_id: bytes, *, wrapped: bool = False) -> None:
        """An object that is gone, or now inside of another."""
        operation = IdOperation.NONE if wrapped else IdOperation.DELETED
        self._found[object_id] = Change(object_id, self._world.store[object_id], None, operation)

    def child(self, child: Child) -> None:
        """An object of an object, if it changed."""
        before = self._world.store.get(child.id)
        if child.contents == (None if before is None else before.contents):
            return
        if child.contents is None:
            self.remove(child.id)
            return
        owner = Owner(OwnerKind.OBJECT, child.parent)
        after = self._record(child.id, owner, child.type, child.contents)
        operation = IdOperation.CREATED if before is None else IdOperation.NONE
        self._found[child.id] = Change(child.id, before, after, operation)

    def _record(
        self, object_id: bytes, owner: Owner, kind: Struct, contents: bytes
    ) -> ObjectRecord:
        if owner.kind is OwnerKind.SHARED and owner.initial_shared_version is None:
            owner = Owner(OwnerKind.SHARED, None, self._version)
        return make_record(
            object_id,
            self._version,
            owner,
            kind,
            contents,
            transaction=self._digest,
            storage_rebate=gas.storage_cost(contents),
            public_transfer="store" in self._world.catalogue.abilities(kind),
        )

    # What a successful transaction leaves behind.

    def of_success(
        self, tx: Transaction, calls: Calls, before: set[bytes], live: dict[bytes, Live]
    ) -> None:
        """`before` are the ids of the objects that it could change, `live` those at its end."""
        fresh = frozenset(_fresh_ids(tx))
        for object_id, each in live.items():
            self.write(object_id, each, created=object_id in fresh)
        inside = {inner for each in live.values() for inner in wrapped_ids(each.payload)}
        gone = before - live.keys()
        for object_id in gone:
            self.remove(object_id, wrapped=object_id in inside)
        for child in self._children(calls, live.values(), gone, inside):
            self.child(child)

    def _children(
        self, calls: Calls, live: Iterable[Live], gone: set[bytes], inside: set[bytes]
    ) -> Iterator[Child]:
        """All that may have changed inside of the objects that were used."""
        world = self._world
        for each in live:
            payload = each.payload
            if isinstance(payload, Blob):
                yield children.attributes_of(world, payload.id, payload)
            elif isinstance(payload, StoragePool):
                yield children.storage_pool(world, payload.id, payload)
        for object_id in gone - inside:
            yield from self._children_of_gone(world.store[object_id].type, object_id)
        written = {each.payload.id for each in live if isinstance(each.payload, Shared)}
        if world.ids.system in written:
            yield children.system(world)
        if world.ids.staking in written:
            yield children.staking(world)
            for node in calls.nodes:
                yield from children.pool_of_node(world, world.ledger.state.staking.pools[node])
        for pool_id, blob_id in calls.pooled_blobs:
            pool = world.ledger.objects.get(pool_id)
            if isinstance(pool, StoragePool):
                yield from children.pooled(world, pool, blob_id)

    def _children_of_gone(self, kind: MoveType | None, object_id: bytes) -> Iterator[Child]:
        if kind == self._world.catalogue.struct("Blob"):
            yield children.attributes_of(self._world, object_id, None)
        elif kind == self._world.catalogue.struct("StoragePool"):
            yield children.storage_pool(self._world, object_id, None)


def _fresh_ids(tx: Transaction) -> Iterator[bytes]:
    """The ids that the transaction made, as it made them."""
    for count in range(tx.ids_created):
        source = b"\xf1" + tx.digest + count.to_bytes(8, "little")
        yield hashlib.blake2b(source, digest_size=32).digest()
