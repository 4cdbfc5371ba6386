"""One decoding: which slivers it uses, and how its result is known to be right (spec, 1.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

from walrus_core import kernel
from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.merkle import split_digests
from walrus_core.codec.metadata import VerifiedMetadata, require_verified
from walrus_core.codec.progress import Progress
from walrus_core.codec.reconstruction import Reconstruction
from walrus_core.codec.slivers import (
    Sliver,
    VerifiedSliver,
    check_slivers,
    require_all_fitting,
    require_all_verified,
)
from walrus_core.codec.sources import will_read
from walrus_core.codec.threads import thread_count
from walrus_core.errors import InconsistentBlobError, InvalidArgumentError, NotEnoughSliversError
from walrus_core.types import Axis

ConsistencyCheck = Literal["skip", "default", "strict"]
"""What `decode` does about blobs that their author encoded inconsistently."""

ROWS_AT_ONCE = 16
"""Rows that are checked between two looks at the progress, at most."""

BYTES_AT_ONCE = 32 << 20
"""Of such rows, unless that were less than one for each thread; the next ones are on their way from
the disk meanwhile."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """One reconstruction: from which slivers, by the positions at which they were given, and how.
    `padded_size`: bytes that it writes; `work_directory`: where temporary files go, None for where
    they usually do.
    """

    metadata: VerifiedMetadata
    slivers: Mapping[int, Sliver]
    check: ConsistencyCheck
    threads: int
    cancel: kernel.CancelToken | None
    progress: Progress
    work_directory: Path | None = None

    @classmethod
    def of(
        cls,
        metadata: VerifiedMetadata,
        slivers: Iterable[Sliver],
        check: ConsistencyCheck,
        threads: int | None,
        cancel: kernel.CancelToken | None,
        progress: Progress | None,
        *,
        work_directory: Path | None = None,
    ) -> Self:
        """Choose just enough slivers, of this blob as far as their numbers tell; errors as in
        `decode`.
        """
        require_verified(metadata)
        if check not in get_args(ConsistencyCheck):
            raise InvalidArgumentError(
                f"check must be one of {get_args(ConsistencyCheck)}, not {check!r}"
            )
        chosen = _choose(metadata, slivers)
        require_all_fitting(metadata, chosen)
        decoding = cls(
            metadata,
            chosen,
            check,
            thread_count(threads),
            cancel,
            progress or Progress(),
            work_directory,
        )
        if check == "skip":
            decoding.authenticate()
        return decoding

    @property
    def padded_size(self) -> int:
        return self.metadata.config.padded_size(self.metadata.unencoded_length)

    def authenticate(self) -> None:
        """VerificationError unless all slivers are the blob's."""
        outcomes = check_slivers(self.metadata, self.slivers.values(), self.threads, self.cancel)
        require_all_verified(dict(zip(self.slivers, outcomes, strict=True)))

    def run(self, padded_blob: memoryview) -> None:
        """Write the padded blob to memory, and check it."""
        rows = self._start()
        self._reconstruction.to_memory(padded_blob)
        self._check(padded_blob, rows)

    def run_in_windows(self, descriptor: int) -> None:
        """Write the padded blob to an empty file, in bounded memory, and check it there."""
        rows = self._start()
        self._reconstruction.to_file(descriptor)
        self._check(memoryview(kernel.FileMapping(descriptor, self.padded_size)), rows)

    @property
    def _reconstruction(self) -> Reconstruction:
        slivers = list(self.slivers.values())
        return Reconstruction(self.metadata, slivers, self.threads, self.cancel, self.progress)

    def _start(self) -> list[int]:
        """Which rows are to be checked, and with them how much there is to do."""
        rows = self._unverified_rows() if self.check == "default" else []
        self.progress.start(self.padded_size + len(rows) * self._row_size)
        return rows

    def _check(self, padded_blob: memoryview, rows: list[int]) -> None:
        """VerificationError if a sliver is wrong, InconsistentBlobError if the blob is."""
        try:
            self._check_source_rows(padded_blob, rows)
            if self.check == "strict":
                self._check_blob_id(padded_blob[: self.metadata.unencoded_length])
        except InconsistentBlobError:
            self.authenticate()
            raise

    @property
    def _row_size(self) -> int:
        return self.metadata.config.sliver_size(Axis.PRIMARY, self.metadata.unencoded_length)

    def _unverified_rows(self) -> list[int]:
        """The source rows that are not among the verified slivers; a mapped file may have changed
        since.
        """
        verified = {
            sliver.index
            for sliver in self.slivers.values()
            if isinstance(sliver, VerifiedSliver)
            and sliver.blob_id == self.metadata.blob_id
            and sliver.axis is Axis.PRIMARY
            and type(sliver.data.obj) is not kernel.FileMapping
        }
        n_rows = self.metadata.config.n_primary_source_symbols
        return [row for row in range(n_rows) if row not in verified]

    def _check_source_rows(self, padded_blob: memoryview, rows: list[int]) -> None:
        """InconsistentBlobError unless these rows have their committed hashes."""
        metadata, size = self.metadata, self._row_size
        step = max(self.threads, min(BYTES_AT_ONCE // size, ROWS_AT_ONCE))
        views = [padded_blob[row * size : (row + 1) * size] for row in rows]
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            for view in views[start + step : start + 2 * step]:
                will_read(view, "soon")
            roots = kernel.sliver_roots(
                views[start : start + step],
                metadata.n_shards,
                metadata.symbol_size,
                self.threads,
                self.cancel,
            )
            for row, root in zip(some, split_digests(roots), strict=True):
                if root != metadata.sliver_hash(Axis.PRIMARY, row):
                    raise InconsistentBlobError(
                        f"blob {metadata.blob_id} was encoded inconsistently: primary sliver {row},"
                        " reconstructed from authentic slivers, does not have the hash in the"
                        " metadata"
                    )
            self.progress.advance(len(some) * size)

    def _check_blob_id(self, blob: memoryview) -> None:
        """InconsistentBlobError unless `blob` encodes to the blob ID."""
        metadata = self.metadata
        blob_id = compute_metadata(
            blob,
            metadata.n_shards,
            self.threads,
            self.cancel,
            work_directory=self.work_directory,
        ).blob_id
        if blob_id != metadata.blob_id:
            raise InconsistentBlobError(
                f"blob {metadata.blob_id} was encoded inconsistently:"
                f" what its slivers give encodes to blob {blob_id}"
            )


def _choose(metadata: VerifiedMetadata, slivers: Iterable[Sliver]) -> dict[int, Sliver]:
    """Just enough of the slivers, by position: distinct, of one axis, source slivers first."""
    slivers = list(slivers)
    axes: set[Axis] = set()
    indices: set[int] = set()
    for position, sliver in enumerate(slivers):
        if not isinstance(sliver, Sliver):
            raise InvalidArgumentError(
                f"item {position} is no Sliver but a {type(sliver).__name__}"
            )
        if sliver.index in indices and sliver.axis in axes:
            raise InvalidArgumentError(f"{sliver.axis} sliver {sliver.index} is given twice")
        axes.add(sliver.axis)
        indices.add(sliver.index)
    if len(axes) > 1:
        raise InvalidArgumentError(
            "slivers of both axes; a blob is reconstructed from slivers of one"
        )
    needed = metadata.config.n_slivers_needed(axes.pop() if axes else Axis.PRIMARY)
    if len(slivers) < needed:
        raise NotEnoughSliversError(needed, len(slivers))
    positions = sorted(range(len(slivers)), key=lambda position: slivers[position].index >= needed)
    return {position: slivers[position] for position in positions[:needed]}
