"""Encoding for an upload: slivers that can be had in any order, however large the blob, in little
memory.

A small blob's slivers lie in memory. A large one's go, as they are made, into one file without a
name, which is gone with the process however that ends, and are read back one by one.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from walrus_core import kernel
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.encoder import EncodedBlob, encode
from walrus_core.codec.files import write_at
from walrus_core.codec.memory import (
    release_buffers,
    reserve,
    temporary_directory,
    unnamed_file,
)
from walrus_core.codec.progress import Progress
from walrus_core.codec.sinks import SliverSink
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.codec.sources import opened_blob
from walrus_core.codec.streaming import encode_into
from walrus_core.errors import StorageError
from walrus_core.services.spooling import spooling
from walrus_core.types import Axis, SliverPairIndex, pair_to_sliver

if TYPE_CHECKING:
    from walrus_core.codec.metadata import VerifiedMetadata
    from walrus_core.codec.sources import BlobSource
    from walrus_core.services.ports import Workers

__all__ = ["IN_MEMORY", "Encoding", "encode_source"]

IN_MEMORY = 64 << 20
"""Encoded bytes of the largest blob whose slivers stay in memory."""


class Encoding(Protocol):
    """A blob that is encoded. Nothing needs to be closed: what it takes goes with it."""

    @property
    def metadata(self) -> VerifiedMetadata: ...

    @property
    def in_memory(self) -> bool:
        """Whether `sliver` neither blocks nor copies."""
        ...

    def sliver(self, axis: Axis, pair: SliverPairIndex) -> VerifiedSliver:
        """One sliver of a pair; from any thread. StorageError if the spool cannot be read."""
        ...


async def encode_source(
    source: BlobSource,
    n_shards: int,
    workers: Workers,
    progress: Progress | None = None,
    *,
    in_memory: int = IN_MEMORY,
    threads: int | None = None,
    directory: Path | None = None,
) -> Encoding:
    """Encode a buffer, the path of a file, or a binary file object.

    Up to `in_memory` encoded bytes stay in memory, more go into `directory`, or where temporary
    files do. A cancelled caller stops the work. Errors as in `codec.encode`, and StorageFullError
    if the spool finds no room.
    """
    config, counted = EncodingConfig(n_shards), progress or Progress()
    work = _Work(source, config, counted, in_memory, threads, directory)
    try:
        return await workers.run(work.run)
    except asyncio.CancelledError:
        work.cancel.cancel()
        raise


@dataclass(frozen=True, slots=True)
class _Work:
    """One encoding, in a thread; `cancel` it from any other."""

    source: BlobSource
    config: EncodingConfig
    progress: Progress
    in_memory: int
    threads: int | None
    directory: Path | None
    cancel: kernel.CancelToken = field(default_factory=kernel.CancelToken)

    def run(self) -> Encoding:
        with opened_blob(self.source, self.config.max_blob_size) as blob:
            if self.config.encoded_size(blob.nbytes) <= self.in_memory:
                return self._kept(blob)
            return self._spooled(blob)

    def _kept(self, blob: memoryview) -> Encoding:
        """The blob is copied unless it is `bytes`: its owner may change it while it is sent."""
        content = blob if type(blob.obj) is bytes else bytes(blob)
        n_shards = self.config.n_shards
        return _Kept(encode(content, n_shards, self.threads, self.cancel, self.progress))

    def _spooled(self, blob: memoryview) -> Encoding:
        n_shards, directory = self.config.n_shards, self.directory
        sink = _SpoolSink(directory)
        try:
            with spooling(_spool_size(self.config, blob.nbytes), directory):
                metadata = encode_into(
                    blob, sink, n_shards, self.threads, self.cancel, self.progress, frugal=True
                )
        finally:
            release_buffers()  # as much as the blob, which nothing needs before the next one
        return _Spooled(metadata, sink.spool)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A small blob's slivers."""

    encoded: EncodedBlob

    in_memory = True

    @property
    def metadata(self) -> VerifiedMetadata:
        return self.encoded.metadata

    def sliver(self, axis: Axis, pair: SliverPairIndex) -> VerifiedSliver:
        of_axis = self.encoded.primary if axis is Axis.PRIMARY else self.encoded.secondary
        return of_axis(pair)


@dataclass(frozen=True, slots=True)
class _Spooled:
    """A large blob's slivers."""

    metadata: VerifiedMetadata
    spool: _Spool

    in_memory = False

    def sliver(self, axis: Axis, pair: SliverPairIndex) -> VerifiedSliver:
        index = pair_to_sliver(axis, pair, self.metadata.n_shards)
        data = self.spool.read(axis, index)
        return VerifiedSliver(axis, index, self.metadata.symbol_size, data, self.metadata.blob_id)


class _Spool:
    """A file without a name that holds all slivers of a blob, each at its place; it is closed when
    nobody reads it any more.
    """

    def __init__(self, config: EncodingConfig, size: int, directory: Path | None) -> None:
        self._directory = str(directory or temporary_directory())
        self._sizes = {axis: config.sliver_size(axis, size) for axis in Axis}
        self._starts = {
            Axis.PRIMARY: 0,
            Axis.SECONDARY: config.n_shards * self._sizes[Axis.PRIMARY],
        }
        with unnamed_file(directory) as file:
            reserve(file.fileno(), _spool_size(config, size))
            self._descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._descriptor)

    def write(self, axis: Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        write_at(self._descriptor, self._place(axis, sliver_index) + offset, piece)

    def read(self, axis: Axis, sliver_index: int) -> bytes:
        size = self._sizes[axis]
        try:
            data = os.pread(self._descriptor, size, self._place(axis, sliver_index))
        except OSError as error:
            raise StorageError(self._directory, f"{error.strerror}") from error
        if len(data) != size:
            raise StorageError(self._directory, "the spool was cut short")
        return data

    def _place(self, axis: Axis, sliver_index: int) -> int:
        return self._starts[axis] + sliver_index * self._sizes[axis]


def _spool_size(config: EncodingConfig, size: int) -> int:
    """Bytes of all slivers of a blob."""
    return config.n_shards * sum(config.sliver_size(axis, size) for axis in Axis)


class _SpoolSink(SliverSink):
    """Writes what `encode_into` makes into a spool of its own."""

    spool: _Spool

    def __init__(self, directory: Path | None) -> None:
        self.work_directory = directory

    def begin(self, config: EncodingConfig, size: int) -> None:
        self.spool = _Spool(config, size, self.work_directory)

    def write(self, axis: Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        self.spool.write(axis, sliver_index, offset, piece)

    def finish(self, metadata: VerifiedMetadata) -> None:
        """Nobody but this process reads it, and this one through the same pages."""

    def abandon(self) -> None:
        """It goes when nobody holds it."""
