"""Taking in metadata and slivers: registered blobs go to the disk, others to the buffer at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Sequence
from typing import NamedTuple

from walrus_core.codec.metadata import BlobMetadata, UnverifiedMetadata, VerifiedMetadata
from walrus_core.codec.slivers import (
    Sliver,
    VerifiedSliver,
    check_slivers,
    require_all_verified,
)
from walrus_core.errors import (
    InvalidArgumentError,
    MetadataNotFoundError,
    NotRegisteredError,
    VerificationError,
)
from walrus_core.services.node.follower import Follower
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.pending import PendingBlob, PendingBuffer
from walrus_core.services.node.registry import Registry
from walrus_core.services.node_api import StoredStatus
from walrus_core.storage.store import SliverKey, SliverStore
from walrus_core.types import BlobId, ShardIndex, sliver_to_pair

__all__ = ["Receiving"]


class _Placed(NamedTuple):
    """A sliver, its place among those of one call, and the node's shard that it belongs to."""

    position: int
    shard: ShardIndex
    sliver: Sliver


class Receiving:
    """Everything is verified here before it is kept anywhere."""

    def __init__(
        self,
        means: Means,
        membership: Membership,
        registry: Registry,
        follower: Follower,
        buffer: PendingBuffer,
    ) -> None:
        self._means = means
        self._membership = membership
        self._registry = registry
        self._follower = follower
        self._buffer = buffer
        self._promoting: dict[BlobId, asyncio.Future[None]] = {}

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool) -> StoredStatus:
        """See `NodeApi.put_metadata`."""
        if metadata.n_shards != self._membership.n_shards:
            raise VerificationError(
                f"metadata for {metadata.n_shards} shards != {self._membership.n_shards}"
            )
        is_registered = await self._is_registered(metadata.blob_id, pending)
        verified = await self._means.workers.run(_verified_metadata, metadata)
        if is_registered:
            return await self._store_metadata(verified)
        is_new = self._buffer.put_metadata(verified)
        await self.promote_if_registered(metadata.blob_id)
        return StoredStatus.NONEXISTENT if is_new else StoredStatus.BUFFERED

    async def expected(self, blob_id: BlobId, *, pending: bool) -> VerifiedMetadata:
        """The metadata of a blob whose slivers may come now; else what `put_slivers` raises."""
        if not await self._is_registered(blob_id, pending):
            if (blob := self._buffer.get(blob_id)) is not None:
                self._buffer.require_room(blob.metadata)
                return blob.metadata
            if not await self._registry.is_kept(blob_id):  # it may have been stored just now
                raise MetadataNotFoundError(str(blob_id))
        await self.promote(blob_id)
        return await self._registry.metadata(blob_id)

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool
    ) -> int:
        """See `NodeApi.put_slivers`; batch after batch, in memory and on disk."""
        metadata = await self.expected(blob_id, pending=pending)
        limits = self._means.limits
        batch: list[_Placed] = []
        count = new = size = 0
        async for sliver in slivers:
            if count == 2 * metadata.n_shards:
                raise InvalidArgumentError(f"more than {count} slivers of one blob")
            shard = self._shard_of(metadata, sliver, count)
            batch.append(_Placed(count, shard, sliver))
            count, size = count + 1, size + sliver.data.nbytes
            if size >= limits.batch_bytes or len(batch) >= limits.batch_slivers:
                new += await self._keep(metadata, batch, pending)
                size, batch = 0, []
        return new + await self._keep(metadata, batch, pending)

    async def promote(self, blob_id: BlobId) -> None:
        """Store what waited for a blob that is registered now; returns when it is on disk, whoever
        began with it. StorageError: then it is lost.
        """
        storing = self._promoting.get(blob_id)
        if storing is None:
            if (blob := self._buffer.take(blob_id)) is None:
                return
            own = self._membership.own
            storing = asyncio.ensure_future(
                self._means.workers.run(_store_pending, self._means.store, blob, own)
            )
            self._promoting[blob_id] = storing
            storing.add_done_callback(lambda _: self._promoting.pop(blob_id))
        await asyncio.shield(storing)

    async def promote_if_registered(self, blob_id: BlobId) -> None:
        """Closes the gap between a look at the records and the moment when something waits."""
        if self._buffer.get(blob_id) is not None and await self._registry.is_kept(blob_id):
            await self.promote(blob_id)

    # -- how ----------------------------------------------------------------------------------

    async def _is_registered(self, blob_id: BlobId, pending: bool) -> bool:
        """NotRegisteredError if it is not and may not be `pending`, even after another look at the
        chain. InvalidBlobIdError.
        """
        if await self._registry.is_kept(blob_id):
            return True
        if pending:
            return False
        await self._follower.poke()
        await self._registry.require(blob_id)
        return True

    async def _store_metadata(self, metadata: VerifiedMetadata) -> StoredStatus:
        was_buffered = self._buffer.get(metadata.blob_id) is not None
        is_new = await self._means.workers.run(self._means.store.put_metadata, metadata)
        self._registry.remember(metadata)
        if not is_new:
            return StoredStatus.STORED
        return StoredStatus.BUFFERED if was_buffered else StoredStatus.NONEXISTENT

    def _shard_of(self, metadata: VerifiedMetadata, sliver: Sliver, position: int) -> ShardIndex:
        """The shard that the call's `position`-th sliver belongs to, which must be the node's."""
        if sliver.index >= metadata.n_shards:
            reason = f"{sliver.axis} sliver {sliver.index} >= {metadata.n_shards} shards"
            raise VerificationError(reason, {position: reason})
        pair = sliver_to_pair(sliver.axis, sliver.index, metadata.n_shards)
        return self._membership.shard_to_write(metadata.blob_id, pair)

    async def _keep(
        self, metadata: VerifiedMetadata, batch: Sequence[_Placed], pending: bool
    ) -> int:
        """Verify and store one batch, or let it wait; how many were new."""
        if not batch:
            return 0
        blob_id, store, workers = metadata.blob_id, self._means.store, self._means.workers
        if await self._registry.is_kept(blob_id):
            return await workers.run(_store, store, metadata, batch)
        if not pending:
            raise NotRegisteredError(str(blob_id))
        verified = await workers.run(_verified_slivers, metadata, batch)
        try:
            return sum([self._buffer.put_sliver(shard, sliver) for shard, sliver in verified])
        except MetadataNotFoundError:
            if not await self._registry.is_kept(blob_id):
                raise  # or else it was registered, and what waited was stored, just now
        return await workers.run(store.put_slivers, verified)


def _verified_metadata(metadata: BlobMetadata) -> VerifiedMetadata:
    if isinstance(metadata, VerifiedMetadata):
        return metadata
    claim = UnverifiedMetadata(metadata.blob_id, metadata.unencoded_length, metadata.pair_hashes)
    return claim.verify()


def _verified_slivers(
    metadata: VerifiedMetadata, batch: Sequence[_Placed]
) -> list[tuple[ShardIndex, VerifiedSliver]]:
    """VerificationError, whose `failures` names each bad one by its position in the call."""
    outcomes = check_slivers(metadata, [each.sliver for each in batch], threads=1)
    by_position = {each.position: outcome for each, outcome in zip(batch, outcomes, strict=True)}
    verified = require_all_verified(by_position)
    return [(each.shard, sliver) for each, sliver in zip(batch, verified, strict=True)]


def _store(store: SliverStore, metadata: VerifiedMetadata, batch: Sequence[_Placed]) -> int:
    """Slivers that are here already are not looked at again."""
    shards = dict.fromkeys(each.shard for each in batch)
    lacking = set(store.lacking(metadata.blob_id, shards))
    new = [
        each
        for each in batch
        if SliverKey(each.shard, each.sliver.axis, metadata.blob_id) in lacking
    ]
    return store.put_slivers(_verified_slivers(metadata, new)) if new else 0


def _store_pending(store: SliverStore, blob: PendingBlob, own: Sequence[ShardIndex]) -> None:
    """What waited, but for slivers of shards that are another node's by now."""
    store.put_metadata(blob.metadata)
    slivers = [(shard, sliver) for (shard, _), sliver in blob.slivers.items() if shard in own]
    if slivers:
        store.put_slivers(slivers)
