"""The bytes of an upload on their way to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from walrus_core.services.tasks import to_the_end

if TYPE_CHECKING:
    from walrus_core.services.ports import Workers
    from walrus_core.services.uploads.session import Session

__all__ = ["Receiver"]

BATCH = 1 << 20
"""Bytes that are written at once, at least: small pieces wait for each other."""


class Receiver:
    """Takes the bytes of one session, in order, from what is committed on; `finish` it.

    While what came is made durable, after each `window` bytes, more may come; `on_commit` is called
    when that is done. What goes wrong with the disk is raised by whichever method is called next:
    StorageFullError, StorageError.
    """

    def __init__(
        self, session: Session, workers: Workers, window: int, on_commit: Callable[[], None]
    ) -> None:
        self._session = session
        self._on_commit = on_commit
        self._workers = workers
        self._window = window
        self._batch = min(BATCH, window)
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._written = session.upload.committed
        self._begun = self._written
        self._commit: asyncio.Task[None] | None = None

    @property
    def received(self) -> int:
        """Bytes of the blob that are here, wherever they are."""
        return self._written + self._waiting_size

    async def add(self, piece: bytes) -> None:
        """The next bytes."""
        self._waiting.append(piece)
        self._waiting_size += len(piece)
        if self._waiting_size >= self._batch:
            await self._write()
            if self._written - self._begun >= self._window:
                await self._committed()
                self._begun = self._written
                self._commit = asyncio.create_task(self._run_commit(self._written))

    def check(self) -> None:
        """Raise what went wrong with the commit that ended last."""
        if self._commit is not None and self._commit.done():
            self._commit.result()

    async def finish(self) -> None:
        """Let all that came be durable. Whoever is cancelled meanwhile goes on until it is."""
        await to_the_end(self._finish())

    async def _finish(self) -> None:
        try:
            await self._write()
        finally:  # what was written before counts
            await self._committed()
        if self._written > self._session.upload.committed:
            await self._run_commit(self._written)

    async def _write(self) -> None:
        parts, size = self._waiting, self._waiting_size
        if parts:
            # The thread uses the session's file: it must not be closed before that has ended.
            await to_the_end(self._workers.run(self._session.write, self._written, parts))
            self._waiting, self._waiting_size = [], 0
            self._written += size

    async def _committed(self) -> None:
        """Wait for the commit that runs."""
        if self._commit is not None:
            commit, self._commit = self._commit, None
            await to_the_end(_result(commit))

    async def _run_commit(self, offset: int) -> None:
        try:
            await self._workers.run(self._session.commit, offset)
        finally:
            self._on_commit()


async def _result(task: asyncio.Task[None]) -> None:
    await task
