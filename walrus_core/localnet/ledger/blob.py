"""The life of a blob, from registration to deletion (contract.md, section 15): module `blob`.

The calls of `system` on blobs delegate to the functions; the calls of the module itself, which need
no System, are in the face below.
"""

from __future__ import annotations

from collections.abc import Mapping

from walrus_core.localnet.ledger import attributes
from walrus_core.localnet.ledger.calls import U8, U16, U64, U256, Face, Taken, call
from walrus_core.localnet.ledger.encoding import derive_blob_id, encoded_length
from walrus_core.localnet.ledger.events import BlobCertified, BlobDeleted, BlobRegistered
from walrus_core.localnet.ledger.objects import Blob, Coin, Storage
from walrus_core.localnet.ledger.storage_resource import fuse_periods
from walrus_core.localnet.ledger.system_state import SystemState, extend_capacity
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort

__all__ = [
    "BlobModule",
    "certify",
    "delete",
    "emit_certified",
    "extend",
    "extend_with_resource",
    "new_blob",
]


def new_blob(
    system: SystemState,
    storage: Storage,
    blob_id: int,
    root_hash: int,
    size: int,
    encoding_type: int,
    deletable: bool,
    tx: Transaction,
) -> Blob:
    """Register a blob on storage that is valid now; the storage moves into it."""
    epoch = system.epoch
    if not storage.start_epoch <= epoch < storage.end_epoch:
        raise abort("blob", "EResourceBounds")
    if encoded_length(size, system.n_shards, encoding_type) > storage.storage_size:
        raise abort("blob", "EResourceSize")
    if blob_id != derive_blob_id(root_hash, encoding_type, size):
        raise abort("blob", "EInvalidBlobId")
    blob = Blob(
        id=tx.fresh_id(),
        registered_epoch=epoch,
        blob_id=blob_id,
        size=size,
        encoding_type=encoding_type,
        certified_epoch=None,
        storage=storage,
        deletable=deletable,
        metadata=None,
    )
    end = storage.end_epoch
    tx.emit(BlobRegistered(epoch, blob_id, size, encoding_type, end, deletable, blob.id))
    return blob


def certify(blob: Blob, epoch: int, blob_id: int, object_id: bytes | None, tx: Transaction) -> None:
    """Accept what a quorum confirmed: the blob id, and for a deletable blob the object."""
    if blob.blob_id != blob_id:
        raise abort("blob", "EInvalidBlobId")
    if blob.certified_epoch is not None:
        raise abort("blob", "EAlreadyCertified")
    if epoch >= blob.storage.end_epoch:
        raise abort("blob", "EResourceBounds")
    if blob.deletable != (object_id is not None):
        raise abort("blob", "EInvalidBlobPersistenceType")
    if blob.deletable and object_id != blob.id:
        raise abort("blob", "EInvalidBlobObject")
    blob.certified_epoch = epoch
    emit_certified(blob, epoch, tx, is_extension=False)


def emit_certified(blob: Blob, certified: int, tx: Transaction, *, is_extension: bool) -> None:
    end = blob.storage.end_epoch
    tx.emit(BlobCertified(certified, blob.blob_id, end, blob.deletable, blob.id, is_extension))


def extend(system: SystemState, blob: Blob, epochs: int, payment: Coin, tx: Transaction) -> None:
    """Buy more epochs for the blob's storage, all of it."""
    certified = _certified_and_valid(blob, system.epoch)
    extend_capacity(system, blob.storage, epochs, payment)
    emit_certified(blob, certified, tx, is_extension=True)


def extend_with_resource(blob: Blob, extension: Storage, epoch: int, tx: Transaction) -> None:
    """Join storage that follows the blob's own; free."""
    certified = _certified_and_valid(blob, epoch)
    if extension.end_epoch <= blob.storage.end_epoch:
        raise abort("blob", "EResourceBounds")
    fuse_periods(blob.storage, extension)
    emit_certified(blob, certified, tx, is_extension=True)


def _certified_and_valid(blob: Blob, epoch: int) -> int:
    """The epoch in which the blob was certified."""
    if blob.certified_epoch is None:
        raise abort("blob", "ENotCertified")
    if epoch >= blob.storage.end_epoch:
        raise abort("blob", "EResourceBounds")
    return blob.certified_epoch


def delete(blob: Blob, epoch: int, tx: Transaction) -> Storage:
    """Give up a deletable blob, with its attributes; its storage is free again."""
    if not blob.deletable:
        raise abort("blob", "EBlobNotDeletable")
    end = blob.storage.end_epoch
    if end <= epoch:
        raise abort("blob", "EResourceBounds")
    was_certified = blob.certified_epoch is not None
    tx.emit(BlobDeleted(epoch, blob.blob_id, end, blob.id, was_certified))
    return blob.storage


class BlobModule(Face):
    """Calls of the module `blob`. Attributes are given and returned as mappings in their order."""

    @call
    def burn(self, blob: Taken[Blob]) -> None:
        """Destroy any blob with its storage; nodes keep it until it expires."""

    @call
    def add_metadata(self, blob: Blob, metadata: Mapping[str, str]) -> None:
        attributes.add(blob, metadata, "blob")

    @call
    def add_or_replace_metadata(
        self, blob: Blob, metadata: Mapping[str, str]
    ) -> dict[str, str] | None:
        """Returns the attributes that were replaced."""
        return attributes.add_or_replace(blob, metadata)

    @call
    def take_metadata(self, blob: Blob) -> dict[str, str]:
        return attributes.take(blob, "blob")

    @call
    def insert_or_update_metadata_pair(self, blob: Blob, key: str, value: str) -> None:
        attributes.insert_or_update(blob, key, value)

    @call
    def remove_metadata_pair(self, blob: Blob, key: str) -> tuple[str, str]:
        return attributes.remove(blob, key, "blob")

    @call
    def remove_metadata_pair_if_exists(self, blob: Blob, key: str) -> tuple[str, str] | None:
        value = attributes.remove_if_exists(blob, key)
        return None if value is None else (key, value)

    @call
    def encoded_size(self, blob: Blob, n_shards: U16) -> int:
        """Bytes on all shards together."""
        return encoded_length(blob.size, n_shards, blob.encoding_type)

    @call
    def derive_blob_id(self, root_hash: U256, encoding_type: U8, size: U64) -> int:
        return derive_blob_id(root_hash, encoding_type, size)
