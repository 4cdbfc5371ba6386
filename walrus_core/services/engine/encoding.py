"""A blob in; its slivers, as they are made, and its metadata out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.encoder import encode, repair_columns_size
from walrus_core.codec.memory import LARGEST_ANONYMOUS
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.pipeline import LARGEST_WINDOW, N_WINDOWS
from walrus_core.codec.sinks import SliverSink
from walrus_core.codec.streaming import CHUNK_COLUMNS, WIDE_WINDOW, encode_into
from walrus_core.services.engine.intake import Content, check_size, lane_for, lent, received
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.packer import Packer, PackerFor, Put
from walrus_core.services.engine.pool import Job, Pool
from walrus_core.services.spooling import spooling
from walrus_core.types import Axis, SliverPairIndex, pair_to_sliver

__all__ = ["Wanted", "encoded"]

P = TypeVar("P")

KEPT = 48 << 20
"""Bytes of all slivers of the largest blob whose slivers are made at once, in memory."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which slivers: of these axes, in these pairs; None for all pairs."""

    axes: Collection[Axis] = (Axis.PRIMARY, Axis.SECONDARY)
    pairs: Collection[SliverPairIndex] | None = None

    def indices(self, n_shards: int) -> Mapping[Axis, Collection[int]]:
        """The sliver indices on each axis."""
        return {axis: self._indices(axis, n_shards) for axis in Axis}

    def _indices(self, axis: Axis, n_shards: int) -> Collection[int]:
        if axis not in self.axes:
            return ()
        if self.pairs is None:
            return range(n_shards)
        return frozenset(pair_to_sliver(axis, pair, n_shards) for pair in self.pairs)


async def encoded(
    content: Content,
    config: EncodingConfig,
    wanted: Wanted,
    packer_for: PackerFor[P],
    pool: Pool,
    options: EngineOptions,
) -> AsyncIterator[P]:
    """The parcels that a packer makes of the slivers that are wanted."""
    size = content.size
    check_size(config, size, options)
    lane = lane_for(config, size, pool)
    kept = config.n_shards * _pair_size(config, size) <= KEPT
    async with (
        lent(
            lane,
            _memory(config, size, options, kept=kept),
            pool,
            _disk(config, size, options, kept=kept),
        ),
        received(content, pool, options) as blob,
    ):
        work = _Work(blob, config, wanted, packer_for(config, size), kept, options.directory)
        async with pool.stream(lane, options.held, work.run) as parcels:
            while (parcel := await parcels.take()) is not None:
                yield parcel


@dataclass(frozen=True, slots=True)
class _Work(Generic[P]):
    """What is done in a thread."""

    blob: memoryview
    config: EncodingConfig
    wanted: Wanted
    packer: Packer[P]
    kept: bool
    directory: Path | None

    def run(self, job: Job, put: Put[P]) -> None:
        metadata = self._at_once(job, put) if self.kept else self._in_pieces(job, put)
        for parcel, size in self.packer.finish(metadata):
            put(parcel, size)

    def _at_once(self, job: Job, put: Put[P]) -> VerifiedMetadata:
        slivers = encode(self.blob, self.config.n_shards, job.threads, job.cancel)
        for axis, indices in self.wanted.indices(self.config.n_shards).items():
            size = self.config.sliver_size(axis, self.blob.nbytes)
            for first, run in slivers.runs(axis) if indices else ():
                if isinstance(indices, range):
                    for parcel, n_bytes in self.packer.run(axis, first, run):
                        put(parcel, n_bytes)
                    continue
                for at in range(0, run.nbytes, size):
                    if (index := first + at // size) in indices:
                        for parcel, n_bytes in self.packer.piece(
                            axis, index, 0, run[at : at + size]
                        ):
                            put(parcel, n_bytes)
        return slivers.metadata

    def _in_pieces(self, job: Job, put: Put[P]) -> VerifiedMetadata:
        n_shards, size = self.config.n_shards, self.blob.nbytes
        sink = _Sink(self.packer, self.wanted.indices(n_shards), put, self.directory)
        with spooling(repair_columns_size(self.config, size), self.directory):
            return encode_into(self.blob, sink, n_shards, job.threads, job.cancel)


class _Sink(SliverSink, Generic[P]):
    """Packs what `encode_into` makes, if it is wanted."""

    def __init__(
        self,
        packer: Packer[P],
        wanted: Mapping[Axis, Collection[int]],
        put: Put[P],
        directory: Path | None,
    ) -> None:
        self.work_directory = directory
        self._packer = packer
        self._wanted = wanted
        self._put = put

    def write(self, axis: Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        if sliver_index in self._wanted[axis]:
            for parcel, size in self._packer.piece(axis, sliver_index, offset, piece):
                self._put(parcel, size)

    def begin(self, config: EncodingConfig, size: int) -> None:
        """The packer knows."""

    def finish(self, metadata: VerifiedMetadata) -> None:
        """The packer is told with the encoding's result."""

    def abandon(self) -> None:
        """What is packed goes with its packer."""


def _pair_size(config: EncodingConfig, size: int) -> int:
    return sum(config.sliver_size(axis, size) for axis in Axis)


def _memory(config: EncodingConfig, size: int, options: EngineOptions, *, kept: bool) -> int:
    """Bytes that an encoding has in buffers at most, its input and its output included."""
    held = options.held + (size if size <= options.in_memory else 0)
    if kept:
        return held + config.n_shards * _pair_size(config, size)
    extension = repair_columns_size(config, size)
    if extension <= LARGEST_ANONYMOUS:
        held += extension
    column_size = config.n_shards * config.symbol_size(size)
    wide = WIDE_WINDOW if CHUNK_COLUMNS * column_size <= WIDE_WINDOW else LARGEST_WINDOW
    columns = config.n_secondary_source_symbols * column_size
    return held + N_WINDOWS * min(wide, columns)


def _disk(config: EncodingConfig, size: int, options: EngineOptions, *, kept: bool) -> int:
    """Bytes that it has in files: of its input, and of the extension of the rows."""
    extension = repair_columns_size(config, size)
    temporary = 0 if kept or extension <= LARGEST_ANONYMOUS else extension
    return temporary + (size if size > options.in_memory else 0)
