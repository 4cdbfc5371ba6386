"""The doors of a server: who is inside may end, who comes after they are closed is sent away."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from walrus_core.errors import ServerStoppingError

__all__ = ["Doors"]

LONGEST = 3
"""So many times as long it is waited at most until nobody comes any more."""


class Doors:
    """Open at first. ServerStoppingError, to be tried again after `retry_after` seconds, for who
    comes after they are closed.
    """

    def __init__(self, retry_after: float) -> None:
        self._retry_after = retry_after
        self._seen_at = -math.inf
        self._are_open = True
        self._inside: set[asyncio.Task[Any]] = set()
        self._answering = asyncio.Event()
        self._answering.set()

    async def enter(self) -> None:
        """The task of a call comes in, and is inside until it is done: then all that the call said
        is on its way.
        """
        task = asyncio.current_task()
        assert task is not None
        self._seen_at = asyncio.get_running_loop().time()
        task.add_done_callback(self._left)
        if not self._are_open:
            await self._answering.wait()
            raise ServerStoppingError(self._retry_after)
        self._inside.add(task)

    def _left(self, task: asyncio.Task[Any]) -> None:
        self._seen_at = task.get_loop().time()
        self._inside.discard(task)

    def close(self) -> None:
        self._are_open = False

    async def emptied(self) -> None:
        """Wait until nobody is inside any more; they are closed."""
        if self._inside:
            await asyncio.wait(self._inside)

    async def quiet(self) -> None:
        """Wait until nobody has come or gone for as long as who was refused may stay away: then all
        of them are back, or gone; and those who were answered, and at once ask for more. Not for
        ever, since some may not wait for an answer.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST * self._retry_after
        while (left := min(self._seen_at + self._retry_after, end) - loop.time()) > 0:
            await asyncio.sleep(left)

    def hold(self) -> None:
        """Who comes from now on is told nothing before `answer`."""
        self._answering.clear()

    def answer(self) -> None:
        self._answering.set()
