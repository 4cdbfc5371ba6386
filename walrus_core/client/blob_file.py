"""An open blob for callers without an event loop: an ordinary, seekable, read-only file."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

from walrus_core.errors import WalrusCoreError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.client.loop_thread import LoopThread
    from walrus_core.services.reader import BlobFile

__all__ = ["RawBlobFile"]


class RawBlobFile(io.RawIOBase):
    """See `io.RawIOBase`; wrap it in an `io.BufferedReader`.

    Reading also raises BlobUnavailableError and InconsistentBlobError.
    """

    def __init__(self, file: BlobFile, loop: LoopThread) -> None:
        super().__init__()
        self._file = file
        self._loop = loop

    @property
    def name(self) -> str:
        return str(self._file.blob_id)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        self._require_open()
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._require_open()
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Buffer, /) -> int:
        self._require_open()
        with memoryview(buffer).cast("B") as view:
            content = self._loop.run(self._file.read(view.nbytes))
            view[: len(content)] = content
        return len(content)

    def readall(self) -> bytes:
        self._require_open()
        return self._loop.run(self._file.read())

    def close(self) -> None:
        if not self.closed:
            super().close()
            with contextlib.suppress(WalrusCoreError):  # the client was closed first
                self._loop.run(self._file.close())

    def _require_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")
