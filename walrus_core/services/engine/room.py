"""Where input rests until all of it is there: little in memory, much in a file without a name.

Its room is taken at once, so that what is accepted also fits; nothing is held twice.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from walrus_core import kernel
from walrus_core.codec.files import write_at
from walrus_core.codec.memory import reserve, unnamed_file
from walrus_core.errors import OutOfMemoryError
from walrus_core.services.engine.pool import Pool
from walrus_core.services.spooling import spooling
from walrus_core.services.tasks import settled

__all__ = ["Room", "room_for"]

WRITTEN_AT_ONCE = 4 << 20
"""Bytes that wait while as many are written."""


class Room(Protocol):
    """So many bytes, each to be written once."""

    async def write(self, offset: int, data: bytes) -> None: ...

    async def finish(self) -> memoryview:
        """All of them; nobody changes them any more. Once."""
        ...


@asynccontextmanager
async def room_for(
    size: int, pool: Pool, in_memory: int, directory: Path | None = None
) -> AsyncIterator[Room]:
    """Room for `size` bytes, in memory if they are at most `in_memory`, else in a file in
    `directory`. They are not counted here: its user knows what else it needs. StorageFullError,
    OutOfMemoryError.
    """
    if size <= in_memory:
        yield _Memory(size)
        return
    file = await pool.aside(_reserved, size, directory)
    spool = _Spool(file, size, pool, directory)
    try:
        yield spool
    finally:
        await spool.close()


class _Memory:
    def __init__(self, size: int) -> None:
        try:
            self._buffer = kernel.BytesBuffer(size)
        except MemoryError:
            raise OutOfMemoryError(size) from None
        self._view = memoryview(self._buffer)

    async def write(self, offset: int, data: bytes) -> None:
        self._view[offset : offset + len(data)] = data

    async def finish(self) -> memoryview:
        self._view.release()
        return memoryview(self._buffer.finish())


class _Spool:
    """Written to by a thread while more is received."""

    def __init__(self, file: BinaryIO, size: int, pool: Pool, directory: Path | None) -> None:
        self._file = file
        self._directory = directory
        self._size = size
        self._pool = pool
        self._waiting: list[tuple[int, bytes]] = []
        self._waiting_bytes = 0
        self._writing: asyncio.Task[None] | None = None

    async def write(self, offset: int, data: bytes) -> None:
        self._waiting.append((offset, data))
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= WRITTEN_AT_ONCE:
            await self._written()
            self._begin()

    async def finish(self) -> memoryview:
        await self._written()
        self._begin()
        await self._written()
        return memoryview(kernel.FileMapping(self._file.fileno(), self._size))

    async def close(self) -> None:
        """The file goes when its mapping, if there is one, is used no more."""
        if self._writing is not None:
            await settled(self._writing)
            self._writing = None
        self._file.close()

    def _begin(self) -> None:
        work = self._pool.aside(_write, self._file, self._size, self._waiting, self._directory)
        self._writing = asyncio.create_task(work)
        self._waiting, self._waiting_bytes = [], 0

    async def _written(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)
            self._writing = None


def _reserved(size: int, directory: Path | None) -> BinaryIO:
    """A file that has room for so many bytes."""
    with spooling(size, directory), unnamed_file(directory) as file:
        reserve(file.fileno(), size)
        return os.fdopen(os.dup(file.fileno()), "r+b", buffering=0)


def _write(
    file: BinaryIO, size: int, parts: list[tuple[int, bytes]], directory: Path | None
) -> None:
    with spooling(size, directory):
        for offset, data in parts:
            write_at(file.fileno(), offset, memoryview(data))
