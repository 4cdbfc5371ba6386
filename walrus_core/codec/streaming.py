"""Encoding in bounded memory: slivers leave in pieces while the next ones are computed.

    time ->        rows        columns 0..k2-1, in windows              columns k2..n-1
    kernel thread  [ extend  ][ window 0 ][ window 1 ][ window 2 ] ... [ hash           ]
    caller's       [ source rows         ][ window 0 ][ window 1 ] ... [ repair columns ]

A window is some columns: as secondary slivers whole, and as pieces of the primary slivers k1..n-1.
Two windows lie in memory. Source rows are primary slivers as they stand in the blob; the extension
of the rows, half the blob, is secondary slivers k2..n-1 as it stands in a temporary file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeAlias

from walrus_core import kernel
from walrus_core.codec.config import DEFAULT_SHARDS, EncodingConfig
from walrus_core.codec.encoder import repair_columns_size, window_encoder
from walrus_core.codec.memory import let_go, work_space
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.pipeline import LARGEST_WINDOW, in_turns, kernel_thread
from walrus_core.codec.progress import Progress
from walrus_core.codec.sources import opened_blob, will_read
from walrus_core.codec.threads import thread_count
from walrus_core.errors import OperationCancelledError
from walrus_core.types import Axis

if TYPE_CHECKING:
    from walrus_core.codec.memory import ByteArray
    from walrus_core.codec.sinks import SliverSink
    from walrus_core.codec.sources import BlobSource

    Job: TypeAlias = Callable[[ByteArray], "Window | bytes"]

WIDE_WINDOW = 64 << 20
"""Bytes of a window that holds at least eight columns; others are larger, for columns to share."""

FRUGAL_WINDOW = 16 << 20
"""Bytes of a window where memory matters more than time, and of the largest work in memory."""

LETTING_GO = 0.005
"""Seconds between two times that what was read of a file is let go, where memory matters."""

CHUNK_COLUMNS = 8
"""Narrow windows never straddle a multiple of so many columns."""

ZEROS = memoryview(bytes(1 << 20))
"""Padding, a piece at a time."""


def encode_into(
    source: BlobSource,
    sink: SliverSink,
    n_shards: int = DEFAULT_SHARDS,
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
    progress: Progress | None = None,
    *,
    frugal: bool = False,
) -> VerifiedMetadata:
    """Encode a blob of any size into `sink`, piece by piece, in bounded memory.

    `source`: a buffer, the path of a file, or a binary file object; it must not change during the
    call. Files are mapped, and a temporary file of half the blob's size is used when the blob is
    large, so that anonymous memory stays below 512 MiB at 1000 shards. The sink is called from this
    thread, and never again after an error but for `abandon`.

    `frugal`: smaller windows, a temporary file sooner, and pages of files are let go as soon as
    they were read: a 256 MiB file at 1000 shards takes less than its size, mapped pages included.

    `progress` counts bytes that the sink has taken. An error or Ctrl-C triggers `cancel`. Errors as
    in `encode`, OSError of the temporary file, and whatever the sink raises.
    """
    config = EncodingConfig(n_shards)
    n_threads = thread_count(threads)
    try:
        with opened_blob(source, config.max_blob_size) as blob:
            sink.begin(config, blob.nbytes)
            pair_hashes = _Stream(
                blob,
                config,
                sink,
                n_threads,
                cancel or kernel.CancelToken(),
                progress or Progress(),
                frugal=frugal,
            ).run()
        metadata = VerifiedMetadata.of(blob.nbytes, pair_hashes)
        sink.finish(metadata)
    except BaseException:
        sink.abandon()
        raise
    return metadata


@dataclass(frozen=True, slots=True)
class Window:
    """Columns from `first` on, as many as `secondary` has, all below k2.

    `primary_repair`: (n-k1, bytes that these columns have in a row); `secondary`: (columns, k1*s).
    """

    first: int
    primary_repair: ByteArray
    secondary: ByteArray


class _Stream:
    """One blob on its way into one sink."""

    def __init__(
        self,
        blob: memoryview,
        config: EncodingConfig,
        sink: SliverSink,
        threads: int,
        cancel: kernel.CancelToken,
        progress: Progress,
        *,
        frugal: bool,
    ) -> None:
        self._blob = blob
        self._frugal = frugal
        self._sink = sink
        self._threads = threads
        self._cancel = cancel
        self._progress = progress
        self._n = config.n_shards
        self._k1 = config.n_primary_source_symbols
        self._k2 = config.n_secondary_source_symbols
        self._symbol_size = config.symbol_size(blob.nbytes)
        self._row_size = config.sliver_size(Axis.PRIMARY, blob.nbytes)
        self._column_size = config.sliver_size(Axis.SECONDARY, blob.nbytes)
        self._repair_columns = work_space(
            repair_columns_size(config, blob.nbytes),
            sink.work_directory,
            FRUGAL_WINDOW if frugal else None,
        )
        self._encoder = window_encoder(blob, config, self._repair_columns)
        self._unit = self._encoder.columns_per_unit
        window = FRUGAL_WINDOW if frugal else WIDE_WINDOW
        self._width = window_width(self._n * self._symbol_size, self._unit, window)
        progress.start(self._n * (self._row_size + self._column_size))

    def run(self) -> bytes:
        """Write all slivers; the sliver pair hashes."""
        window_size = self._n * min(self._width, self._k2) * self._symbol_size
        with self._letting_go(), kernel_thread(self._cancel) as thread:
            meanwhile = self._write_whole_slivers(
                thread.submit(self._encoder.extend_rows, self._threads, self._cancel)
            )
            for outcome in in_turns(thread, self._jobs(), window_size, meanwhile):
                if isinstance(outcome, Window):
                    self._write_window(outcome)
                else:
                    pair_hashes = outcome
            for _ in meanwhile:
                pass
        return pair_hashes

    def _jobs(self) -> Iterator[Job]:
        """What the kernel does after the extension of the rows, in order; hashes come last."""
        for first in range(0, self._k2, self._width):
            yield partial(self._encode_window, first)
        yield self._finish

    def _encode_window(self, first: int, memory: ByteArray) -> Window:
        """The window of columns from `first` on, in `memory`."""
        if first == 0:
            self._fetch_symbols(0)
        self._fetch_symbols(first + self._width)
        n_source = min(self._width, self._k2 - first)
        n_repair_rows = self._n - self._k1
        split = n_repair_rows * n_source * self._symbol_size
        primary_repair = memory[:split].reshape(n_repair_rows, -1)
        secondary = memory[split : split + n_source * self._column_size].reshape(n_source, -1)
        self._encoder.encode_columns(
            min(self._width, self._n - first),
            primary_repair.data,
            secondary.data,
            self._threads,
            self._cancel,
        )
        return Window(first, primary_repair, secondary)

    def _finish(self, _: ByteArray) -> bytes:
        """Hash the columns from k2 on, which nothing else is wanted of."""
        while (first := self._encoder.columns_done) < self._n:
            n_left = self._n - first
            narrow = self._width < self._unit
            count = min(n_left, CHUNK_COLUMNS - first % CHUNK_COLUMNS) if narrow else n_left
            self._encoder.encode_columns(count, None, None, self._threads, self._cancel)
        return self._encoder.pair_hashes(self._threads, self._cancel)

    def _fetch_symbols(self, first: int) -> None:
        """Have the blob's part of a window on its way from disk when it is needed.

        It is a piece of every row; between them the system would read ahead what nobody wants yet.
        """
        if first == 0:
            will_read(self._blob, "here and there")
        if first < self._k2:
            start, size = first * self._symbol_size, self._width * self._symbol_size
            for at in range(start, self._blob.nbytes, self._row_size):
                will_read(self._blob[at : at + size], "soon")

    def _write_whole_slivers(self, extended: Future[None]) -> Iterator[bool]:
        """Write a sliver that no window is needed for at each step."""
        for row in range(self._k1):
            self._write_source_row(row)
            yield True
        try:
            extended.result()
        finally:
            del extended  # see `in_turns`
        for at in range(0, self._repair_columns.nbytes, self._column_size):
            column = self._k2 + at // self._column_size
            self._put(Axis.SECONDARY, column, 0, self._repair_columns[at : at + self._column_size])
            yield True

    def _write_source_row(self, row: int) -> None:
        """A row of the padded blob."""
        content = self._blob[row * self._row_size : (row + 1) * self._row_size]
        if content.nbytes:
            will_read(content, "soon")
            self._put(Axis.PRIMARY, row, 0, content)
        for at in range(content.nbytes, self._row_size, ZEROS.nbytes):
            self._put(Axis.PRIMARY, row, at, ZEROS[: self._row_size - at])

    def _write_window(self, window: Window) -> None:
        for column, content in enumerate(window.secondary, window.first):
            self._put(Axis.SECONDARY, column, 0, content.data)
        for row, piece in enumerate(window.primary_repair, self._k1):
            self._put(Axis.PRIMARY, row, window.first * self._symbol_size, piece.data)

    def _put(self, axis: Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        if self._cancel.cancelled:
            raise OperationCancelledError()
        self._sink.write(axis, sliver_index, offset, piece.toreadonly())
        self._progress.advance(piece.nbytes)

    @contextmanager
    def _letting_go(self) -> Iterator[None]:
        """Where memory matters, let pages of files go during the body, whatever it waits for: they
        count as memory of this process, though the system has them anyway.
        """
        if not self._frugal:
            yield
            return
        ended = Event()

        def let_all_go() -> None:
            while not ended.wait(LETTING_GO):
                will_read(self._blob, "not soon")
                let_go(self._repair_columns)

        thread = Thread(target=let_all_go, name="walrus-core-letting-go", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def window_width(column_size: int, unit: int, window: int = WIDE_WINDOW) -> int:
    """How many columns a window of about `window` bytes has, whose n symbols take `column_size`
    bytes each: a multiple of the kernel's `unit`, or a power of two below eight.
    """
    if unit > CHUNK_COLUMNS or window // column_size >= unit:
        return max(window // column_size // unit, 1) * unit
    n_columns = max(LARGEST_WINDOW // column_size, 1)
    return min(1 << n_columns.bit_length() - 1, CHUNK_COLUMNS)
