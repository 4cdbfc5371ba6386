"""What arrives before the node has seen the registration: a small buffer in memory.

Only verified things come here, so that whoever fills it has at least encoded a blob; each blob gets
a share, a time, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from walrus_core.codec.config import DIGEST_SIZE
from walrus_core.codec.metadata import PAIR_SIZE, VerifiedMetadata
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.errors import BufferFullError, MetadataNotFoundError
from walrus_core.services.node.limits import NodeLimits
from walrus_core.types import Axis, BlobId, ShardIndex

__all__ = ["PendingBlob", "PendingBuffer"]


@dataclass(slots=True)
class PendingBlob:
    """What waits for one blob's registration, until the loop's time `expires`; `size` in bytes."""

    metadata: VerifiedMetadata
    expires: float
    size: int
    slivers: dict[tuple[ShardIndex, Axis], VerifiedSliver] = field(default_factory=dict)


class PendingBuffer:
    """`clock` tells the loop's time. Nothing here waits, or goes to the disk."""

    def __init__(self, limits: NodeLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._blobs: dict[BlobId, PendingBlob] = {}  # the oldest first
        self._size = self._slivers = 0

    def __len__(self) -> int:
        """Blobs that wait."""
        return len(self._blobs)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._size

    def get(self, blob_id: BlobId) -> PendingBlob | None:
        """What waits for a blob, and stays."""
        self.expire()
        return self._blobs.get(blob_id)

    def put_metadata(self, metadata: VerifiedMetadata) -> bool:
        """False if they were here. BufferFullError."""
        self.expire()
        if metadata.blob_id in self._blobs:
            return False
        size = metadata.n_shards * PAIR_SIZE + DIGEST_SIZE
        if len(self._blobs) >= self._limits.pending_blobs:
            raise BufferFullError(size, 0)
        self._reserve(size, self._limits.pending_blob_bytes)
        expires = self._clock() + self._limits.pending_seconds
        self._blobs[metadata.blob_id] = PendingBlob(metadata, expires, size)
        return True

    def require_room(self, metadata: VerifiedMetadata) -> None:
        """BufferFullError if the blob's slivers are too large to wait here at all."""
        config, most = metadata.config, self._limits.pending_sliver_size
        largest = max(config.sliver_size(axis, metadata.unencoded_length) for axis in Axis)
        if largest > most:
            raise BufferFullError(largest, most)

    def put_sliver(self, shard: ShardIndex, sliver: VerifiedSliver) -> bool:
        """False if it was here. BufferFullError; MetadataNotFoundError, also if they expired."""
        self.expire()
        if (blob := self._blobs.get(sliver.blob_id)) is None:
            raise MetadataNotFoundError(str(sliver.blob_id))
        if (shard, sliver.axis) in blob.slivers:
            return False
        size = sliver.data.nbytes
        if self._slivers >= self._limits.pending_slivers:
            raise BufferFullError(size, 0)
        self._reserve(size, self._limits.pending_blob_bytes - blob.size)
        blob.slivers[shard, sliver.axis] = sliver
        blob.size += size
        self._slivers += 1
        return True

    def take(self, blob_id: BlobId) -> PendingBlob | None:
        """What waits for a blob, which the caller now looks after."""
        self.expire()
        return self._remove(blob_id)

    def expire(self) -> None:
        """Forget what has waited too long."""
        now = self._clock()
        while self._blobs:
            blob_id, blob = next(iter(self._blobs.items()))
            if blob.expires > now:
                return
            self._remove(blob_id)

    def _remove(self, blob_id: BlobId) -> PendingBlob | None:
        blob = self._blobs.pop(blob_id, None)
        if blob is not None:
            self._size -= blob.size
            self._slivers -= len(blob.slivers)
        return blob

    def _reserve(self, size: int, free_for_blob: int) -> None:
        free = max(min(self._limits.pending_bytes - self._size, free_for_blob), 0)
        if size > free:
            raise BufferFullError(size, free)
        self._size += size
