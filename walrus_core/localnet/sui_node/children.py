"""Objects that belong to objects: dynamic fields and what they hold.

Nobody names them in a transaction; after it, those that it may have touched are written anew, and
changed if their bytes are others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from walrus_core.localnet.ledger.objects import Blob, PooledBlob, StoragePool
from walrus_core.localnet.ledger.staking_pool import StakingPool
from walrus_core.localnet.sui_node import bcs, layout, layout_inner
from walrus_core.localnet.sui_node.ids import ID_SIZE, dynamic_field_id
from walrus_core.localnet.sui_node.move_types import (
    FRAMEWORK,
    MoveType,
    Struct,
    Vector,
    encode_type,
    field_type,
)
from walrus_core.localnet.sui_node.world import World

__all__ = [
    "Child",
    "attributes_of",
    "pool_of_node",
    "pooled",
    "shared_contents",
    "staking",
    "system",
]

_KEY = b"metadata"
_BYTES = Vector("u8")


@dataclass(frozen=True, slots=True)
class Child:
    """An object as it should be; gone if `contents` is None."""

    id: bytes
    parent: bytes
    type: Struct
    contents: bytes | None


def _field(
    parent: bytes, key_type: MoveType, key: bytes, value_type: MoveType, value: bytes | None
) -> Child:
    """A dynamic field, whose value is given as BCS."""
    field_id = dynamic_field_id(parent, encode_type(key_type), key)
    contents = None if value is None else field_id + key + value
    return Child(field_id, parent, field_type(key_type, value_type), contents)


def system(world: World) -> Child:
    """What the System keeps inside."""
    state, parent = world.ledger.state.system, world.ids.system
    inner = layout_inner.system_inner(parent, state)
    value_type = world.catalogue.struct("SystemStateInnerV1")
    return _field(parent, "u64", bcs.u64(state.version), value_type, inner)


def staking(world: World) -> Child:
    """What the Staking object keeps inside."""
    state, parent = world.ledger.state.staking, world.ids.staking
    prices = world.ledger.state.system
    inner = layout_inner.staking_inner(parent, state, (prices.storage_price, prices.write_price))
    value_type = world.catalogue.struct("StakingInnerV1")
    return _field(parent, "u64", bcs.u64(state.version), value_type, inner)


def pool_of_node(world: World, pool: StakingPool) -> Iterator[Child]:
    """A node's pool, in the table of pools."""
    table = layout_inner.pools_table(world.ids.staking)
    entry = _table_entry(table, world.catalogue.struct("ID"), pool.id, pool.id)
    yield entry
    kind = world.catalogue.struct("StakingPool")
    yield Child(pool.id, entry.id, kind, layout_inner.staking_pool(pool))


def _wrapper(key_type: MoveType) -> Struct:
    return Struct(FRAMEWORK, "dynamic_object_field", "Wrapper", (key_type,))


def _table_entry(table: bytes, key_type: MoveType, key: bytes, child: bytes | None) -> Child:
    """The field of an object table that says which object is under a key."""
    return _field(table, _wrapper(key_type), key, Struct(FRAMEWORK, "object", "ID"), child)


def attributes_of(world: World, blob: bytes, alive: Blob | PooledBlob | None) -> Child:
    """The field with a blob's attributes; none if the blob is gone, or has not got any."""
    metadata = None if alive is None else alive.metadata
    value = None if metadata is None else layout.attributes(metadata)
    key = bcs.byte_vector(_KEY)
    return _field(blob, _BYTES, key, world.catalogue.struct("Metadata"), value)


def storage_pool(world: World, pool_id: bytes, alive: StoragePool | None) -> Child:
    """What a storage pool keeps inside."""
    value = None if alive is None else layout.storage_pool_inner(alive)
    kind = world.catalogue.struct("StoragePoolInnerV1")
    return _field(pool_id, "u64", bcs.u64(layout.POOL_VERSION), kind, value)


def pooled(world: World, pool: StoragePool, blob_id: int) -> Iterator[Child]:
    """A blob of a pool, by its blob id, in the pool's table; with its attributes."""
    table, key = layout.derived_id(pool.id, "blobs"), bcs.u256(blob_id)
    kind = world.catalogue.struct("PooledBlob")
    alive = pool.blobs.get(blob_id)
    entry = _table_entry(table, "u256", key, None if alive is None else alive.id)
    known = world.store.get(entry.id)
    yield entry
    if alive is not None:
        yield Child(alive.id, entry.id, kind, layout.encode(alive))
        yield attributes_of(world, alive.id, alive)
    elif known is not None:
        child = known.contents[-ID_SIZE:]
        yield Child(child, entry.id, kind, None)
        yield attributes_of(world, child, None)


def shared_contents(world: World, object_id: bytes) -> bytes:
    """One of the contract's own shared objects."""
    ids, state = world.ids, world.ledger.state
    if object_id == ids.system:
        return layout.shell(object_id, state.system.version, ids.walrus_package)
    if object_id == ids.staking:
        return layout.shell(object_id, state.staking.version, ids.walrus_package)
    if object_id == ids.clock:
        return object_id + bcs.u64(state.now_ms)
    if object_id == ids.exchange:
        return _exchange(world)
    if object_id == ids.upgrade_manager:
        cap = layout.derived_id(object_id, "cap") + ids.walrus_package
        version = bcs.u64(state.upgrade.version) + bcs.u8(0)
        return object_id + cap + version + _table(object_id, len(state.upgrade.proposals))
    if object_id == ids.slashing_manager:
        return object_id + _table(object_id, len(state.slashing.proposals))
    if object_id == ids.subsidies:
        return _subsidies(world)
    return object_id


def _table(parent: bytes, size: int) -> bytes:
    return layout.derived_id(parent, "proposals") + bcs.u64(size)


def _exchange(world: World) -> bytes:
    exchange = world.exchange
    balances = bcs.u64(world.exchange_coin.value) + bcs.u64(exchange.sui_balance)
    rate = bcs.u64(exchange.wal) + bcs.u64(exchange.sui)
    admin = layout.derived_id(world.ids.exchange, "admin")
    return world.ids.exchange + balances + rate + admin


def _subsidies(world: World) -> bytes:
    state = world.ledger.state.subsidies
    numbers = bcs.u32(state.system_subsidy_rate) + bcs.u64(state.base_subsidy)
    rest = bcs.u64(state.subsidy_per_shard) + bcs.u64(state.funds) + bcs.u32(state.last_epoch)
    return world.ids.subsidies + numbers + rest
