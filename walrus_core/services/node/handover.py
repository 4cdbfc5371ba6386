"""Shards that change hands with the epoch: fetched from who held them, served to who holds them.

A shard that came IN_TRANSFER is fetched from its holder of the epoch before. Whether that worked or
not, the store is then searched for what the shard lacks of certified blobs: if nothing, it is
READY, else it is IN_RECOVERY and healing gets to know what is wanted. When all of the node's shards
are READY the chain is told, once in each epoch. A quorum that has done so ends the change; who is
ready later need not tell: its transaction would change nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from walrus_core.codec.slivers import Sliver
from walrus_core.errors import StorageError, WalrusCoreError
from walrus_core.protocol.committee import Member
from walrus_core.protocol.keys import PublicKey
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.recovery_sources import (
    MOST_DOUBLINGS,
    RecoverySources,
    first_certified_epoch,
)
from walrus_core.services.node.shard_serving import ShardServing
from walrus_core.services.node.shard_transfer import ShardTransfer
from walrus_core.services.node.survey import survey
from walrus_core.services.node.wanted import Wanted
from walrus_core.services.node_api import ShardStatus
from walrus_core.storage.store import Changes
from walrus_core.types import BlobId, Epoch, ShardIndex

__all__ = ["Handover"]

REPORTED = "reported"
"""The note with the last epoch, u32 little-endian, of which the chain knows that we are ready."""


LONGEST_PAUSE = 30.0
"""Seconds before something that failed is tried again, at most."""

_log = logging.getLogger(__name__)


class Handover:
    """See the module. `sources` may be shared with healing."""

    def __init__(
        self,
        means: Means,
        membership: Membership,
        wanted: Wanted,
        sources: RecoverySources | None = None,
    ) -> None:
        self._means = means
        self._limits = means.limits.healing
        self._membership = membership
        self._wanted = wanted
        self.sources = sources or RecoverySources(means, membership)
        self._serving = ShardServing(means, membership)
        self._room = asyncio.Semaphore(self._limits.shards_at_once)
        self.received = 0
        """Bytes of slivers that came by handover."""

    async def run(self) -> None:
        """Fetch and report without end."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report_each_epoch())
            fetching: dict[ShardIndex, asyncio.Task[None]] = {}
            while True:
                fetching = {shard: task for shard, task in fetching.items() if not task.done()}
                for shard in self._membership.with_status(ShardStatus.IN_TRANSFER):
                    if shard not in fetching:
                        fetching[shard] = group.create_task(self._take_over(shard))
                await self._membership.changed()

    def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        """See `NodeApi.sync_shard`."""
        return self._serving.serve(request, public_key)

    # -- shards that come ---------------------------------------------------------------------

    async def _take_over(self, shard: ShardIndex) -> None:
        """Fetch one shard, as long as it is IN_TRANSFER, and see what it lacks then."""
        async with self._room:
            failures = 0
            while self._membership.statuses.get(shard) is ShardStatus.IN_TRANSFER:
                try:
                    await self._fetch(shard)
                except StorageError as error:
                    _log.error("the disk fails the transfer of shard %d: %s", shard, error)
                    await self._pause(failures)
                    failures += 1

    async def _fetch(self, shard: ShardIndex) -> None:
        epoch = self._membership.epoch
        holder = self._holder_before(shard)
        if holder is not None:
            transfer = ShardTransfer(self._means, self._membership, self.sources, shard, holder)
            is_whole = await transfer.run()
            self.received += transfer.received
            await transfer.forget()
            _log.info("shard %d: %d bytes came, all: %s", shard, transfer.received, is_whole)
        if epoch == self._membership.epoch:
            await self._settle(shard)

    async def _settle(self, shard: ShardIndex) -> None:
        """A shard came as far as its holder could bring it: the rest is for healing.

        What was certified in this epoch is not waited for: its uploader may still be sending.
        """
        epoch, limits = self._membership.epoch, self._means.limits
        status, fresh = ShardStatus.READY, list[BlobId]()
        async for blob_id, record in survey(self._means, [shard], epoch):
            first = first_certified_epoch(record)
            if first is None or first < epoch or len(fresh) >= limits.wanted_blobs:
                status = ShardStatus.IN_RECOVERY  # upkeep has healing look for all of them
                break
            fresh.append(blob_id)
        if epoch == self._membership.epoch:
            await self._membership.set_status([shard], status)
        for blob_id in fresh:
            self._wanted.add(blob_id, limits.heal_delay)

    def _holder_before(self, shard: ShardIndex) -> Member | None:
        """Who held a shard in the epoch before, if that was another node."""
        previous = self._membership.committees.previous
        if previous is None or shard >= previous.n_shards:
            return None
        holder = previous.holder_of_shard(shard)
        return None if holder.node_id == self._means.node_id else holder

    # -- what the chain is told ---------------------------------------------------------------

    async def _report_each_epoch(self) -> None:
        note = await self._means.workers.run(self._means.store.note, REPORTED)
        reported = int.from_bytes(note, "little") if note else -1
        failures = 0
        while True:
            epoch = self._membership.epoch
            if epoch <= reported or not self._is_awaited():
                await self._membership.changed()
                failures = 0
                continue
            try:
                await self._report(epoch)
                reported = epoch
            except WalrusCoreError as error:
                _log.warning("epoch %d cannot be reported: %s", epoch, error)
                await self._pause(failures)
                failures += 1

    async def _report(self, epoch: Epoch) -> None:
        """Tell the chain that all shards are here, and note that it has heard it."""
        await self._means.chain.report_shards(epoch)
        changes = Changes(notes={REPORTED: epoch.to_bytes(4, "little")})
        await self._means.workers.run(self._means.store.commit, changes)

    async def _pause(self, failures: int) -> None:
        pause = min(self._limits.first_retry * 2.0 ** min(failures, MOST_DOUBLINGS), LONGEST_PAUSE)
        await asyncio.sleep(pause * self._means.chance.uniform(0.75, 1.25))

    def _is_awaited(self) -> bool:
        """Whether the chain waits for us to tell that all shards are here, which they are."""
        statuses, own = self._membership.statuses, self._membership.own
        if not own or self._membership.committees.phase != "sync":
            return False
        return all(statuses.get(shard) is ShardStatus.READY for shard in own)
