"""The padded blob from just enough slivers: in memory at once, or in windows into a file.

The codewords of k primary slivers are the columns of the source matrix, those of secondary slivers
its rows. Either way some codewords in a row are a piece of every sliver: a window.

    reading thread    [ pieces 0 ][ pieces 1 ][ pieces 2 ] ...
    kernel thread                 [ decode 0 ][ decode 1 ] ...
    caller's                                  [ write 0  ] ...
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from walrus_core import kernel
from walrus_core.codec.files import write_at
from walrus_core.codec.pipeline import in_turns, kernel_thread, reading_thread
from walrus_core.codec.sources import brought_in
from walrus_core.errors import OperationCancelledError
from walrus_core.types import Axis

if TYPE_CHECKING:
    from walrus_core.codec.memory import ByteArray
    from walrus_core.codec.metadata import VerifiedMetadata
    from walrus_core.codec.progress import Progress
    from walrus_core.codec.slivers import Sliver

WINDOW = 32 << 20
"""Bytes of a window: two as pieces of slivers and two as pieces of rows lie in memory at once."""

CODEWORDS_PER_UNIT = 8
"""What one thread takes at a time, at least."""

MAX_CODEWORDS = 4096
"""In a window; the kernel's codes fit in its field for any number of shards with so many."""


class Reconstruction:
    """k slivers of one axis on their way to the k1 * k2 symbols they come from."""

    def __init__(
        self,
        metadata: VerifiedMetadata,
        slivers: list[Sliver],
        threads: int,
        cancel: kernel.CancelToken | None,
        progress: Progress,
    ) -> None:
        config = metadata.config
        self._slivers = slivers
        self._threads = threads
        self._cancel = cancel or kernel.CancelToken()
        self._progress = progress
        self._axis = slivers[0].axis
        self._n_shards = config.n_shards
        self._k1 = config.n_primary_source_symbols
        self._k2 = config.n_secondary_source_symbols
        self._symbol_size = metadata.symbol_size
        self._n_codewords = config.n_sliver_symbols(self._axis)
        self._codeword_size = config.n_slivers_needed(self._axis) * self._symbol_size
        self._row_size = self._k2 * self._symbol_size

    def to_memory(self, padded_blob: memoryview) -> None:
        """Fill k1*k2*s bytes."""
        slivers = [sliver.data for sliver in self._slivers]
        self._decode(
            slivers, self._k1, self._k2, padded_blob, self._progress.stage(padded_blob.nbytes)
        )

    def to_file(self, descriptor: int) -> None:
        """Write k1*k2*s bytes to an empty file."""
        width = self._window_width()
        size = width * self._codeword_size
        starts = range(0, self._n_codewords, width)
        with reading_thread() as reader, kernel_thread(self._cancel) as thread:
            pieces = in_turns(reader, (partial(self._read, at, width) for at in starts), size)
            windows = (partial(self._decode_window, at, pieces) for at in starts)
            for offset, rows in in_turns(thread, windows, size):
                for number, row in enumerate(rows):
                    if self._cancel.cancelled:  # a slow disk takes long for a window
                        raise OperationCancelledError()
                    write_at(descriptor, offset + number * self._row_size, row.data)
                self._progress.advance(rows.nbytes)

    def _window_width(self) -> int:
        """Codewords in a window: if that is possible, whole units of work for threads."""
        width = min(WINDOW // self._codeword_size, MAX_CODEWORDS)
        if width > CODEWORDS_PER_UNIT:
            width -= width % CODEWORDS_PER_UNIT
        return max(1, min(width, self._n_codewords))

    def _read(self, first: int, count: int, memory: ByteArray) -> list[memoryview]:
        """What each sliver holds of `count` codewords from `first` on, or of what is left."""
        start = first * self._symbol_size
        size = min(count, self._n_codewords - first) * self._symbol_size
        rooms = memory[: len(self._slivers) * size].reshape(-1, size)
        return [
            brought_in(sliver.data[start : start + size], room.data)
            for sliver, room in zip(self._slivers, rooms, strict=True)
        ]

    def _decode_window(
        self, first: int, pieces: Iterator[list[memoryview]], memory: ByteArray
    ) -> tuple[int, ByteArray]:
        """Codewords from `first` on: where in the blob their bytes begin, and these by rows."""
        s = self._symbol_size
        slivers = next(pieces)
        count = slivers[0].nbytes // s
        primary = self._axis is Axis.PRIMARY
        n_rows, n_columns = (self._k1, count) if primary else (count, self._k2)
        rows = memory[: n_rows * n_columns * s].reshape(n_rows, -1)
        self._decode(slivers, n_rows, n_columns, rows.data)
        return first * (s if primary else self._row_size), rows

    def _decode(
        self,
        slivers: list[memoryview],
        n_rows: int,
        n_columns: int,
        matrix: memoryview,
        progress: kernel.Progress | None = None,
    ) -> None:
        kernel.reconstruct(
            slivers,
            [sliver.index for sliver in self._slivers],
            self._axis.number,
            self._n_shards,
            n_rows,
            n_columns,
            self._symbol_size,
            matrix,
            self._threads,
            self._cancel,
            progress,
        )
