"""How many bytes may be on their way at once."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Allowance"]


class Allowance:
    """`limit` bytes, handed out in the order of asking; more than that at once is had alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def taken(self) -> int:
        """Bytes that are handed out."""
        return self._taken

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
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._hand_out()  # it may have held others up
            else:
                self.give(size)
            raise

    def give(self, size: int) -> None:
        self._taken -= size
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            if turn.cancelled():
                self._waiting.popleft()
                continue
            if not self._fits(size):
                return
            self._waiting.popleft()
            self._taken += size
            turn.set_result(None)

    def _fits(self, size: int) -> bool:
        return self._taken == 0 or self._taken + size <= self._limit
