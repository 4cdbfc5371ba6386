"""A number of bytes that calls share, and wait for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from walrus_core.errors import OverloadedError

__all__ = ["Places"]


class Places:
    """Lends at most `size` bytes at once, first come, first served; for one event loop.

    Who has waited for `patience` seconds, or would be one of more than `queue` who wait, gets
    OverloadedError, to be tried again after `retry_after` seconds. Who alone needs more than there
    is gets it when nobody else has any, or would never.
    """

    def __init__(self, size: int, patience: float, queue: int, retry_after: float) -> None:
        self._size = size
        self._patience = patience
        self._queue = queue
        self._retry_after = retry_after
        self._lent = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def lent(self) -> int:
        """Bytes that somebody has."""
        return self._lent

    @property
    def waiting(self) -> int:
        """How many wait for some."""
        return len(self._waiting)

    @asynccontextmanager
    async def lend(self, size: int) -> AsyncIterator[None]:
        """So many bytes, for the body."""
        await self._take(size)
        try:
            yield
        finally:
            self._lent -= size
            self._serve()

    async def _take(self, size: int) -> None:
        if not self._waiting and self._fits(size):
            self._lent += size
            return
        if len(self._waiting) >= self._queue:
            raise OverloadedError(self._retry_after)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = size, turn
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # served while it was given up
                self._lent -= size
            elif entry in self._waiting:
                self._waiting.remove(entry)
            self._serve()
            if isinstance(error, TimeoutError):
                raise OverloadedError(self._retry_after) from None
            raise

    def _fits(self, size: int) -> bool:
        return not self._lent or self._lent + size <= self._size

    def _serve(self) -> None:
        """Let those go on who are first and for whom there is enough."""
        while self._waiting and (self._waiting[0][1].done() or self._fits(self._waiting[0][0])):
            size, turn = self._waiting.popleft()
            if not turn.done():
                self._lent += size
                turn.set_result(None)
