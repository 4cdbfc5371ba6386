"""Tasks that end with the call that began them, and work that ends whoever is cancelled.

They begin and end in order, so that a simulation replays exactly.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

__all__ = ["Tasks", "settled", "to_the_end"]

T = TypeVar("T")


class Tasks:
    """What is left of them is cancelled, and waited for, when the body ends.

    asyncio.TaskGroup keeps its tasks in a set, which has another order in each run.
    """

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        return task

    def check(self) -> None:
        """Forget the tasks that are done; raise what the first that failed raised."""
        for task in [task for task in self._tasks if task.done()]:
            del self._tasks[task]
            if not task.cancelled() and (error := task.exception()):
                raise error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. Whoever is cancelled meanwhile goes on waiting until it is done.

    For workers that use what their caller closes: a file's number may soon be another file's.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await settled(task)
        raise


async def settled(running: asyncio.Future[Any]) -> None:
    """Wait for what ends soon, whatever happens meanwhile: what it uses is given to others then."""
    while not running.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([running])
    if not running.cancelled():
        running.exception()  # nobody else will look at it
