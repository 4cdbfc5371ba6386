"""A node makes good what it lacks: from recovery symbols of the others, and of its own slivers.

Metadata come first, from any node that has them. Then secondary slivers, of which each takes k1
symbols, then primary ones, of which each takes k2: where a third of the shards is gone, k1 may be
had where k2 are not, and each secondary sliver rebuilt is one source more for the primary ones,
which costs nothing. Of each sliver exactly as many symbols are asked for as it takes, of all nodes
together; only what did not come, or was wrong, is asked for again, elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.errors import (
    InconsistentBlobError,
    NotEnoughSymbolsError,
    NotRegisteredError,
    WalrusCoreError,
)
from walrus_core.services.node.gathering import (
    Gathering,
    symbol_footprint,
    symbol_size_with_path,
)
from walrus_core.services.node.healing_progress import HealingProgress
from walrus_core.services.node.inconsistency import Inconsistency
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.recovery_sources import (
    MOST_DOUBLINGS,
    RecoverySources,
    Source,
    closing,
)
from walrus_core.services.node.survey import is_to_be_healed
from walrus_core.services.node.wanted import Wanted
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.types import (
    Axis,
    BlobId,
    ShardIndex,
    SliverPairIndex,
    pair_to_shard,
    shard_to_pair,
    sliver_to_pair,
)

__all__ = ["Healing"]

_log = logging.getLogger(__name__)


class Healing:
    """Works through `wanted` blobs; see the module.

    `sources` may be shared with others, which then profit from each other's doubts.
    """

    def __init__(
        self,
        means: Means,
        membership: Membership,
        wanted: Wanted,
        inconsistency: Inconsistency,
        sources: RecoverySources | None = None,
    ) -> None:
        self._means = means
        self._limits = means.limits.healing
        self._membership = membership
        self._wanted = wanted
        self._inconsistency = inconsistency
        self.sources = sources or RecoverySources(means, membership)
        self._failures: dict[BlobId, int] = {}
        self.progress = HealingProgress()

    async def run(self) -> None:
        """Heal without end; what fails is tried again as long as the blob lives."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._limits.blobs_at_once):
                group.create_task(self._work())

    async def heal(self, blob_id: BlobId) -> None:
        """Put back whatever the node's shards lack of a certified blob.

        NotEnoughSymbolsError or BlobUnavailableError if not all could be had now, what could is
        stored then; InconsistentBlobError, with a proof; NotRegisteredError if the blob went away;
        what the store raises.
        """
        record = await self._means.workers.run(self._means.store.record, blob_id)
        if record is None or not is_to_be_healed(record, self._membership.epoch):
            return
        if not self._membership.to_heal:
            return
        metadata = await self.sources.metadata(blob_id, record)
        failure: NotEnoughSymbolsError | None = None
        for axis in (Axis.SECONDARY, Axis.PRIMARY):
            try:
                await self._heal_axis(metadata, record, axis)
            except NotEnoughSymbolsError as error:
                failure = error
        if failure is not None:
            raise failure

    # -- one blob after the other -------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            blob_id = await self._wanted.take()
            try:
                with self.progress.at_work():
                    delay = await self._attempt(blob_id)
                if delay is not None:
                    self._wanted.add(blob_id, delay)
            finally:
                self._wanted.done(blob_id)

    async def _attempt(self, blob_id: BlobId) -> float | None:
        """Try to heal a blob; in how many seconds to try again, None if there is no need."""
        try:
            await self.heal(blob_id)
        except NotRegisteredError:
            pass
        except InconsistentBlobError as error:
            return await self._convince(blob_id, error)
        except WalrusCoreError as error:
            return self._retry_delay(blob_id, error)
        self._failures.pop(blob_id, None)
        return None

    async def _convince(self, blob_id: BlobId, error: InconsistentBlobError) -> float:
        """There is nothing to heal: the others must know, and the chain."""
        _log.warning("%s", error)
        try:
            await self._inconsistency.convince(blob_id, error.proof)
        except (WalrusCoreError, TimeoutError) as failure:
            return self._retry_delay(blob_id, failure)
        return self._limits.settle_seconds

    def _retry_delay(self, blob_id: BlobId, error: Exception) -> float:
        self.progress.failures += 1
        if len(self._failures) > self._means.limits.wanted_blobs:
            self._failures.clear()  # of blobs that `wanted` had no room for
        doublings = self._failures.get(blob_id, 0)
        self._failures[blob_id] = min(doublings + 1, MOST_DOUBLINGS)
        delay = min(self._limits.first_retry * 2.0**doublings, self._limits.longest_retry)
        delay *= self._means.chance.uniform(0.75, 1.25)
        _log.info("blob %s cannot be healed, again in %.1f s: %r", blob_id, delay, error)
        return delay

    # -- one axis after the other -------------------------------------------------------------

    async def _heal_axis(self, metadata: VerifiedMetadata, record: BlobRecord, axis: Axis) -> None:
        """Rebuild what is lacking of one axis, so many slivers at once as memory allows."""
        workers, store = self._means.workers, self._means.store
        lacking = await workers.run(store.lacking, metadata.blob_id, self._membership.to_heal)
        targets = [
            shard_to_pair(key.blob_id, key.shard, metadata.n_shards)
            for key in lacking
            if key.axis is axis
        ]
        count = max(1, self._limits.batch_bytes // symbol_footprint(metadata, axis))
        for start in range(0, len(targets), count):
            await self._rebuild(metadata, record, axis, targets[start : start + count])

    async def _rebuild(
        self,
        metadata: VerifiedMetadata,
        record: BlobRecord,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
    ) -> None:
        """Gather symbols until all targets are rebuilt and stored. NotEnoughSymbolsError."""
        workers, store = self._means.workers, self._means.store
        gathering = Gathering(metadata, axis, targets)
        await workers.run(gathering.add_own, store)
        waiting = deque(self.sources.of(metadata.blob_id, record))
        while True:
            rebuilt, liars = await workers.run(gathering.rebuild)
            for node_id in liars:
                self.sources.doubts.lied(node_id)
            await self._store(rebuilt, metadata.n_shards)
            if not gathering.targets:
                return
            # Those in doubt by now go to the end; the others stay in their order.
            waiting = deque(sorted(waiting, key=self._is_doubted))
            asks = gathering.plan(waiting)
            if not asks:
                needed = gathering.needed
                raise NotEnoughSymbolsError(needed, needed - gathering.shortage)
            await self._ask_all(gathering, asks)

    async def _ask_all(self, gathering: Gathering, asks: Sequence[Source]) -> None:
        room = asyncio.Semaphore(self._limits.nodes_at_once)

        async def ask(source: Source) -> None:
            async with room:
                await self._ask(gathering, source)

        async with asyncio.TaskGroup() as group:
            for source in asks:
                group.create_task(ask(source))

    async def _ask(self, gathering: Gathering, source: Source) -> None:
        """Take what a node has of the symbols; what does not come is noticed as a shortage."""
        metadata, targets = gathering.metadata, gathering.targets
        size = symbol_size_with_path(metadata) * len(targets) * len(source.pairs)
        node = self.sources.node(source.member)
        symbols = node.recovery_symbols(metadata.blob_id, gathering.axis, targets, source.pairs)
        try:
            async with asyncio.timeout(self._limits.patience_for(size)), closing(symbols):
                async for target, symbol in symbols:
                    self.progress.received += gathering.accept(source, target, symbol)
            self.sources.doubts.answered(source.member.node_id)
        except (WalrusCoreError, TimeoutError) as error:
            self.sources.doubts.failed(source.member.node_id, error)

    async def _store(self, slivers: Sequence[VerifiedSliver], n_shards: int) -> None:
        """Keep what was rebuilt, if its shard is still ours."""
        shards = self._membership.to_heal
        placed: list[tuple[ShardIndex, VerifiedSliver]] = []
        for sliver in slivers:
            pair = sliver_to_pair(sliver.axis, sliver.index, n_shards)
            shard = pair_to_shard(sliver.blob_id, pair, n_shards)
            if shard in shards:
                placed.append((shard, sliver))
        if placed:
            await self._means.workers.run(self._means.store.put_slivers, placed)
            self.progress.healed(len(placed), sum(len(sliver.data) for _, sliver in placed))
            _log.debug("blob %s: %d slivers put back", placed[0][1].blob_id, len(placed))

    def _is_doubted(self, source: Source) -> bool:
        return self.sources.doubts.is_doubted(source.member.node_id)
