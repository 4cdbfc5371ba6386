"""Encoding: a blob in, its sliver pairs and its metadata out (spec, chapters 1 and 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from walrus_core import kernel
from walrus_core.codec.buffers import allocate, byte_view, bytes_of
from walrus_core.codec.config import DEFAULT_SHARDS, EncodingConfig
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import SliverPair, VerifiedSliver
from walrus_core.codec.threads import thread_count
from walrus_core.types import Axis, SliverPairIndex, pair_to_sliver

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.codec.buffers import ByteArray


@dataclass(frozen=True, slots=True, repr=False)
class EncodedBlob:
    """A blob's metadata and all its slivers. Equal if the metadata are: they commit to the rest.

    Slivers are views: of the blob where a row lies inside it, else of this value's own buffers,
    which live as long as any of the views.
    """

    metadata: VerifiedMetadata
    _symbol_size: int = field(compare=False)
    _blob: bytes = field(compare=False)
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

    def _sliver(self, axis: Axis, index: int, data: memoryview) -> VerifiedSliver:
        return VerifiedSliver(axis, index, self._symbol_size, data, self.metadata.blob_id)

    def _source_row(self, index: int) -> memoryview:
        """Row `index` of the source matrix: a view, unless the blob ends in or before this row."""
        size = self._primary_repair.shape[1]
        row = memoryview(self._blob)[index * size : (index + 1) * size]
        return row if row.nbytes == size else memoryview(bytes(row).ljust(size, b"\x00"))

    def __repr__(self) -> str:
        size, n_shards = self.metadata.unencoded_length, self.metadata.n_shards
        return f"EncodedBlob({self.metadata.blob_id}, {size:,} bytes, {n_shards} shards)"


def encode(
    blob: Buffer,
    n_shards: int = DEFAULT_SHARDS,
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
    progress: kernel.Progress | None = None,
) -> EncodedBlob:
    """Encode `blob`, any C-contiguous buffer, for `n_shards` shards.

    A `bytes` blob is referenced by the result; any other buffer is copied once at the start, so
    that what its owner writes into it later shows nowhere. Takes about 3.5 times the blob's size in
    memory besides.

    `threads`: None for as many as this process has CPUs. `cancel` and `progress` may be used from
    other threads. InvalidArgumentError, BlobTooLargeError, OutOfMemoryError,
    OperationCancelledError.
    """
    config = EncodingConfig(n_shards)
    n_threads = thread_count(threads)
    symbol_size = config.symbol_size(
        byte_view("blob", blob).nbytes
    )  # refuses too large a blob before copying it
    blob = bytes_of("blob", blob)
    n_primary, n_secondary = config.n_primary_source_symbols, config.n_secondary_source_symbols
    primary_repair = allocate((config.n_shards - n_primary) * n_secondary * symbol_size)
    secondary = allocate(config.n_shards * n_primary * symbol_size)
    pair_hashes = kernel.encode(
        blob,
        config.n_shards,
        n_primary,
        n_secondary,
        symbol_size,
        primary_repair.data,
        secondary.data,
        n_threads,
        cancel,
        progress,
    )
    return EncodedBlob(
        VerifiedMetadata.of(len(blob), pair_hashes),
        symbol_size,
        blob,
        primary_repair.reshape(-1, n_secondary * symbol_size),
        secondary.reshape(-1, n_primary * symbol_size),
    )


def compute_metadata(
    blob: Buffer,
    n_shards: int = DEFAULT_SHARDS,
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
    progress: kernel.Progress | None = None,
) -> VerifiedMetadata:
    """The metadata that `encode` gives, without producing slivers: needs little memory.

    `blob` is never copied; it must not change during the call. Arguments and errors as in `encode`.
    """
    config = EncodingConfig(n_shards)
    view = byte_view("blob", blob)
    pair_hashes = kernel.encode(
        view,
        config.n_shards,
        config.n_primary_source_symbols,
        config.n_secondary_source_symbols,
        config.symbol_size(view.nbytes),
        None,
        None,
        thread_count(threads),
        cancel,
        progress,
    )
    return VerifiedMetadata.of(view.nbytes, pair_hashes)
