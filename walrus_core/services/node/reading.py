"""Giving out what the node holds of registered blobs: slivers, symbols, and what there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import MetadataNotFoundError, SliverNotFoundError
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.pending import PendingBuffer
from walrus_core.services.node.registry import Registry
from walrus_core.services.node.symbol_source import SymbolSource
from walrus_core.services.node.wanted import Wanted
from walrus_core.services.node_api import Holdings, StoredStatus
from walrus_core.storage.store import SliverKey, SliverStore
from walrus_core.types import Axis, BlobId, SliverPairIndex, checked_int, shard_to_pair

__all__ = ["Reading"]


class Reading:
    """What should be here and turns out not to be is `wanted` from then on."""

    def __init__(
        self,
        means: Means,
        membership: Membership,
        registry: Registry,
        buffer: PendingBuffer,
        wanted: Wanted,
    ) -> None:
        self._means = means
        self._membership = membership
        self._registry = registry
        self._buffer = buffer
        self._wanted = wanted
        self.symbol_source = SymbolSource(means)

    async def metadata(self, blob_id: BlobId) -> VerifiedMetadata:
        """See `NodeApi.metadata`."""
        try:
            return await self._registry.metadata(blob_id)
        except MetadataNotFoundError:
            await self._want(blob_id)
            raise

    async def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[VerifiedSliver]:
        """See `NodeApi.slivers`; in memory are `read_bytes` at a time, or one sliver."""
        keys = self._keys(blob_id, axis, pairs)
        await self._registry.require(blob_id)
        position = found = 0
        while position < len(keys):
            slivers, position = await self._means.workers.run(
                _read, self._means.store, keys, position, self._means.limits.read_bytes
            )
            for sliver in slivers:
                found += 1
                yield sliver
        if found < len(keys):
            await self._miss(keys)
        if not found:
            raise SliverNotFoundError(str(blob_id), axis, len(keys))

    async def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        """See `NodeApi.recovery_symbols`; source by source."""
        n_shards = self._membership.n_shards
        checked_int("number of targets", len(targets), 1, n_shards)
        for target in targets:
            checked_int("target sliver pair index", target, 0, n_shards - 1)
        keys = self._keys(blob_id, axis.orthogonal, sources)
        await self._registry.require(blob_id)
        found = 0
        for key in keys:
            symbols = await self.symbol_source.symbols(key, n_shards)
            if symbols is not None:
                found += 1
                for target in targets:
                    yield target, symbols[target]
        if found < len(keys):
            await self._miss(keys)
        if not found:
            raise SliverNotFoundError(str(blob_id), axis.orthogonal, len(keys))

    async def holdings(self, blob_id: BlobId) -> Holdings:
        """See `NodeApi.holdings`."""
        own, n_shards = self._membership.own, self._membership.n_shards
        absent = {(shard, axis) for shard in own for axis in Axis}
        metadata = StoredStatus.NONEXISTENT
        if (blob := self._buffer.get(blob_id)) is not None:
            metadata = StoredStatus.BUFFERED
            absent -= blob.slivers.keys()
        if (await self._registry.record(blob_id)).is_kept:
            if await self._registry.stored_metadata(blob_id) is not None:
                metadata = StoredStatus.STORED
            lacking = await self._means.workers.run(self._means.store.lacking, blob_id, own)
            absent &= {(key.shard, key.axis) for key in lacking}
        held = (
            frozenset(
                shard_to_pair(blob_id, shard, n_shards)
                for shard in own
                if (shard, axis) not in absent
            )
            for axis in Axis
        )
        return Holdings(metadata, *held)

    def _keys(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> list[SliverKey]:
        """Where these slivers rest. ShardNotAssignedError; InvalidArgumentError for none, too many,
        or pairs that there are not.
        """
        checked_int("number of sliver pairs", len(pairs), 1, self._membership.n_shards)
        return [
            SliverKey(self._membership.shard_to_read(blob_id, pair), axis, blob_id)
            for pair in pairs
        ]

    async def _miss(self, keys: Sequence[SliverKey]) -> None:
        """Something of one blob was asked for that is not here; if it should be, have it healed."""
        if any(key.shard in self._membership.to_heal for key in keys):
            await self._want(keys[0].blob_id)

    async def _want(self, blob_id: BlobId) -> None:
        """Have a blob healed, if enough nodes ever held it, and after its uploader had time."""
        record = await self._registry.record(blob_id)
        if any(each.certified_epoch is not None for each in record.registrations):
            self._wanted.add(blob_id, self._means.limits.heal_delay)


def _read(
    store: SliverStore, keys: Sequence[SliverKey], position: int, budget: int
) -> tuple[list[VerifiedSliver], int]:
    """The slivers from `position` on that are here, until `budget` bytes are read; how far that
    was.
    """
    slivers: list[VerifiedSliver] = []
    size = 0
    while position < len(keys) and size < budget:
        if (sliver := store.sliver(keys[position])) is not None:
            slivers.append(sliver)
            size += sliver.data.nbytes
        position += 1
    return slivers, position
