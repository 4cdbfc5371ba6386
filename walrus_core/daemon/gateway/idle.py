"""A server that nobody asks for anything gives back what it kept for those who might."""

from __future__ import annotations

import asyncio

from walrus_core.daemon.heap import give_back_freed_memory
from walrus_core.services.engine import Pool

__all__ = ["give_back_when_idle"]

LOOK_SECONDS = 8.0
"""What is given back takes long to be had again: twice the time of an encoding of 256 MiB is no
reason.
"""


async def give_back_when_idle(pool: Pool) -> None:
    """Until cancelled: once after each time that something was computed, when nothing is computed
    between two looks.
    """
    seen = given = _computed(pool)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        before, seen = seen, _computed(pool)
        if before == seen != given and not pool.calls:
            given = seen
            await asyncio.to_thread(give_back_freed_memory)


def _computed(pool: Pool) -> float:
    """Seconds of computing so far."""
    return pool.large.slots.seconds + pool.small.slots.seconds
