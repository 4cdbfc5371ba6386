"""How long a process lives that serves: until its work ends, or a signal says that it shall."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["ended", "live_until_signal"]


async def live_until_signal(
    life: Coroutine[Any, Any, None], name: str, on_signal: Callable[[], object] = lambda: None
) -> None:
    """Do `life`, as a task of this name; SIGINT and SIGTERM cancel it, and are waited for: what it
    then still has to do is done when this returns. Raises what it raises. For the main thread.
    """
    told = asyncio.Event()
    for reason in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(reason, told.set)
    living = asyncio.create_task(life, name=name)
    end = asyncio.create_task(told.wait(), name="signals")
    await asyncio.wait([living, end], return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    if living.cancel():
        on_signal()
    with contextlib.suppress(asyncio.CancelledError):
        await living


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel a part of a process, and wait until it has ended, however it does."""
    task.cancel()
    await asyncio.wait([task])
