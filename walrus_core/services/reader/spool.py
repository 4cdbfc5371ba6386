"""Where primary slivers wait until there are enough of them: memory, or a file for large blobs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from walrus_core import kernel
from walrus_core.codec.decoder import decode
from walrus_core.codec.decoding import ConsistencyCheck, Decoding
from walrus_core.codec.files import write_at
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.types import Axis

if TYPE_CHECKING:
    from pathlib import Path

    from walrus_core.codec.metadata import VerifiedMetadata

__all__ = ["FileSpool", "MemorySpool"]


class MemorySpool:
    """Distinct slivers of a blob that may be in memory twice: as slivers, and whole.

    `keep` may be called in several threads at once, in both kinds of spool.
    """

    def __init__(self, metadata: VerifiedMetadata) -> None:
        self._metadata = metadata
        self._slivers: dict[int, VerifiedSliver] = {}

    def keep(self, sliver: VerifiedSliver) -> None:
        self._slivers[sliver.index] = sliver

    @property
    def is_systematic(self) -> bool:
        """Whether all source slivers are there, so that nothing has to be decoded."""
        n_rows = self._metadata.config.n_primary_source_symbols
        return all(row in self._slivers for row in range(n_rows))

    def content(self, check: ConsistencyCheck) -> bytes:
        """The blob. Errors as `codec.decode`."""
        slivers = [self._slivers[index] for index in sorted(self._slivers)]
        return decode(self._metadata, slivers, check)


class FileSpool:
    """An empty file in which each sliver lies where its row does in the expanded matrix.

    So when all source slivers are there it begins with the padded blob, and what is missing can be
    decoded into its place. The file belongs to nobody else. OSError where the disk is full. A
    strict check has a temporary file of its own, in `directory`.
    """

    def __init__(
        self, metadata: VerifiedMetadata, descriptor: int, directory: Path | None = None
    ) -> None:
        self._directory = directory
        self._metadata = metadata
        self._descriptor = descriptor
        self._row_size = metadata.config.sliver_size(Axis.PRIMARY, metadata.unencoded_length)
        self._indices: dict[int, None] = {}

    def keep(self, sliver: VerifiedSliver) -> None:
        write_at(self._descriptor, sliver.index * self._row_size, sliver.data)
        self._indices[sliver.index] = None

    @property
    def is_systematic(self) -> bool:
        """Whether all source slivers are there, so that nothing has to be decoded."""
        n_rows = self._metadata.config.n_primary_source_symbols
        return all(row in self._indices for row in range(n_rows))

    def complete(self, check: ConsistencyCheck) -> None:
        """Make the file the blob. Errors as `codec.decode_into`."""
        if check == "strict" or not self.is_systematic:
            decoding = Decoding.of(
                self._metadata,
                self._slivers(),
                check,
                None,
                None,
                None,
                work_directory=self._directory,
            )
            # Each window is read before it is written, and source rows are written as they were.
            decoding.run_in_windows(self._descriptor)
        os.truncate(self._descriptor, self._metadata.unencoded_length)

    def content(self) -> bytes:
        """The blob, once the spool is complete."""
        buffer = kernel.BytesBuffer(self._metadata.unencoded_length)
        with memoryview(buffer) as view:
            at = 0
            while count := os.preadv(self._descriptor, [view[at:]], at):
                at += count
        return buffer.finish(at)

    def _slivers(self) -> list[VerifiedSliver]:
        """As views of the file, which has holes where slivers are missing."""
        size = self._metadata.n_shards * self._row_size
        os.truncate(self._descriptor, size)
        rows = memoryview(kernel.FileMapping(self._descriptor, size))
        return [
            VerifiedSliver(
                Axis.PRIMARY,
                index,
                self._metadata.symbol_size,
                rows[index * self._row_size : (index + 1) * self._row_size],
                self._metadata.blob_id,
            )
            for index in sorted(self._indices)
        ]
