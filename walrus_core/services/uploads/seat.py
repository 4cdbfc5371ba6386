"""Who sends the bytes of an upload: one call at a time, and always the latest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from walrus_core.errors import UploadInUseError

__all__ = ["Seat"]


class Seat:
    """Who comes makes the one before leave: its caller is likely to be gone, and nobody knows yet.

    The one who has to leave gets UploadInUseError, wherever it waits.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._came = 0
        self._sitting: asyncio.Task[object] | None = None
        self._is_evicted = False

    @asynccontextmanager
    async def taken(self, upload_id: str) -> AsyncIterator[None]:
        self._came += 1
        number = self._came
        if self._sitting is not None and not self._is_evicted:
            self._is_evicted = True
            self._sitting.cancel()
        async with self._lock:
            if number != self._came:
                raise UploadInUseError(upload_id)
            task = self._sitting = asyncio.current_task()
            assert task is not None
            try:
                yield
            except asyncio.CancelledError:
                if self._is_evicted and task.uncancel() == 0:
                    raise UploadInUseError(upload_id) from None
                raise
            finally:
                self._sitting, self._is_evicted = None, False
