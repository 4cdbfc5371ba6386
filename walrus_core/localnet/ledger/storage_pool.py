"""Storage shared by many blobs (contract.md, section 17).

The pool's own storage record carries its epochs and, as size, its reserved capacity.
"""

from __future__ import annotations

from walrus_core.localnet.ledger.containers import Table
from walrus_core.localnet.ledger.events import StoragePoolCreated, StoragePoolExtended
from walrus_core.localnet.ledger.integers import mul_div, u64
from walrus_core.localnet.ledger.objects import Coin, Storage, StoragePool
from walrus_core.localnet.ledger.storage_resource import new_storage
from walrus_core.localnet.ledger.system_state import (
    SystemState,
    extend_capacity,
    pay_for_epochs,
    use_capacity,
)
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort

__all__ = [
    "create",
    "decrease_by_percent",
    "decrease_by_size",
    "destroy",
    "extend",
    "increase",
    "increase_with_storage",
    "require_not_expired",
]


def create(system: SystemState, storage: Storage, tx: Transaction) -> StoragePool:
    """Make a pool of storage that is valid now."""
    if storage.storage_size == 0:
        raise abort("system_state_inner", "EInvalidResourceSize")
    start, end, epoch = storage.start_epoch, storage.end_epoch, system.epoch
    if not start <= epoch < end:
        raise abort("system_state_inner", "EInvalidEpochsAhead")
    pool = StoragePool(tx.fresh_id(), storage, used_encoded_bytes=0, blob_count=0, blobs=Table())
    tx.emit(StoragePoolCreated(epoch, pool.id, storage.storage_size, start, end))
    return pool


def require_not_expired(pool: StoragePool, epoch: int) -> None:
    if pool.storage.end_epoch <= epoch:
        raise abort("system_state_inner", "EInvalidEpochsAhead")


def extend(
    system: SystemState, pool: StoragePool, epochs: int, payment: Coin, tx: Transaction
) -> None:
    """Buy `epochs` more for the whole capacity."""
    if epochs == 0:
        raise abort("system_state_inner", "EInvalidEpochsAhead")
    require_not_expired(pool, system.epoch)
    extend_capacity(system, pool.storage, epochs, payment)
    tx.emit(StoragePoolExtended(system.epoch, pool.id, pool.storage.end_epoch))


def increase(system: SystemState, pool: StoragePool, size: int, payment: Coin) -> None:
    """Buy `size` bytes more, from now to the pool's end."""
    if size == 0:
        raise abort("system_state_inner", "EInvalidResourceSize")
    require_not_expired(pool, system.epoch)
    slots = system.ring.span(0, pool.storage.end_epoch - system.epoch)
    pay_for_epochs(system, slots, size, payment)
    use_capacity(system, slots, size)
    _grow(pool, size)


def increase_with_storage(pool: StoragePool, storage: Storage, epoch: int) -> None:
    """Add the bytes of storage that is valid now and ends with the pool; free."""
    require_not_expired(pool, epoch)
    if storage.start_epoch > epoch:
        raise abort("storage_pool", "EResourceBounds")
    if storage.end_epoch != pool.storage.end_epoch:
        raise abort("storage_pool", "EIncompatibleEndEpoch")
    _grow(pool, storage.storage_size)


def _grow(pool: StoragePool, size: int) -> None:
    pool.storage.storage_size = u64(pool.storage.storage_size + size)


def decrease_by_size(pool: StoragePool, size: int, epoch: int, tx: Transaction) -> Storage:
    """Take `size` unused bytes out, as storage for the pool's epochs."""
    require_not_expired(pool, epoch)
    return _extract(pool, size, tx)


def decrease_by_percent(pool: StoragePool, percent: int, epoch: int, tx: Transaction) -> Storage:
    """Take a part of the unused bytes out."""
    require_not_expired(pool, epoch)
    if percent > 100:
        raise abort("storage_pool", "EInvalidPercent")
    return _extract(pool, mul_div(_unused(pool), percent, 100), tx)


def _extract(pool: StoragePool, size: int, tx: Transaction) -> Storage:
    if size == 0:
        raise abort("system", "EZeroExtractSize")
    if _unused(pool) < size:
        raise abort("storage_pool", "EInsufficientCapacity")
    pool.storage.storage_size -= size
    return new_storage(pool.storage.start_epoch, pool.storage.end_epoch, size, tx)


def _unused(pool: StoragePool) -> int:
    return pool.storage.storage_size - pool.used_encoded_bytes


def destroy(pool: StoragePool) -> Storage:
    """The storage of an empty pool, expired or not."""
    if pool.blob_count != 0:
        raise abort("storage_pool", "EPoolNotEmpty")
    return pool.storage
