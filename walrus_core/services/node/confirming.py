"""Confirming that the node holds a blob: what it signs here, it can be held to."""

from __future__ import annotations

import asyncio
import contextlib

from walrus_core.errors import (
    InvalidBlobIdError,
    MetadataNotFoundError,
    MissingSliversError,
    NotRegisteredError,
    ShardNotAssignedError,
)
from walrus_core.protocol.messages import Confirmation
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node.follower import Follower
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.receiving import Receiving
from walrus_core.services.node.registry import Registry
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.types import BlobId, pair_to_shard

__all__ = ["Confirming"]


class Confirming:
    """Signs only for registrations that live, and only what is durable, all of it."""

    def __init__(
        self,
        means: Means,
        membership: Membership,
        registry: Registry,
        follower: Follower,
        receiving: Receiving,
    ) -> None:
        self._means = means
        self._membership = membership
        self._registry = registry
        self._follower = follower
        self._receiving = receiving

    async def confirm(self, blob_id: BlobId, object_id: bytes | None, wait: float) -> SignedMessage:
        """See `NodeApi.confirmation`."""
        await self._await_registration(blob_id, object_id, wait)
        await self._receiving.promote(blob_id)
        while True:
            epoch = self._membership.epoch
            await self._require_slivers(blob_id)
            record = await self._registry.record(blob_id)
            if epoch == self._membership.epoch:
                break  # or else it was about another epoch's shards
        _require_valid(blob_id, record)
        if not _is_registered(record, object_id):
            raise NotRegisteredError(str(blob_id))
        message = Confirmation(epoch, blob_id, object_id)
        return await self._means.workers.run(SignedMessage.sign, self._means.key_pair, message)

    async def _await_registration(
        self, blob_id: BlobId, object_id: bytes | None, wait: float
    ) -> None:
        """Look at the chain again, wait, or NotRegisteredError."""
        limit = min(wait, self._means.limits.longest_wait)
        with self._follower.watch(blob_id) as seen, contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit if limit > 0 else None):
                while not await self._is_registered(blob_id, object_id):
                    seen.clear()
                    await self._follower.poke()
                    if limit <= 0:
                        break
                    if not await self._is_registered(blob_id, object_id):
                        await seen.wait()
        if not await self._is_registered(blob_id, object_id):
            raise NotRegisteredError(str(blob_id))

    async def _is_registered(self, blob_id: BlobId, object_id: bytes | None) -> bool:
        record = await self._registry.record(blob_id)
        _require_valid(blob_id, record)
        return _is_registered(record, object_id)

    async def _require_slivers(self, blob_id: BlobId) -> None:
        """MissingSliversError, MetadataNotFoundError; ShardNotAssignedError for no shard at all."""
        own = self._membership.own
        if not own:
            shard = pair_to_shard(blob_id, 0, self._membership.n_shards)
            raise ShardNotAssignedError(shard, self._membership.epoch)
        lacking = await self._means.workers.run(self._means.store.lacking, blob_id, own)
        if lacking:
            raise MissingSliversError(str(blob_id), len(lacking))
        if await self._means.workers.run(self._means.store.metadata, blob_id) is None:
            raise MetadataNotFoundError(str(blob_id))


def _require_valid(blob_id: BlobId, record: BlobRecord) -> None:
    if record.is_invalid:
        raise InvalidBlobIdError(str(blob_id))


def _is_registered(record: BlobRecord, object_id: bytes | None) -> bool:
    """Whether this object is deletable and lives; for None, whether anything permanent lives."""
    return any(
        each.object_id == object_id if each.deletable else object_id is None
        for each in record.registrations
    )
