"""What a node does for itself: scrub, collect, look for what is missing, let old shards go."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from walrus_core.errors import StorageError
from walrus_core.services.node import pools
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.survey import survey
from walrus_core.services.node.wanted import Wanted
from walrus_core.services.node_api import ShardStatus
from walrus_core.storage.store import Collected, SliverStore
from walrus_core.types import BlobId

__all__ = ["Upkeep"]

_log = logging.getLogger(__name__)


class Upkeep:
    """`gone` is called when blobs may have gone from the store."""

    def __init__(
        self, means: Means, membership: Membership, wanted: Wanted, gone: Callable[[], None]
    ) -> None:
        self._means = means
        self._membership = membership
        self._wanted = wanted
        self._gone = gone
        self._to_collect = asyncio.Event()
        self._to_collect.set()  # what ended while the node was down

    def collect_soon(self) -> None:
        """An epoch began, or a registration ended otherwise."""
        self._to_collect.set()

    async def run(self) -> None:
        """Without end. A disk that fails is tried again: what it cannot do now, waits."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self._scrub, self._collect, self._recover, self._let_go):
                tasks.create_task(self._again_and_again(work))

    async def survey(self) -> list[BlobId]:
        """Have all blobs healed of which the node lacks something; which these are."""
        self._wanted.has_overflowed = False
        damaged = await self._means.workers.run(_damaged, self._means.store)
        found = dict.fromkeys(damaged)
        shards, epoch = self._membership.to_heal, self._membership.epoch
        async for blob_id, _ in survey(self._means, shards, epoch):
            found[blob_id] = None
            if len(found) > self._means.limits.wanted_blobs:
                break
        for blob_id in found:
            self._wanted.add(blob_id)
        return list(found)

    # -- works --------------------------------------------------------------------------------

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except StorageError as error:
                _log.error("the disk fails the node's upkeep: %s", error)
                await asyncio.sleep(self._means.limits.collect_interval)

    async def _scrub(self) -> None:
        """Read everything that is stored, at a set pace, once through."""
        limits = self._means.limits
        start: bytes | None = b""
        while start is not None:
            await asyncio.sleep(limits.scrub_interval)
            step = await self._means.workers.run(
                self._means.store.scrub, start or None, limits.scrub_bytes
            )
            for damage in step.damaged:
                _log.warning("blob %s: lost %s: %s", damage.blob_id, damage.sliver, damage.reason)
                self._wanted.add(damage.blob_id)
            start = step.next

    async def _collect(self) -> None:
        """Remove what no registration holds any more, but not too often."""
        await self._to_collect.wait()
        self._to_collect.clear()
        epoch = self._membership.epoch
        collected = await self._means.workers.run(_collected, self._means.store, epoch)
        self._gone()
        if collected.blobs:
            _log.info("collected %d blobs, %d bytes", collected.blobs, collected.size)
        await asyncio.sleep(self._means.limits.collect_interval)

    async def _recover(self) -> None:
        """Survey the store, and say of shards that they are recovered when all it found is healed:
        at the start, and whenever shards are to be recovered, or too much was wanted at once.
        """
        shards = self._membership.with_status(ShardStatus.IN_RECOVERY)
        await self._wanted.all_done(await self.survey())
        if self._wanted.has_overflowed:
            return
        await self._membership.set_status(
            (s for s in shards if self._membership.statuses.get(s) is ShardStatus.IN_RECOVERY),
            ShardStatus.READY,
        )
        while not (
            self._wanted.has_overflowed or self._membership.with_status(ShardStatus.IN_RECOVERY)
        ):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._means.limits.collect_interval):
                    await self._membership.changed()

    async def _let_go(self) -> None:
        """Delete shards that are another node's, a while after the epoch change is done."""
        read_only = self._membership.with_status(ShardStatus.READ_ONLY)
        if not read_only or self._membership.committees.phase == "sync":
            await self._membership.changed()
            return
        await asyncio.sleep(self._means.limits.read_only_seconds)
        for shard in read_only:
            if self._membership.statuses.get(shard) is ShardStatus.READ_ONLY:
                deleted = await self._means.workers.run(self._means.store.delete_shard, shard)
                await self._membership.forget([shard])
                _log.info("shard %d moved away: deleted %d slivers", shard, deleted)
        self._gone()


def _damaged(store: SliverStore) -> list[BlobId]:
    """The blobs of which the disk has lost something."""
    return [damage.blob_id for damage in store.damaged()]


def _collected(store: SliverStore, epoch: int) -> Collected:
    pools.forget_ended(store, epoch)
    return store.collect(epoch)
