"""A number of bytes that calls share, and wait for, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from walrus_core.errors import OverloadedError
from walrus_core.services.shared_bytes import SharedBytes

__all__ = ["Places"]


class Places:
    """Lends at most `size` bytes at once, as `SharedBytes` does.

    Who has waited for `patience` seconds, or would be one of more than `queue` who wait, gets
    OverloadedError, to be tried again after `retry_after` seconds.
    """

    def __init__(self, size: int, patience: float, queue: int, retry_after: float) -> None:
        self._bytes = SharedBytes(size)
        self._patience = patience
        self._queue = queue
        self._retry_after = retry_after

    @property
    def lent(self) -> int:
        """Bytes that somebody has."""
        return self._bytes.taken

    @property
    def waiting(self) -> int:
        """How many wait for some."""
        return self._bytes.waiting

    @asynccontextmanager
    async def lend(self, size: int) -> AsyncIterator[None]:
        """So many bytes, for the body."""
        if not self._bytes.take_now(size):
            await self._wait_for(size)
        try:
            yield
        finally:
            self._bytes.give(size)

    async def _wait_for(self, size: int) -> None:
        if self._bytes.waiting >= self._queue:
            raise OverloadedError(self._retry_after)
        try:
            async with asyncio.timeout(self._patience):
                await self._bytes.take(size)
        except TimeoutError:
            raise OverloadedError(self._retry_after) from None
