"""How the node is, in numbers and in the official words (spec, chapter 7: health)."""

from __future__ import annotations

import asyncio

from walrus_core.services.node.follower import Follower
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.wanted import Wanted
from walrus_core.services.node_api import NodeHealth, ShardStatus
from walrus_core.storage.store import SliverStore

__all__ = ["Condition"]

REST = 50.0
"""Times as long as it took to count, the count is good for: to ask for it is not to stop us."""


class Condition:
    """`has_caught_up`: the node has followed the chain up to now at least once since it started."""

    def __init__(
        self, means: Means, membership: Membership, follower: Follower, wanted: Wanted
    ) -> None:
        self._means = means
        self._membership = membership
        self._follower = follower
        self._wanted = wanted
        self._started: float | None = None
        self._counts = (0, 0)
        self._counts_until = float("-inf")
        self.has_caught_up = False

    def started(self) -> None:
        """Counts the uptime from here."""
        self._started = _now()

    @property
    def word(self) -> str:
        if not self.has_caught_up:
            return "RecoveryCatchUp"
        if not self._membership.own:
            return "Standby"
        statuses = self._membership.statuses
        if all(statuses.get(shard) is ShardStatus.READY for shard in self._membership.own):
            return "Active"
        return f"RecoveryInProgress({self._membership.epoch})"

    async def health(self) -> NodeHealth:
        """See `NodeApi.health`; what is being healed counts by blobs."""
        means = self._means
        usage = await means.workers.run(means.store.usage)
        blobs, damaged = await self._counted()
        return NodeHealth(
            uptime=0.0 if self._started is None else _now() - self._started,
            epoch=self._membership.epoch,
            node_id=means.node_id,
            public_key=bytes(means.key_pair.public_key),
            status=self.word,
            events=await self._follower.count(),
            shards=self._membership.statuses,
            blobs=blobs,
            healing=self._wanted.lacking,
            damaged=damaged,
            stored=usage.size,
            limit=usage.limit,
            free=usage.free,
        )

    async def _counted(self) -> tuple[int, int]:
        """Blobs on record, and damaged items; not counted anew each time if there are many."""
        if _now() >= self._counts_until:
            begun = _now()
            self._counts = await self._means.workers.run(_count, self._means.store)
            self._counts_until = _now() + REST * (_now() - begun)
        return self._counts


def _now() -> float:
    return asyncio.get_running_loop().time()


def _count(store: SliverStore) -> tuple[int, int]:
    return sum(1 for _ in store.records()), sum(1 for _ in store.damaged())
