"""From the thread that makes something to the event loop that sends it on."""

from __future__ import annotations

import asyncio
from collections import deque
from threading import Condition
from typing import Generic, TypeVar

from walrus_core.errors import OperationCancelledError
from walrus_core.services.engine.slots import Slot

__all__ = ["Parcels"]

T = TypeVar("T")

BRIEFLY = 0.02
"""Seconds that a maker waits for its taker with its slot in hand."""


class Parcels(Generic[T]):
    """Holds at most `limit` bytes, or one parcel: who makes more waits until some are taken.

    Who waits for long gives its slot to others meanwhile: a taker that does not take costs what is
    held, and no processor.
    """

    def __init__(self, limit: int, slot: Slot) -> None:
        """To be made in the event loop that takes."""
        self._limit = limit
        self._slot = slot
        self._held = 0
        self._ready: deque[tuple[T, int]] = deque()
        self._state = Condition()
        self._closed = False
        self._ended = False
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    @property
    def held(self) -> int:
        """Bytes that wait to be taken."""
        return self._held

    # -- the thread ------------------------------------------------------------------------------

    def put(self, parcel: T, size: int) -> None:
        """Hand over `size` bytes; OperationCancelledError if nobody takes any more."""
        with self._state:
            if not self._state.wait_for(lambda: self._has_room(size), BRIEFLY):
                self._wait_aside(size)
            if self._closed:
                raise OperationCancelledError()
            self._ready.append((parcel, size))
            self._held += size
        self._loop.call_soon_threadsafe(self._changed.set)

    def end(self) -> None:
        """Nothing comes any more."""
        self._ended = True
        self._loop.call_soon_threadsafe(self._changed.set)

    def _has_room(self, size: int) -> bool:
        return self._closed or not self._held or self._held + size <= self._limit

    def _wait_aside(self, size: int) -> None:
        self._slot.give_back()
        self._state.wait_for(lambda: self._has_room(size))
        if self._closed:
            return
        self._state.release()  # while others compute, the taker goes on
        try:
            self._slot.regain()
        finally:
            self._state.acquire()

    # -- the event loop --------------------------------------------------------------------------

    async def take(self) -> T | None:
        """The next one; None when there are no more."""
        while not self._ready:
            if self._ended and not self._ready:
                return None
            self._changed.clear()
            if not self._ready and not self._ended:
                await self._changed.wait()
        with self._state:
            parcel, size = self._ready.popleft()
            self._held -= size
            self._state.notify()
        return parcel

    def close(self) -> None:
        """Nobody takes any more: whoever puts is told, what was held is gone."""
        with self._state:
            self._closed = True
            self._ready.clear()
            self._held = 0
            self._state.notify_all()
