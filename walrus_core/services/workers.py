"""Threads for what blocks or computes: the port `Workers`, outside of simulations."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from walrus_core.types import checked_int

__all__ = ["ThreadWorkers"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

FOR_THE_DISK = 4
"""Threads beyond one for each processor: some of them wait."""

MOST_THREADS = 64


class ThreadWorkers:
    """A pool of threads of its own, so that nobody else's work can fill it; `close` it at the end.

    `threads`: how many at most; None for a few more than there are processors. They start when
    they are first needed.
    """

    def __init__(self, threads: int | None = None) -> None:
        if threads is None:
            threads = min((os.cpu_count() or 1) + FOR_THE_DISK, MOST_THREADS)
        checked_int("threads", threads, 1, MOST_THREADS)
        self._pool = ThreadPoolExecutor(threads, "walrus-core-worker")

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """See `Workers`: shielded, so that what was begun or queued is also done."""
        work = asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(_looked_at)
            raise

    def close(self) -> None:
        """Wait for what was begun or queued, and end the threads; may be called again."""
        self._pool.shutdown()


def _looked_at(work: asyncio.Future[T]) -> None:
    """Nobody waits for it any more: that it fails, as it may since it was told to stop, is no
    news.
    """
    if not work.cancelled():
        work.exception()
