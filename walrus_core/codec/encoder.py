"""Encoding: a blob in, its sliver pairs and its metadata out (spec, chapters 1 and 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from walrus_core import kernel
from walrus_core.codec.buffers import stable_view
from walrus_core.codec.config import DEFAULT_SHARDS, EncodingConfig
from walrus_core.codec.memory import LARGEST_ANONYMOUS, allocate, work_space
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.progress import Progress
from walrus_core.codec.slivers import SliverPair, VerifiedSliver
from walrus_core.codec.sources import opened_blob
from walrus_core.codec.threads import thread_count
from walrus_core.types import Axis, SliverPairIndex, pair_to_sliver

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

    from walrus_core.codec.memory import ByteArray
    from walrus_core.codec.sources import BlobSource


@dataclass(frozen=True, slots=True, repr=False)
class EncodedBlob:
    """A blob's metadata and all its slivers. Equal if the metadata are: they commit to the rest.

    Slivers are views: of the blob where a row lies inside it, else of this value's own buffers,
    which live as long as any of the views.
    """

    metadata: VerifiedMetadata
    _symbol_size: int = field(compare=False)
    _blob: memoryview = field(compare=False)
    _primary_repair: ByteArray = field(compare=False)
    _secondary: ByteArray = field(compare=False)

    def primary(self, pair: int) -> VerifiedSliver:
        """The primary sliver of a pair: sliver index `pair`."""
        index = pair_to_sliver(Axis.PRIMARY, pair, self.metadata.n_shards)
        n_source = self.metadata.config.n_primary_source_symbols
        row = (
            self._source_row(index)
            if index < n_source
            else self._primary_repair[index - n_source].data
        )
        return self._sliver(Axis.PRIMARY, index, row)

    def secondary(self, pair: int) -> VerifiedSliver:
        """The secondary sliver of a pair: sliver index n-1-`pair`."""
        index = pair_to_sliver(Axis.SECONDARY, pair, self.metadata.n_shards)
        return self._sliver(Axis.SECONDARY, index, self._secondary[index].data)

    def sliver_pairs(self) -> Iterator[SliverPair]:
        """All n pairs, in order."""
        for pair in range(self.metadata.n_shards):
            yield SliverPair(SliverPairIndex(pair), self.primary(pair), self.secondary(pair))

    def runs(self, axis: Axis) -> Iterator[tuple[int, memoryview]]:
        """All slivers of an axis, many at once: a sliver index, and that sliver's data with those
        of the next ones behind them.
        """
        if axis is Axis.SECONDARY:
            yield 0, self._secondary.reshape(-1).data
            return
        size, n_source = (
            self._primary_repair.shape[1],
            self.metadata.config.n_primary_source_symbols,
        )
        n_whole = self._blob.nbytes // size
        yield 0, self._blob[: n_whole * size]
        rest = bytes(self._blob[n_whole * size :])
        yield n_whole, memoryview(rest.ljust((n_source - n_whole) * size, b"\x00"))
        yield n_source, self._primary_repair.reshape(-1).data

    def _sliver(self, axis: Axis, index: int, data: memoryview) -> VerifiedSliver:
        return VerifiedSliver(axis, index, self._symbol_size, data, self.metadata.blob_id)

    def _source_row(self, index: int) -> memoryview:
        """Row `index` of the source matrix: a view, unless the blob ends in or before this row."""
        size = self._primary_repair.shape[1]
        row = self._blob[index * size : (index + 1) * size]
        return row if row.nbytes == size else memoryview(bytes(row).ljust(size, b"\x00"))

    def __reduce__(self) -> tuple[Callable[..., EncodedBlob], tuple[Any, ...]]:
        return _restored, (
            self.metadata,
            self._symbol_size,
            bytes(self._blob),
            self._primary_repair,
            self._secondary,
        )

    def __repr__(self) -> str:
        size, n_shards = self.metadata.unencoded_length, self.metadata.n_shards
        return f"EncodedBlob({self.metadata.blob_id}, {size:,} bytes, {n_shards} shards)"


def _restored(
    metadata: VerifiedMetadata, symbol_size: int, blob: bytes, *slivers: Any
) -> EncodedBlob:
    return EncodedBlob(metadata, symbol_size, memoryview(blob), *slivers)


def encode(
    blob: BlobSource,
    n_shards: int = DEFAULT_SHARDS,
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
    progress: Progress | None = None,
) -> EncodedBlob:
    """Encode `blob`: any C-contiguous buffer, the path of a file, or a binary file object.

    The result references a `bytes` blob, and a file, which is mapped and must not change while the
    result or its slivers are in use. Any other buffer is copied once at the start, so that what its
    owner writes into it later shows nowhere. Takes about 3.5 times the blob's size in memory
    besides; `encode_into` takes little.

    `threads`: None for as many as this process has CPUs. `cancel` and `progress` may be used from
    other threads. InvalidArgumentError, BlobTooLargeError, OutOfMemoryError, StorageError for a
    file that cannot be read, OperationCancelledError.
    """
    config = EncodingConfig(n_shards)
    n_threads = thread_count(threads)
    with opened_blob(blob, config.max_blob_size) as view:
        view = stable_view("blob", view)
        symbol_size = config.symbol_size(view.nbytes)
        n_primary, n_secondary = config.n_primary_source_symbols, config.n_secondary_source_symbols
        primary_repair = allocate((config.n_shards - n_primary) * n_secondary * symbol_size)
        secondary = allocate(config.n_shards * n_primary * symbol_size)
        (progress := progress or Progress()).start(view.nbytes)
        pair_hashes = kernel.encode(
            view,
            config.n_shards,
            n_primary,
            n_secondary,
            symbol_size,
            primary_repair.data,
            secondary.data,
            n_threads,
            cancel,
            progress.stage(view.nbytes),
        )
    return EncodedBlob(
        VerifiedMetadata.of(view.nbytes, pair_hashes),
        symbol_size,
        view,
        primary_repair.reshape(-1, n_secondary * symbol_size),
        secondary.reshape(-1, n_primary * symbol_size),
    )


def compute_metadata(
    blob: BlobSource,
    n_shards: int = DEFAULT_SHARDS,
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
    progress: Progress | None = None,
    *,
    work_directory: Path | None = None,
) -> VerifiedMetadata:
    """The metadata that `encode` gives, without producing slivers.

    `blob` is never copied; it must not change during the call. Takes half the blob's size: in
    memory while that is little, else in a temporary file in `work_directory`, or where such files
    go. Arguments and errors as in `encode`, and OSError if that file finds no room.
    """
    config = EncodingConfig(n_shards)
    n_threads = thread_count(threads)
    with opened_blob(blob, config.max_blob_size) as view:
        (progress := progress or Progress()).start(view.nbytes)
        if repair_columns_size(config, view.nbytes) <= LARGEST_ANONYMOUS:
            pair_hashes = _hash_in_memory(view, config, n_threads, cancel, progress)
        else:
            pair_hashes = _hash_with_file(view, config, n_threads, cancel, progress, work_directory)
    return VerifiedMetadata.of(view.nbytes, pair_hashes)


def _hash_in_memory(
    blob: memoryview,
    config: EncodingConfig,
    threads: int,
    cancel: kernel.CancelToken | None,
    progress: Progress,
) -> bytes:
    return kernel.encode(
        blob,
        config.n_shards,
        config.n_primary_source_symbols,
        config.n_secondary_source_symbols,
        config.symbol_size(blob.nbytes),
        None,
        None,
        threads,
        cancel,
        progress.stage(blob.nbytes),
    )


def _hash_with_file(
    blob: memoryview,
    config: EncodingConfig,
    threads: int,
    cancel: kernel.CancelToken | None,
    progress: Progress,
    directory: Path | None,
) -> bytes:
    work = work_space(repair_columns_size(config, blob.nbytes), directory)
    encoder = window_encoder(blob, config, work)
    rows = blob.nbytes // 4  # of the work, extending rows is about so much
    encoder.extend_rows(threads, cancel, progress.stage(rows))
    encoder.encode_columns(
        config.n_shards, None, None, threads, cancel, progress.stage(blob.nbytes - rows)
    )
    return encoder.pair_hashes(threads, cancel)


def repair_columns_size(config: EncodingConfig, size: int) -> int:
    """Bytes of secondary slivers k2..n-1, which encoding needs all at once: half the blob."""
    n_columns = config.n_shards - config.n_secondary_source_symbols
    return n_columns * config.sliver_size(Axis.SECONDARY, size)


def window_encoder(
    blob: memoryview, config: EncodingConfig, repair_columns: Buffer
) -> kernel.WindowEncoder:
    """The kernel's encoder in windows, with `repair_columns_size` bytes to work in."""
    return kernel.WindowEncoder(
        blob,
        config.n_shards,
        config.n_primary_source_symbols,
        config.n_secondary_source_symbols,
        config.symbol_size(blob.nbytes),
        repair_columns,
    )
