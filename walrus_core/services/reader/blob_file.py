"""An open blob: read from anywhere in it, as from a file."""

from __future__ import annotations

import asyncio
import io
from types import TracebackType
from typing import TYPE_CHECKING, Self

from walrus_core.codec.progress import Progress
from walrus_core.errors import InvalidArgumentError
from walrus_core.types import checked_int

if TYPE_CHECKING:
    from walrus_core.services.reader.rows import Rows
    from walrus_core.services.reader.traffic import Traffic
    from walrus_core.types import BlobId

__all__ = ["BlobFile"]


class BlobFile:
    """Reads one blob, a range at a time; for one task at a time. Close it, or use `async with`.

    When reads follow one another, the next rows are fetched meanwhile.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._at = 0
        self._expected = -1
        self._ahead: asyncio.Task[object] | None = None
        self._is_closed = False

    @property
    def blob_id(self) -> BlobId:
        return self._rows.reading.metadata.blob_id

    @property
    def size(self) -> int:
        """Bytes of the blob."""
        return self._rows.reading.size

    @property
    def traffic(self) -> Traffic:
        """What it took so far."""
        return self._rows.reading.roster.traffic

    @property
    def closed(self) -> bool:
        return self._is_closed

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As a file's: to behind the end, too, where there is nothing to read."""
        self._check_open()
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}
        if whence not in starts:
            raise InvalidArgumentError(f"whence = {whence} is none of 0, 1, 2")
        self._at = checked_int("position", starts[whence] + offset, 0, 2**63 - 1)
        return self._at

    async def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, or as many as are left; all of them if it is negative.

        BlobUnavailableError, InconsistentBlobError.
        """
        self._check_open()
        stop = self.size if size < 0 else min(self._at + size, self.size)
        if stop <= self._at:
            return b""
        in_order = self._at == self._expected
        is_there = self._rows.has(self._rows.covering(self._at, stop))
        if not is_there or (self._ahead and self._ahead.done()):
            await self._arrived(wanted=in_order)
        content = await self._rows.content(self._at, stop, Progress())
        self._at = self._expected = stop
        if in_order and stop < self.size and self._ahead is None:
            self._ahead = asyncio.get_running_loop().create_task(self._fetch_ahead(stop))
        return content

    async def close(self) -> None:
        """Fetch nothing any more; may be called again."""
        self._is_closed = True
        await self._arrived(wanted=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _fetch_ahead(self, start: int) -> None:
        """Rows that the next reads will want, no more than are kept."""
        options = self._rows.reading.roster.options
        stop = min(start + min(options.window, options.cache // 2), self.size)
        await self._rows.fetch(self._rows.covering(start, stop))

    async def _arrived(self, *, wanted: bool) -> None:
        """Let what is fetched ahead come, or go. If it failed, who asks again will know why."""
        if self._ahead is None:
            return
        if not wanted:
            self._ahead.cancel()
        await asyncio.wait([self._ahead])
        if not self._ahead.cancelled():
            self._ahead.exception()
        self._ahead = None

    def _check_open(self) -> None:
        if self._is_closed:
            raise InvalidArgumentError("the blob was closed")
