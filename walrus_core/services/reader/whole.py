"""A whole blob: just enough slivers, then the blob from them, checked (spec, chapter 1.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from walrus_core import kernel
from walrus_core.codec.files import whole_file
from walrus_core.codec.memory import CHUNK, unnamed_file
from walrus_core.services.reader.spool import FileSpool, MemorySpool
from walrus_core.services.spooling import spooling
from walrus_core.services.tasks import to_the_end

if TYPE_CHECKING:
    from walrus_core.codec.decoder import ConsistencyCheck
    from walrus_core.codec.progress import Progress
    from walrus_core.codec.slivers import VerifiedSliver
    from walrus_core.services.reader.reading import Reading

__all__ = ["WholeBlob"]


class WholeBlob:
    """The way of a whole blob to memory or to a file. Errors as in `Reader`."""

    def __init__(self, reading: Reading, check: ConsistencyCheck, progress: Progress) -> None:
        self._reading = reading
        self._check = check
        self._progress = progress
        self.was_decoded = False

    async def to_memory(self) -> bytes:
        if not self._is_large:
            return await self._from_memory()
        async with self._spooled() as (_, spool):
            return await to_the_end(self._reading.workers.run(spool.content))

    async def to_view(self) -> memoryview:
        """As `to_memory`, but a large blob stays in a file without a name."""
        if not self._is_large:
            return memoryview(await self._from_memory())
        async with self._spooled() as (file, _):
            return memoryview(kernel.FileMapping(file.fileno(), self._reading.size))

    async def to_file(self, path: Path) -> None:
        """It appears at `path` whole or not at all, unless that is a pipe or a device."""
        if path.exists() and not path.is_file():
            async with self._spooled() as (file, _):
                await self._reading.workers.run(_copy, file, path)
            return
        with whole_file(path) as file:
            await self._to_spool(file)

    @asynccontextmanager
    async def _spooled(self) -> AsyncIterator[tuple[BinaryIO, FileSpool]]:
        """The blob in a file without a name. StorageFullError, StorageError: where that is, is no
        business of who reads.
        """
        reading, directory = self._reading, self._reading.roster.options.directory
        with ExitStack() as stack:
            with spooling(reading.n_rows * reading.row_size, directory):
                file = stack.enter_context(unnamed_file(directory))
                spool = await self._to_spool(file)
            yield file, spool

    @property
    def _is_large(self) -> bool:
        reading = self._reading
        return reading.n_rows * reading.row_size > reading.roster.options.spool_from

    async def _from_memory(self) -> bytes:
        spool = MemorySpool(self._reading.metadata)
        await self._gather(spool.keep)
        self.was_decoded = not spool.is_systematic
        return await self._reading.workers.run(spool.content, self._check)

    async def _to_spool(self, file: BinaryIO) -> FileSpool:
        directory = self._reading.roster.options.directory
        spool = FileSpool(self._reading.metadata, file.fileno(), directory)
        await self._gather(spool.keep)
        self.was_decoded = not spool.is_systematic
        await to_the_end(self._reading.workers.run(spool.complete, self._check))
        return spool

    async def _gather(self, keep: Callable[[VerifiedSliver], None]) -> None:
        """Progress is counted in bytes of slivers."""
        size = self._reading.row_size
        self._progress.start(self._reading.n_rows * size)

        def keep_and_count(sliver: VerifiedSliver) -> None:
            keep(sliver)
            self._progress.advance(size)

        await self._reading.gather_enough(keep_and_count)


def _copy(file: BinaryIO, path: Path) -> None:
    file.seek(0)
    with path.open("wb", buffering=0) as stream:
        while chunk := memoryview(file.read(CHUNK)):
            while chunk.nbytes:
                chunk = chunk[stream.write(chunk) :]
