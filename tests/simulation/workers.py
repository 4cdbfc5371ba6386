"""The port `Workers` without threads."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

OFTEN = 0.25
"""How often a function is delayed."""


class InlineWorkers:
    """Runs a function at once; with `chance`, sometimes between two delays, so that others come in.

    A cancelled caller does not stop the function. `longest` in virtual seconds.
    """

    def __init__(self, chance: random.Random | None = None, longest: float = 0.01) -> None:
        self._chance = chance
        self._longest = longest

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        if self._chance is None or self._chance.random() >= OFTEN:
            return function(*arguments)
        before, after = (self._chance.random() * self._longest for _ in range(2))
        running = asyncio.ensure_future(self._run_between(before, after, function, *arguments))
        running.add_done_callback(_retrieve)
        return await asyncio.shield(running)

    async def _run_between(
        self, before: float, after: float, function: Callable[[*Ts], T], *arguments: *Ts
    ) -> T:
        await asyncio.sleep(before)
        result = function(*arguments)
        await asyncio.sleep(after)
        return result


def _retrieve(running: asyncio.Future[object]) -> None:
    """Nobody may be there any more to hear that it failed."""
    if not running.cancelled():
        running.exception()
