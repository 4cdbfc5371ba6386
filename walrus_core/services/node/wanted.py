"""The blobs of which the node may lack something: upkeep and events fill it, healing empties it."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import Iterable

from walrus_core.types import BlobId

__all__ = ["Wanted"]


class Wanted:
    """A bounded queue of blobs, each in it once, by the time from which they are to be looked at.

    It lives in memory: a survey of the store fills it again after a restart, and when
    `has_overflowed` tells that there were more than `limit`.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._due: dict[BlobId, float] = {}
        self._again: dict[BlobId, float | None] = {}
        self._guesses: dict[BlobId, None] = {}
        self._heap: list[tuple[float, int, BlobId]] = []
        self._added = 0
        self._changed = asyncio.Event()
        self.has_overflowed = False

    def __len__(self) -> int:
        """Blobs that wait or are being healed."""
        return len(self._due) + len(self._again)

    @property
    def lacking(self) -> int:
        """Those of which something is missing, as far as is known."""
        return len(self) - len(self._guesses)

    def add(self, blob_id: BlobId, delay: float = 0.0, *, is_guess: bool = False) -> None:
        """Look at a blob in `delay` seconds, or when it was due before, if that is sooner.

        One that is being healed is looked at once more afterwards. `is_guess`: probably nothing is
        missing by then.
        """
        if not is_guess:
            self._guesses.pop(blob_id, None)
        due = asyncio.get_running_loop().time() + delay
        if blob_id in self._again:
            before = self._again[blob_id]
            self._again[blob_id] = due if before is None else min(due, before)
            return
        known = self._due.get(blob_id)
        if known is not None and known <= due:
            return
        if known is None and len(self) >= self._limit:
            self.has_overflowed = True
            return
        if known is None and is_guess:
            self._guesses[blob_id] = None
        self._push(blob_id, due)

    async def take(self) -> BlobId:
        """The next blob that is due; waits for one. `done` says that it was dealt with."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            due = self._next_due()
            if due is not None and due <= loop.time():
                _, _, blob_id = heapq.heappop(self._heap)
                del self._due[blob_id]
                self._guesses.pop(blob_id, None)
                self._again[blob_id] = None
                return blob_id
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._changed.wait()

    def done(self, blob_id: BlobId) -> None:
        """A blob that was taken is whole, or not ours any more; `add` it first to try it again."""
        due = self._again.pop(blob_id, None)
        if due is not None:
            self._push(blob_id, due)
        self._changed.set()

    async def all_done(self, blob_ids: Iterable[BlobId]) -> None:
        """Wait until none of these waits or is being healed."""
        for blob_id in blob_ids:
            while blob_id in self._due or blob_id in self._again:
                self._changed.clear()
                await self._changed.wait()

    def _push(self, blob_id: BlobId, due: float) -> None:
        self._due[blob_id] = due
        self._added += 1
        heapq.heappush(self._heap, (due, self._added, blob_id))
        self._changed.set()

    def _next_due(self) -> float | None:
        """When the first one is due; None if nothing waits."""
        while self._heap:
            due, _, blob_id = self._heap[0]
            if self._due.get(blob_id) == due:
                return due
            heapq.heappop(self._heap)  # a later entry of a blob that was wanted sooner
        return None
