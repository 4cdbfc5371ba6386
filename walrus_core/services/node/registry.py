"""What of the chain's word on a blob holds in the present epoch, and the blob's metadata."""

from __future__ import annotations

from collections import OrderedDict

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.errors import InvalidBlobIdError, MetadataNotFoundError, NotRegisteredError
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.types import BlobId

__all__ = ["Registry"]


class Registry:
    """Records without what has ended, and a cache of metadata, which many calls need again."""

    def __init__(self, means: Means, membership: Membership) -> None:
        self._means = means
        self._membership = membership
        self._cache: OrderedDict[BlobId, VerifiedMetadata] = OrderedDict()

    async def record(self, blob_id: BlobId) -> BlobRecord:
        """The live registrations of a blob, possibly none."""
        record = await self._means.workers.run(self._means.store.record, blob_id)
        return (record or BlobRecord()).live(self._membership.epoch)

    async def is_kept(self, blob_id: BlobId) -> bool:
        """Whether the blob may be stored. InvalidBlobIdError."""
        record = await self.record(blob_id)
        if record.is_invalid:
            raise InvalidBlobIdError(str(blob_id))
        return record.is_kept

    async def require(self, blob_id: BlobId) -> None:
        """NotRegisteredError or InvalidBlobIdError unless the blob may be stored."""
        if not await self.is_kept(blob_id):
            raise NotRegisteredError(str(blob_id))

    async def metadata(self, blob_id: BlobId) -> VerifiedMetadata:
        """Those of a blob that may be stored. MetadataNotFoundError, and as `require`."""
        await self.require(blob_id)
        if (metadata := await self.stored_metadata(blob_id)) is None:
            raise MetadataNotFoundError(str(blob_id))
        return metadata

    async def stored_metadata(self, blob_id: BlobId) -> VerifiedMetadata | None:
        """What is stored, whoever may have it."""
        if (metadata := self._cache.get(blob_id)) is not None:
            self._cache.move_to_end(blob_id)
            return metadata
        metadata = await self._means.workers.run(self._means.store.metadata, blob_id)
        if metadata is not None:
            self.remember(metadata)
        return metadata

    def remember(self, metadata: VerifiedMetadata) -> None:
        """These were stored."""
        self._cache[metadata.blob_id] = metadata
        if len(self._cache) > self._means.limits.metadata_cache:
            self._cache.popitem(last=False)

    def forget(self) -> None:
        """Blobs may be gone from the store."""
        self._cache.clear()
