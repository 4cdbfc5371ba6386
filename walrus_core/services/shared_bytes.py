"""A number of bytes that several share, and wait for; first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["SharedBytes"]


class SharedBytes:
    """Hands out at most `limit` bytes at once, in the order of asking; for one event loop.

    Who alone needs more than that gets it when nobody else has any, or would never.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def taken(self) -> int:
        """Bytes that somebody has."""
        return self._taken

    @property
    def waiting(self) -> int:
        """How many wait for some."""
        return len(self._waiting)

    def take_now(self, size: int) -> bool:
        """So many bytes, if nobody has to wait for them; whether they were had."""
        if self._waiting or not self._fits(size):
            return False
        self._taken += size
        return True

    async def take(self, size: int) -> None:
        """Wait for so many bytes; `give` them back."""
        if self.take_now(size):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = size, turn
        self._waiting.append(entry)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(entry)
                self._hand_out()  # it may have held others up
            else:
                self.give(size)
            raise

    def give(self, size: int) -> None:
        """Back, for those who wait."""
        self._taken -= size
        self._hand_out()

    def _hand_out(self) -> None:
        """To those who are first and for whom there is enough; who has gone leaves by itself."""
        while self._waiting:
            size, turn = self._waiting[0]
            if turn.cancelled() or not self._fits(size):
                return
            self._waiting.popleft()
            self._taken += size
            turn.set_result(None)

    def _fits(self, size: int) -> bool:
        return not self._taken or self._taken + size <= self._limit
