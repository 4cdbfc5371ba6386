"""Reading what items hold, from wherever it rests, checked."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from walrus_core.errors import DamagedStoreError
from walrus_core.storage.backing import Files
from walrus_core.storage.catalogue import Catalogue
from walrus_core.storage.entries import BLOCK, Head, file_name

STRIDE = 64 * BLOCK
"""Bytes in memory at a time while all of a sliver is checked."""


class DamagedItem(Exception):  # noqa: N818 (never leaves the store)
    """An item's content is not what was stored."""


class Contents:
    """The contents of items: in the index, or in files."""

    def __init__(self, catalogue: Catalogue, files: Files) -> None:
        self._catalogue = catalogue
        self._files = files

    def read(self, item: bytes, head: Head, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop`, or as many as there are. DamagedItem."""
        stop = min(stop, head.size)
        if start >= stop:
            return b""
        low, high = head.span(start, stop)
        content = self._blocks(item, head, low, high)
        if fault := head.fault(low, content, high - low):
            raise DamagedItem(fault)
        whole = (low, high) == (start, stop)
        return content if whole else content[start - low : stop - low]

    def check(self, item: bytes, head: Head) -> None:
        """Read all of it. DamagedItem."""
        for start in range(0, head.size, STRIDE):
            self.read(item, head, start, start + STRIDE)

    def check_file(self, item: bytes, head: Head) -> None:
        """See that an item's file is there in full length, without reading it. DamagedItem."""
        if head.file is None:
            return
        size = self._files.size(file_name(item, head.file))
        if size is None:
            raise DamagedItem("its file is missing")
        if size != head.size:
            raise DamagedItem(f"its file has {size:,} bytes where {head.size:,} were stored")

    def fault(self, item: bytes, head: Head) -> str | None:
        """What is wrong with an item, if anything: its file's length, or what it holds."""
        try:
            self.check_file(item, head)
            self.check(item, head)
        except DamagedItem as damage:
            return str(damage)
        return None

    def remove_files(self, heads: Iterable[tuple[bytes, Head]]) -> None:
        """Remove the files of items whose removal from the index is on disk already."""
        self._files.remove(
            file_name(item, head.file) for item, head in heads if head.file is not None
        )

    def _blocks(self, item: bytes, head: Head, low: int, high: int) -> bytes:
        if head.file is None:
            try:
                (content,) = self._catalogue.content([item])
            except DamagedStoreError as error:
                raise DamagedItem(f"the index cannot read it: {error}") from error
            if content is None:
                raise DamagedItem("its content is missing")
            return content if high - low == len(content) else content[low:high]
        try:
            return self._files.read(file_name(item, head.file), low, high)
        except FileNotFoundError:
            raise DamagedItem("its file is missing") from None
        except OSError as error:
            if error.errno != errno.EIO:
                raise  # the system's trouble, such as too many open files, not the sliver's
            raise DamagedItem("the disk cannot read it") from error
