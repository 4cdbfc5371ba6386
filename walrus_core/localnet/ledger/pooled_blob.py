"""The blobs of a storage pool (contract.md, section 17); module `storage_pool` keeps them.

They live as long as the pool; one blob id may be registered once in each pool.
"""

from __future__ import annotations

from collections.abc import Mapping

from walrus_core.localnet.ledger import attributes
from walrus_core.localnet.ledger.calls import U256, Face, Taken, call
from walrus_core.localnet.ledger.encoding import derive_blob_id, encoded_length
from walrus_core.localnet.ledger.events import (
    PooledBlobCertified,
    PooledBlobDeleted,
    PooledBlobRegistered,
)
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.objects import Coin, PooledBlob, Storage, StoragePool
from walrus_core.localnet.ledger.storage_pool import destroy, require_not_expired
from walrus_core.localnet.ledger.system_state import SystemState, pay_write_fee
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort

__all__ = ["StoragePoolModule", "burn_expired", "certify", "delete", "register"]


def register(
    system: SystemState,
    pool: StoragePool,
    blob_id: int,
    root_hash: int,
    unencoded_size: int,
    encoding_type: int,
    deletable: bool,
    payment: Coin,
    tx: Transaction,
) -> None:
    """Register a blob on the unused capacity of a pool, and pay for writing it."""
    epoch = system.epoch
    if not pool.storage.start_epoch <= epoch < pool.storage.end_epoch:
        raise abort("system_state_inner", "EInvalidEpochsAhead")
    if blob_id != derive_blob_id(root_hash, encoding_type, unencoded_size):
        raise abort("storage_pool", "EInvalidBlobId")
    encoded = encoded_length(unencoded_size, system.n_shards, encoding_type)
    used = u64(pool.used_encoded_bytes + encoded)
    if used > pool.storage.storage_size:
        raise abort("storage_pool", "EInsufficientCapacity")
    blob = PooledBlob(
        id=tx.fresh_id(),
        registered_epoch=epoch,
        blob_id=blob_id,
        unencoded_size=unencoded_size,
        encoding_type=encoding_type,
        certified_epoch=None,
        storage_pool_id=pool.id,
        deletable=deletable,
        metadata=None,
    )
    pool.blobs.insert(blob_id, blob)
    pool.used_encoded_bytes = used
    pool.blob_count += 1
    tx.emit(
        PooledBlobRegistered(
            epoch, blob_id, unencoded_size, encoding_type, deletable, blob.id, pool.id
        )
    )
    pay_write_fee(system, encoded, payment)


def certify(
    pool: StoragePool,
    blob_id: int,
    epoch: int,
    confirmed: tuple[int, bytes | None],
    tx: Transaction,
) -> None:
    """Accept what a quorum confirmed: (blob id, object id or None for a permanent blob)."""
    blob = pool.blobs[blob_id]
    confirmed_id, object_id = confirmed
    if blob.blob_id != confirmed_id:
        raise abort("storage_pool", "EInvalidBlobId")
    if epoch >= pool.storage.end_epoch:
        raise abort("storage_pool", "EResourceBounds")
    if blob.certified_epoch is not None:
        raise abort("storage_pool", "EAlreadyCertified")
    if blob.deletable != (object_id is not None):
        raise abort("storage_pool", "EInvalidBlobPersistenceType")
    if blob.deletable and object_id != blob.id:
        raise abort("storage_pool", "EInvalidBlobObject")
    blob.certified_epoch = epoch
    tx.emit(PooledBlobCertified(epoch, blob_id, blob.deletable, blob.id, pool.id))


def delete(system: SystemState, pool: StoragePool, blob_id: int, tx: Transaction) -> None:
    """Give up a deletable blob; its bytes are unused again."""
    require_not_expired(pool, system.epoch)
    blob = pool.blobs[blob_id]
    if not blob.deletable:
        raise abort("storage_pool", "EBlobNotDeletable")
    _remove(system, pool, blob_id)
    was_certified = blob.certified_epoch is not None
    tx.emit(PooledBlobDeleted(system.epoch, blob_id, blob.id, was_certified, pool.id))


def burn_expired(system: SystemState, pool: StoragePool, blob_id: int) -> None:
    """Clear any blob out of an expired pool."""
    if pool.storage.end_epoch > system.epoch:
        raise abort("system_state_inner", "EInvalidEpochsAhead")
    _remove(system, pool, blob_id)


def _remove(system: SystemState, pool: StoragePool, blob_id: int) -> None:
    blob = pool.blobs.remove(blob_id)
    encoded = encoded_length(blob.unencoded_size, system.n_shards, blob.encoding_type)
    pool.used_encoded_bytes = u64(pool.used_encoded_bytes - encoded)
    pool.blob_count -= 1


class StoragePoolModule(Face):
    """Calls of the module `storage_pool`: the attributes of its blobs, and its end."""

    @call
    def destroy(self, pool: Taken[StoragePool]) -> Storage:
        return destroy(pool)

    @call
    def add_metadata(self, pool: StoragePool, blob_id: U256, metadata: Mapping[str, str]) -> None:
        attributes.add(pool.blobs[blob_id], metadata, "storage_pool")

    @call
    def add_or_replace_metadata(
        self, pool: StoragePool, blob_id: U256, metadata: Mapping[str, str]
    ) -> dict[str, str] | None:
        """Returns the attributes that were replaced."""
        return attributes.add_or_replace(pool.blobs[blob_id], metadata)

    @call
    def take_metadata(self, pool: StoragePool, blob_id: U256) -> dict[str, str]:
        return attributes.take(pool.blobs[blob_id], "storage_pool")

    @call
    def insert_or_update_metadata_pair(
        self, pool: StoragePool, blob_id: U256, key: str, value: str
    ) -> None:
        attributes.insert_or_update(pool.blobs[blob_id], key, value)

    @call
    def remove_metadata_pair(self, pool: StoragePool, blob_id: U256, key: str) -> tuple[str, str]:
        return attributes.remove(pool.blobs[blob_id], key, "storage_pool")

    @call
    def remove_metadata_pair_if_exists(
        self, pool: StoragePool, blob_id: U256, key: str
    ) -> tuple[str, str] | None:
        value = attributes.remove_if_exists(pool.blobs[blob_id], key)
        return None if value is None else (key, value)
