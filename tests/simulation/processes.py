"""Processes that can be killed: every task that one starts, directly or not, is its own.

Its tasks are cancelled all at once, and nothing that they still do while they end reaches anybody:
its disk has no power then, and its messages are not sent.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 50
"""Times that the tasks of a killed process are cancelled before it counts as immortal."""

_OWNER: contextvars.ContextVar[Process | None] = contextvars.ContextVar("owner", default=None)


class Process:
    """Alive until it is killed; then a new one takes its place."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_alive = True
        self._tasks: dict[int, asyncio.Task[Any]] = {}

    def start(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> asyncio.Task[T]:
        """Run it as this process, which must be alive."""
        assert self.is_alive, self.name
        context = contextvars.copy_context()
        context.run(_OWNER.set, self)
        loop = asyncio.get_running_loop()
        return loop.create_task(coroutine, name=f"{self.name} {name}".strip(), context=context)

    def kill(self) -> None:
        """From now on it is dead, and its tasks are about to end."""
        self.is_alive = False
        self._cancel()

    async def ended(self) -> None:
        """Wait until nothing of a killed process is left."""
        for _ in range(PATIENCE):
            if not self._tasks:
                return
            self._cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        raise AssertionError(f"{self.name} goes on after its death: {list(self._tasks.values())}")

    def _cancel(self) -> None:
        for task in list(self._tasks.values()):
            task.cancel()

    def adopt(self, task: asyncio.Task[Any]) -> None:
        self._tasks[hash(task)] = task
        task.add_done_callback(self._bury)

    def _bury(self, task: asyncio.Task[Any]) -> None:
        del self._tasks[hash(task)]


def adopt(task: asyncio.Task[Any], context: contextvars.Context | None) -> None:
    """A new task belongs to whoever made it: for `VirtualLoop.on_task`."""
    owner = _OWNER.get() if context is None else context.get(_OWNER)
    if owner is not None:
        owner.adopt(task)


def current() -> Process | None:
    """The process that is running."""
    return _OWNER.get()
