"""The port `Turns` between processes: a locked file for each name."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from walrus_core.client.state import checked_name
from walrus_core.errors import StorageError

__all__ = ["FileTurns"]

ENDING = ".turn"
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.2
"""Seconds between two looks whether it is one's turn: the system tells nobody."""


class FileTurns:
    """Turns of all who name the same directory, which is made when it is needed, on this machine.

    The system takes back what a dead process held. StorageError if the disk fails it,
    InvalidArgumentError for a name that is not made of letters, digits, - and _.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        return _turn(self._directory / f"{checked_name(name, 'turn')}{ENDING}")


@asynccontextmanager
async def _turn(path: Path) -> AsyncIterator[None]:
    pause = FIRST_PAUSE
    while (held := _try(path)) is None:
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: see `_try`
        os.close(held)


def _try(path: Path) -> int | None:
    """The descriptor of the file, if nobody else has it locked now."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except BlockingIOError:
        pass
    os.close(descriptor)  # another's, or one that its last holder has just removed
    return None
