"""The reader: blobs from storage nodes of which a third may be dead or lying."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from walrus_core.codec.files import whole_file, write_all
from walrus_core.codec.progress import Progress
from walrus_core.errors import (
    BlobNotFoundError,
    BlobUnavailableError,
    InvalidRangeError,
)
from walrus_core.services.reader.blob_file import BlobFile
from walrus_core.services.reader.committees import Directory
from walrus_core.services.reader.metadata import MetadataSearch
from walrus_core.services.reader.options import ReadOptions
from walrus_core.services.reader.reading import Reading
from walrus_core.services.reader.rows import Rows
from walrus_core.services.reader.status import ask_status
from walrus_core.services.reader.traffic import ReadOutcome, Traffic
from walrus_core.services.reader.whole import WholeBlob
from walrus_core.services.tasks import to_the_end

if TYPE_CHECKING:
    from walrus_core.codec.decoder import ConsistencyCheck
    from walrus_core.codec.metadata import VerifiedMetadata
    from walrus_core.services.node_api import BlobStatus, Peers
    from walrus_core.services.ports import ChainReader, Workers
    from walrus_core.types import BlobId

__all__ = ["Reader"]

T = TypeVar("T")


class Reader:
    """Reads blobs, as often as one likes, several at once.

    Every method raises ChainUnavailableError if the committee cannot be looked up. Those that read
    raise BlobNotFoundError if nodes that hold more than f shards say that there is no such blob and
    nobody proves the contrary, BlobUnavailableError if too few can be asked now, and
    InconsistentBlobError if there is no one blob that the ID commits to.

    `check` is what `codec.decode` does about inconsistent blobs. `start` and `end` are the first
    and the last byte wanted, as in HTTP; InvalidRangeError if they do not lie within the blob.
    """

    def __init__(
        self,
        chain: ChainReader,
        peers: Peers,
        workers: Workers,
        chance: random.Random,
        options: ReadOptions | None = None,
    ) -> None:
        self._workers = workers
        self._directory = Directory(chain, peers, chance, options or ReadOptions())

    async def status(self, blob_id: BlobId) -> BlobStatus:
        """What the chain says of a blob, as far as nodes that hold more than f shards agree on it.

        Of kind "nonexistent" if it is not registered. BlobUnavailableError.
        """
        return await ask_status(await self._directory.present(Traffic()), blob_id)

    async def metadata(self, blob_id: BlobId) -> VerifiedMetadata:
        """The hashes of a blob's slivers, and its size."""

        async def metadata(reading: Reading) -> VerifiedMetadata:
            return reading.metadata

        return await self._read(blob_id, metadata)

    async def read(
        self,
        blob_id: BlobId,
        start: int = 0,
        end: int | None = None,
        *,
        check: ConsistencyCheck = "default",
        progress: Progress | None = None,
    ) -> ReadOutcome:
        """The blob, or a range of it, in the outcome's `content`.

        Of a range only the slivers that it lies in are fetched, each of which is checked, unless
        the check is strict. `progress` counts bytes.
        """
        counted = progress or Progress()

        async def read(reading: Reading) -> ReadOutcome:
            first, stop = _range(reading, start, end)
            if stop - first < reading.size:
                rows = await self._checked_rows(reading, check)
                content = await rows.content(first, stop, counted)
                return _outcome(reading, len(content), content, was_decoded=rows.was_decoded)
            blob = WholeBlob(reading, check, counted)
            content = await blob.to_memory()
            return _outcome(reading, len(content), content, was_decoded=blob.was_decoded)

        return await self._read(blob_id, read)

    async def read_to_file(
        self,
        blob_id: BlobId,
        path: Path,
        start: int = 0,
        end: int | None = None,
        *,
        check: ConsistencyCheck = "default",
        progress: Progress | None = None,
    ) -> ReadOutcome:
        """Let the blob, or a range of it, appear at `path`, whole or not at all; in little memory.

        Otherwise as `read`, but `content` is empty; and OSError, for trouble with the file.
        """
        counted = progress or Progress()

        async def read(reading: Reading) -> ReadOutcome:
            first, stop = _range(reading, start, end)
            if stop - first < reading.size:
                rows = await self._checked_rows(reading, check)
                return await self._range_to_file(rows, first, stop, path, counted)
            blob = WholeBlob(reading, check, counted)
            await blob.to_file(path)
            return _outcome(reading, reading.size, was_decoded=blob.was_decoded)

        return await self._read(blob_id, read)

    async def stream(
        self, blob_id: BlobId, start: int = 0, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The blob, or a range of it, in pieces of one sliver, in order, each of them verified."""
        _, found = await self.open_stream(blob_id, start, end)
        async with aclosing(found) as pieces:
            async for piece in pieces:
                yield bytes(piece)

    async def open_stream(
        self,
        blob_id: BlobId,
        start: int = 0,
        end: int | None = None,
        *,
        check: ConsistencyCheck = "default",
    ) -> tuple[int, AsyncGenerator[memoryview, None]]:
        """Bytes of the whole blob, and what `stream` gives, without a copy; close it.

        A strict check is made of the blob as a whole before the first piece.
        """

        async def found(reading: Reading) -> tuple[int, AsyncGenerator[memoryview, None]]:
            first, stop = _range(reading, start, end)
            rows = await self._checked_rows(reading, check)
            return reading.size, rows.stream(first, stop)

        return await self._read(blob_id, found)

    async def open(self, blob_id: BlobId) -> BlobFile:
        """The blob as a file to be read from anywhere in it."""

        async def rows(reading: Reading) -> Rows:
            return Rows(reading, self._renewed)

        return BlobFile(await self._read(blob_id, rows))

    async def _range_to_file(
        self, rows: Rows, start: int, stop: int, path: Path, progress: Progress
    ) -> ReadOutcome:
        progress.start(stop - start)
        with whole_file(path) as file:
            async with aclosing(rows.stream(start, stop)) as pieces:
                async for piece in pieces:
                    await to_the_end(self._workers.run(write_all, file.fileno(), [piece]))
                    progress.advance(piece.nbytes)
        return _outcome(rows.reading, stop - start, was_decoded=rows.was_decoded)

    async def _checked_rows(self, reading: Reading, check: ConsistencyCheck) -> Rows:
        """Rows are checked one by one, unless the check is of the blob as a whole."""
        rows = Rows(reading, self._renewed)
        if check == "strict":
            await rows.fetch_whole(check)
        return rows

    async def _read(self, blob_id: BlobId, work: Callable[[Reading], Awaitable[T]]) -> T:
        """What `work` makes of the blob, with the first committee that has it."""
        traffic = Traffic()
        committees = await self._directory.committees()
        while True:
            failures: list[BlobNotFoundError | BlobUnavailableError] = []
            for roster in await self._directory.rosters(committees, blob_id, traffic):
                try:
                    metadata = await MetadataSearch(roster, self._workers, blob_id).run()
                    return await work(Reading(roster, metadata, self._workers))
                except (BlobNotFoundError, BlobUnavailableError) as error:
                    failures.append(error)
            latest = await self._directory.changed(committees)
            if latest is None:
                # It is there for all we know, unless every committee says that it is not.
                there = [each for each in failures if isinstance(each, BlobUnavailableError)]
                raise (there or failures)[0]
            committees = latest

    async def _renewed(self, reading: Reading) -> Reading | None:
        """The same blob from those who hold it now, if the epoch has moved on."""
        roster = reading.roster
        committees = await self._directory.changed(roster.committees)
        if committees is None:
            return None
        blob_id = reading.metadata.blob_id
        best, *_ = await self._directory.rosters(committees, blob_id, roster.traffic)
        return Reading(best, reading.metadata, self._workers)


def _range(reading: Reading, start: int, end: int | None) -> tuple[int, int]:
    """From the first byte to behind the last. InvalidRangeError."""
    size = reading.size
    last = size - 1 if end is None else end
    if start == 0 and end is None:
        return 0, size
    if not 0 <= start <= last < size:
        raise InvalidRangeError(start, last, size)
    return start, last + 1


def _outcome(
    reading: Reading, size: int, content: bytes = b"", *, was_decoded: bool
) -> ReadOutcome:
    traffic = reading.roster.traffic
    return ReadOutcome(
        reading.metadata.blob_id,
        size,
        traffic.received,
        traffic.recovered,
        was_decoded,
        dict(traffic.faults),
        content,
    )
