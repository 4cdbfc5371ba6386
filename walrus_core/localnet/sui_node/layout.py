"""The contract's objects as BCS of their Move structs (ts-client.md, section 4): what people hold.

What the System and Staking objects keep in their dynamic fields is in `layout_inner`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from walrus_core.localnet.ledger.containers import VecMap
from walrus_core.localnet.ledger.objects import (
    Blob,
    Coin,
    Object,
    PooledBlob,
    SharedBlob,
    StakedWal,
    Storage,
    StorageNodeCap,
    StoragePool,
)
from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.ids import blake2b

__all__ = ["attributes", "coin", "derived_id", "encode", "shell"]


def derived_id(parent: bytes, name: str) -> bytes:
    """The id of a table or field of an object that the ledger keeps without one."""
    return blake2b(b"walrus-core " + name.encode() + parent)


def encode(value: Object) -> bytes:
    """An object of the ledger."""
    return _ENCODERS[type(value)](value)


def coin(object_id: bytes, balance: int) -> bytes:
    """A coin of any kind."""
    return object_id + bcs.u64(balance)


def shell(object_id: bytes, version: int, package: bytes) -> bytes:
    """System or Staking; a successor of the package is never announced here."""
    return object_id + bcs.u64(version) + package + bcs.option(None)


def attributes(metadata: VecMap[str, str]) -> bytes:
    """A blob's Metadata."""
    return bcs.vector(bcs.text(key) + bcs.text(value) for key, value in metadata.items())


def _coin(value: Coin) -> bytes:
    return coin(value.id, value.value)


def _storage(value: Storage) -> bytes:
    epochs = bcs.u32(value.start_epoch) + bcs.u32(value.end_epoch)
    return value.id + epochs + bcs.u64(value.storage_size)


def _certified(epoch: int | None) -> bytes:
    return bcs.option(None if epoch is None else bcs.u32(epoch))


def _blob(value: Blob) -> bytes:
    return b"".join(
        [
            value.id,
            bcs.u32(value.registered_epoch),
            bcs.u256(value.blob_id),
            bcs.u64(value.size),
            bcs.u8(value.encoding_type),
            _certified(value.certified_epoch),
            _storage(value.storage),
            bcs.boolean(value.deletable),
        ]
    )


def _shared_blob(value: SharedBlob) -> bytes:
    return value.id + _blob(value.blob) + bcs.u64(value.funds)


def _pooled_blob(value: PooledBlob) -> bytes:
    return b"".join(
        [
            value.id,
            bcs.u32(value.registered_epoch),
            bcs.u256(value.blob_id),
            bcs.u64(value.unencoded_size),
            bcs.u8(value.encoding_type),
            _certified(value.certified_epoch),
            value.storage_pool_id,
            bcs.boolean(value.deletable),
        ]
    )


POOL_VERSION = 1
"""Of a storage pool: the key of the field that holds its content."""


def _storage_pool(value: StoragePool) -> bytes:
    return value.id + bcs.u64(POOL_VERSION)


def storage_pool_inner(value: StoragePool) -> bytes:
    """What a storage pool keeps in its field."""
    table = derived_id(value.id, "blobs") + bcs.u64(value.blob_count)
    used = bcs.u64(value.used_encoded_bytes) + bcs.u64(value.blob_count)
    return _storage(value.storage) + used + table


def _staked_wal(value: StakedWal) -> bytes:
    withdraw = value.withdraw_epoch
    state = bcs.variant(0) if withdraw is None else bcs.variant(1) + bcs.u32(withdraw)
    amount = bcs.u64(value.principal) + bcs.u32(value.activation_epoch)
    return value.id + state + value.node_id + amount


def _cap(value: StorageNodeCap) -> bytes:
    last = value.last_event_blob_attestation
    return b"".join(
        [
            value.id,
            value.node_id,
            bcs.u32(value.last_epoch_sync_done),
            bcs.option(None if last is None else bcs.u64(last[0]) + bcs.u32(last[1])),
            bcs.u256(value.deny_list_root),
            bcs.u64(value.deny_list_sequence),
            bcs.u64(value.deny_list_size),
        ]
    )


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    Coin: _coin,
    Storage: _storage,
    Blob: _blob,
    SharedBlob: _shared_blob,
    PooledBlob: _pooled_blob,
    StoragePool: _storage_pool,
    StakedWal: _staked_wal,
    StorageNodeCap: _cap,
}
