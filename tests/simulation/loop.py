"""An asyncio event loop on virtual time.

Nothing sleeps: when nothing is ready, time jumps to the next timer. What runs, and in which order,
depends on the program alone: tasks and futures are hashed by their number, so that even sets of
them have an order. There are no threads, sockets or signals; a program that waits for what can
never come is a `StuckError` that says who waits, and where.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import math
from collections.abc import Coroutine
from typing import Any, TypeVar

from simulation.processes import adopt

T = TypeVar("T")

EPOCH = 1000.0
"""Virtual seconds on the clock at the start."""

MOST_STEPS_AT_ONCE = 200_000
"""Rounds of the loop without any time passing, after which it is taken for endless."""


class StuckError(AssertionError):
    """Nobody can go on: each waits for another, or runs in circles without time passing."""


class NumberedFuture(asyncio.Future):
    """Hashed by its number, not by its place in memory."""

    def __init__(self, number: int, loop: VirtualLoop) -> None:
        self._number = number
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._number


class NumberedTask(asyncio.Task):
    """Hashed by its number, not by its place in memory."""

    def __init__(self, number: int, *arguments: Any, **options: Any) -> None:
        self._number = number
        super().__init__(*arguments, **options)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.BaseEventLoop):
    """See the module's docstring. `latest` is the time at which a program has run for too long."""

    def __init__(self, latest: float = EPOCH + 1e7) -> None:
        super().__init__()
        self._now = EPOCH
        self._latest = latest
        self._steps_now = 0
        self._numbers = itertools.count(1)
        self._selector = self  # who is asked to wait
        self.set_task_factory(self._numbered_task)

    def time(self) -> float:
        return self._now

    @property
    def _clock_resolution(self) -> float:
        """How much early a timer may go off: so that only those whose time has come do."""
        return math.ulp(self._now)

    @_clock_resolution.setter
    def _clock_resolution(self, _: float) -> None:
        """The base class knows that of the real clock."""

    def select(self, timeout: float | None) -> list[Any]:
        """Wait for `timeout` seconds, which costs nothing; without end if None."""
        if timeout is None:
            raise StuckError(f"nobody can go on; these wait:\n{self.waiting()}")
        if timeout > 0:
            self._now = self._scheduled[0].when()  # adding might end a hair's breadth before
            self._steps_now = 0
        self._steps_now += 1
        if self._steps_now > MOST_STEPS_AT_ONCE or self._now > self._latest:
            raise StuckError(f"no end in sight at {self._now:.3f}; these wait:\n{self.waiting()}")
        return []

    def waiting(self) -> str:
        """Each task that is not done, with the place where it waits."""
        tasks = sorted(asyncio.all_tasks(self), key=hash)
        return "\n".join(f"  {task.get_name()}: {_place(task)}" for task in tasks)

    def create_future(self) -> NumberedFuture:
        return NumberedFuture(next(self._numbers), self)

    def _numbered_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T], **options: Any
    ) -> NumberedTask:
        task = NumberedTask(next(self._numbers), coroutine, loop=loop, **options)
        adopt(task, options.get("context"))
        return task

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no sockets."""

    def _write_to_self(self) -> None:
        """There are no other threads."""

    def run_in_executor(self, executor: Any, function: Any, *_: Any) -> Any:  # noqa: ARG002
        raise AssertionError(f"{function} was to run in a thread; a simulation has none")


def _place(task: asyncio.Task[Any]) -> str:
    """The innermost frames of a task that waits."""
    frames = []
    coroutine: Any = task.get_coro()
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None:
            frames.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return " > ".join(frames) or repr(task)


def run(main: Coroutine[Any, Any, T], latest: float = EPOCH + 1e7) -> T:
    """Run a program on virtual time, and end whatever it leaves behind.

    Garbage is left lying: when it would be collected depends on what ran before, and collecting a
    generator runs code.
    """
    loop = VirtualLoop(latest)
    gc.disable()
    try:
        return loop.run_until_complete(main)
    finally:
        _end(loop)
        gc.enable()


def _end(loop: VirtualLoop) -> None:
    left = sorted(asyncio.all_tasks(loop), key=hash)
    for task in left:
        task.cancel()
    try:
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
