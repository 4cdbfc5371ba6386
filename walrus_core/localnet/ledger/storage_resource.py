"""Storage as something to cut and join (contract.md, section 14): module `storage_resource`.

None of this touches the accounting, asks for the epoch, or emits events.
"""

from __future__ import annotations

from walrus_core.localnet.ledger.calls import U32, U64, Face, Taken, call
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.objects import Storage
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort

__all__ = ["StorageResource", "fuse_periods", "new_storage"]


class StorageResource(Face):
    """Calls of the module `storage_resource`."""

    @call
    def split_by_epoch(self, storage: Storage, split_epoch: U32) -> Storage:
        """Keep the epochs before `split_epoch`, return the rest."""
        if not storage.start_epoch < split_epoch < storage.end_epoch:
            raise abort("storage_resource", "EInvalidEpoch")
        end, storage.end_epoch = storage.end_epoch, split_epoch
        return new_storage(split_epoch, end, storage.storage_size, self._ledger.tx)

    @call
    def split_by_size(self, storage: Storage, split_size: U64) -> Storage:
        """Keep `split_size` bytes, return the rest; either may be nothing."""
        if storage.storage_size < split_size:
            raise abort("storage_resource", "EIncompatibleAmount")
        rest, storage.storage_size = storage.storage_size - split_size, split_size
        return new_storage(storage.start_epoch, storage.end_epoch, rest, self._ledger.tx)

    @call
    def fuse_periods(self, first: Storage, second: Taken[Storage]) -> None:
        """Add the epochs of `second`, just before or after those of `first`."""
        fuse_periods(first, second)

    @call
    def fuse_amount(self, first: Storage, second: Taken[Storage]) -> None:
        """Add the bytes of `second`, for the same epochs."""
        fuse_amount(first, second)

    @call
    def fuse(self, first: Storage, second: Taken[Storage]) -> None:
        """Add bytes if both start together, else epochs."""
        if first.start_epoch == second.start_epoch:
            fuse_amount(first, second)
        else:
            fuse_periods(first, second)

    @call
    def destroy(self, storage: Taken[Storage]) -> None:
        """Give storage up; its capacity stays sold."""


def new_storage(start_epoch: int, end_epoch: int, size: int, tx: Transaction) -> Storage:
    if start_epoch >= end_epoch:
        raise abort("storage_resource", "EInvalidEpochRange")
    return Storage(tx.fresh_id(), start_epoch, end_epoch, size)


def fuse_periods(first: Storage, second: Storage) -> None:
    """Add the epochs of `second`, which the caller destroys."""
    if first.storage_size != second.storage_size:
        raise abort("storage_resource", "EIncompatibleAmount")
    if first.end_epoch == second.start_epoch:
        first.end_epoch = second.end_epoch
    elif first.start_epoch == second.end_epoch:
        first.start_epoch = second.start_epoch
    else:
        raise abort("storage_resource", "EIncompatibleEpochs")


def fuse_amount(first: Storage, second: Storage) -> None:
    """Add the bytes of `second`, which the caller destroys."""
    if (first.start_epoch, first.end_epoch) != (second.start_epoch, second.end_epoch):
        raise abort("storage_resource", "EIncompatibleEpochs")
    first.storage_size = u64(first.storage_size + second.storage_size)
