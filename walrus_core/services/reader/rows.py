"""Source rows of one blob, in whatever order: what ranges, streams and open files are made of.

A row is a primary sliver, and the rows after one another are the padded blob (spec, chapter 1.2).
One that its holder does not give is recovered from symbols; when that would move more bytes than
the whole blob, the blob is read instead.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeAlias

from walrus_core import kernel
from walrus_core.codec.progress import Progress
from walrus_core.errors import BlobUnavailableError
from walrus_core.services.reader.roster import Standing
from walrus_core.services.reader.whole import WholeBlob
from walrus_core.services.tasks import Tasks

if TYPE_CHECKING:
    from walrus_core.codec.decoder import ConsistencyCheck
    from walrus_core.codec.slivers import VerifiedSliver
    from walrus_core.services.reader.reading import Reading

__all__ = ["Rows"]

Renewal: TypeAlias = "Callable[[Reading], Awaitable[Reading | None]]"


class Rows:
    """Verified rows of a blob; those used last are kept, up to `cache` bytes but one at least."""

    def __init__(self, reading: Reading, renew: Renewal) -> None:
        """`renew` gives another reading of the blob if other nodes should be asked now."""
        self.reading = reading
        self._renew = renew
        self._kept: OrderedDict[int, memoryview] = OrderedDict()
        self._whole: memoryview | None = None

    @property
    def was_decoded(self) -> bool:
        """Whether the blob had to be read as a whole."""
        return self._whole is not None

    def covering(self, start: int, stop: int) -> range:
        """The rows that bytes `start` to `stop` (exclusive) of the blob lie in."""
        size = self.reading.row_size
        return range(start // size, -(-stop // size))

    async def content(self, start: int, stop: int, progress: Progress) -> bytes:
        """Bytes `start` to `stop` (exclusive), which lie within the blob.

        `progress` counts them. BlobUnavailableError, InconsistentBlobError.
        """
        progress.start(stop - start)
        buffer = kernel.BytesBuffer(stop - start)
        with memoryview(buffer) as view:
            at = 0
            async with aclosing(self.stream(start, stop)) as pieces:
                async for piece in pieces:
                    view[at : at + piece.nbytes] = piece
                    at += piece.nbytes
                    progress.advance(piece.nbytes)
        return buffer.finish()

    async def stream(self, start: int, stop: int) -> AsyncGenerator[memoryview, None]:
        """The same in pieces, in order; the next ones are on their way meanwhile."""
        size = self.reading.row_size
        rows = self.covering(start, stop)
        width = max(self.reading.roster.options.window // size, 1)
        async with Tasks() as tasks:
            ahead = tasks.start(self.fetch(rows[:width]))
            while rows:
                window, rows, found = rows[:width], rows[width:], await ahead
                ahead = tasks.start(self.fetch(rows[:width]))
                for row in window:
                    first = row * size
                    yield found[row][max(start - first, 0) : min(stop - first, size)]

    def has(self, rows: Sequence[int]) -> bool:
        """Whether `fetch` would not have to ask anybody."""
        return self._whole is not None or all(row in self._kept for row in rows)

    async def fetch(self, rows: Sequence[int]) -> dict[int, memoryview]:
        """These rows. Errors as `content`."""
        if self._whole is not None:
            return self._of_whole(self._whole, rows)
        found = {row: self._kept[row] for row in rows if row in self._kept}
        missing = [row for row in rows if row not in found]
        if missing:
            try:
                found |= await self._fetch_missing(missing)
            except BlobUnavailableError:
                if (reading := await self._renew(self.reading)) is None:
                    raise
                self.reading = reading
                found |= await self._fetch_missing(missing)
        self._keep(found)
        return found

    def _keep(self, found: dict[int, memoryview]) -> None:
        for row, data in found.items():
            self._kept[row] = data
            self._kept.move_to_end(row)
        most = max(self.reading.roster.options.cache // self.reading.row_size, 1)
        while len(self._kept) > most:
            self._kept.popitem(last=False)

    async def _fetch_missing(self, rows: list[int]) -> dict[int, memoryview]:
        """From their holders if these are of help, else from others, else from their holders
        however slow they are.
        """
        found: dict[int, memoryview] = {}

        def keep(sliver: VerifiedSliver) -> None:
            found[sliver.index] = sliver.data

        await self.reading.gather_rows(self._promising(rows), keep, patient=False)
        if missing := [row for row in rows if row not in found]:
            try:
                found |= await self._from_others(missing)
            except BlobUnavailableError:
                await self.reading.gather_rows(missing, keep, patient=True)
                if not all(row in found for row in rows):
                    raise
        return found

    def _promising(self, rows: list[int]) -> list[int]:
        """Rows whose holders have been of help so far."""
        roster, blob_id = self.reading.roster, self.reading.metadata.blob_id
        return [
            row
            for row in rows
            if roster.standing(roster.committee.holder_of_pair(blob_id, row)) is Standing.GOOD
        ]

    async def _from_others(self, rows: list[int]) -> dict[int, memoryview]:
        """What the holders of these rows do not give, by the way that takes fewer bytes."""
        reading = self.reading
        if reading.recovery_cost(len(rows)) > reading.n_rows * reading.row_size:
            return self._of_whole(await self.fetch_whole("default"), rows)
        try:
            recovered = await reading.recover_rows(rows)
        except BlobUnavailableError:  # it takes more shards than the blob does
            return self._of_whole(await self.fetch_whole("default"), rows)
        return {sliver.index: sliver.data for sliver in recovered}

    async def fetch_whole(self, check: ConsistencyCheck) -> memoryview:
        """The blob, which is kept from now on. Errors as `content`."""
        if self._whole is None:
            self._whole = await WholeBlob(self.reading, check, Progress()).to_view()
        return self._whole

    def _of_whole(self, blob: memoryview, rows: Sequence[int]) -> dict[int, memoryview]:
        size = self.reading.row_size
        return {row: blob[row * size : (row + 1) * size] for row in rows}
