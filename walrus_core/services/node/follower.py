"""Following the chain's events, from a cursor that is on disk with all that came before it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator

from walrus_core.errors import ChainUnavailableError, WalrusCoreError
from walrus_core.services.node.chronicle import Chronicle, Consequences
from walrus_core.services.node.means import Means
from walrus_core.services.ports import ChainEvent
from walrus_core.types import BlobId

__all__ = ["Follower"]

_log = logging.getLogger(__name__)

React = Callable[[Consequences], Awaitable[None]]


class Follower:
    """Polls for events, has them written down, and tells `react` what follows from them.

    What `react` was told may come again after a crash, or be lost in one: what has to survive is
    in the store when it is told.
    """

    def __init__(self, means: Means, react: React) -> None:
        self._means = means
        self._react = react
        self._chronicle = Chronicle(means.store)
        self._watched: dict[BlobId, list[asyncio.Event]] = {}
        self._poked = asyncio.Event()
        self._started = self._finished = 0
        self._round = asyncio.Event()

    async def count(self) -> int:
        """Events followed so far, in all of the store's life."""
        return await self._means.workers.run(lambda: self._chronicle.count)

    async def catch_up(self) -> None:
        """Follow all events that there are, trying until the chain answers."""
        pause = self._means.limits.chain_retry
        while not await self._poll():
            await asyncio.sleep(self._jittered(pause))
            pause = min(2 * pause, self._means.limits.longest_chain_retry)

    async def run(self) -> None:
        """Follow without end."""
        limits = self._means.limits
        pause = limits.poll_interval
        while True:
            if await self._poll():
                pause = limits.poll_interval
                await self._rest(pause)
            else:
                pause = min(max(2 * pause, limits.chain_retry), limits.longest_chain_retry)
                await asyncio.sleep(self._jittered(pause))

    async def poke(self) -> None:
        """Have the chain asked at once, and wait until that is done, but not for long.

        However many poke, the chain is asked no more often than `poke_interval` allows.
        """
        target = self._started + 1
        self._poked.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._means.limits.poke_wait):
                while self._finished < target:
                    await self._round.wait()

    @contextlib.contextmanager
    def watch(self, blob_id: BlobId) -> Iterator[asyncio.Event]:
        """An event that is set each time when the chain has told something of a blob."""
        seen = asyncio.Event()
        self._watched.setdefault(blob_id, []).append(seen)
        try:
            yield seen
        finally:
            watchers = self._watched[blob_id]
            watchers.remove(seen)
            if not watchers:
                del self._watched[blob_id]

    # -- how ----------------------------------------------------------------------------------

    async def _rest(self, pause: float) -> None:
        """Until the next look: soon if somebody pokes, but not sooner than allowed."""
        await asyncio.sleep(min(self._means.limits.poke_interval, pause))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._poked.wait()

    async def _poll(self) -> bool:
        """Follow what is new; whether the chain answered, sensibly."""
        self._started += 1
        self._poked.clear()
        try:
            await self._follow()
        except ChainUnavailableError as error:
            _log.warning("the chain cannot be followed: %s", error)
            return False
        except WalrusCoreError as error:
            _log.error("the chain's events cannot be applied: %s", error)
            return False
        finally:
            self._finished = self._started
            self._round.set()
            self._round = asyncio.Event()
        return True

    async def _follow(self) -> None:
        cursor = await self._means.workers.run(self._means.store.cursor)
        batch: list[ChainEvent] = []
        try:
            async for event in self._means.chain.events(cursor or b""):
                batch.append(event)
                if len(batch) == self._means.limits.event_batch:
                    await self._apply(batch)
                    batch = []
        except ChainUnavailableError:
            await self._apply(batch)  # what came before the failure need not come again
            raise
        await self._apply(batch)

    async def _apply(self, batch: list[ChainEvent]) -> None:
        """Also without events: there may be something left to react to from before."""
        consequences = await self._means.workers.run(self._chronicle.apply, batch)
        try:
            await self._react(consequences)
        finally:
            for blob_id in consequences.blobs:
                for seen in self._watched.get(blob_id, ()):
                    seen.set()

    def _jittered(self, pause: float) -> float:
        """Up to a fifth more, so that nodes do not come back all at once."""
        return pause * (1 + 0.2 * self._means.chance.random())
