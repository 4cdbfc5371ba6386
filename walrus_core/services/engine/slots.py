"""Turns at the processors, first come, first served; from the event loop and from threads."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import CancelledError, Future
from threading import Lock

from walrus_core.errors import OperationCancelledError

__all__ = ["Slot", "Slots"]


class Slots:
    """At most `count` hold a slot at once; the others wait in a queue.

    A slot is for computing: who has to wait for somebody else gives it back meanwhile.
    """

    def __init__(self, count: int) -> None:
        self._count = self._free = count
        self._seconds = 0.0
        self._waiting: deque[Future[None]] = deque()
        self._lock = Lock()

    @property
    def taken(self) -> int:
        """How many have a slot."""
        return self._count - self._free

    @property
    def seconds(self) -> float:
        """For how long slots have been held, all together, by those who gave them back."""
        return self._seconds

    @property
    def waiting(self) -> int:
        """How many want a slot and have none."""
        return len(self._waiting)

    def ask(self) -> Future[None]:
        """Done once the slot is the caller's. Cancel it to want it no more: if that is refused, the
        slot is there, and to be given back.
        """
        turn: Future[None] = Future()
        with self._lock:
            if self._free:
                self._free -= 1
                turn.set_result(None)
            else:
                self._waiting.append(turn)
        return turn

    def give_back(self, seconds: float = 0.0) -> None:
        """To the first who waits and has not gone; it was held for so long."""
        with self._lock:
            self._seconds += seconds
        while True:
            with self._lock:
                if not self._waiting:
                    self._free += 1
                    return
                turn = self._waiting.popleft()
            if turn.set_running_or_notify_cancel():
                turn.set_result(None)
                return


class Slot:
    """One caller's slot: held by a thread while it computes, given back while it waits."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._held = False
        self._since = 0.0
        self._turn: Future[None] | None = None
        self._given_up = False

    @property
    def held(self) -> bool:
        return self._held

    async def get(self) -> None:
        """Wait for it, in the event loop."""
        turn = self._slots.ask()
        if not turn.done():
            try:
                await asyncio.shield(asyncio.wrap_future(turn))
            except BaseException:
                if not turn.cancel():
                    self._slots.give_back()
                raise
        self._hold()

    def give_back(self) -> None:
        """If it is held."""
        if self._held:
            self._held = False
            self._slots.give_back(time.perf_counter() - self._since)

    def regain(self) -> None:
        """Wait for it, in a thread; OperationCancelledError if it was given up."""
        self._turn = turn = self._slots.ask()
        if self._given_up and turn.cancel():
            raise OperationCancelledError()
        try:
            turn.result()
        except CancelledError:
            raise OperationCancelledError() from None
        self._hold()

    def _hold(self) -> None:
        self._held, self._since = True, time.perf_counter()

    def give_up(self) -> None:
        """Whoever waits for it need not any more."""
        self._given_up = True
        if self._turn is not None:
            self._turn.cancel()
