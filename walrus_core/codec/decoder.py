"""Reconstruction: enough slivers of one axis in, the blob out (spec, chapters 1.4 and 1.6)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Self, TypeAlias, get_args

from walrus_core import kernel
from walrus_core.codec.buffers import byte_view
from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.files import errors_named, whole_file
from walrus_core.codec.memory import CHUNK, unnamed_file
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
from walrus_core.codec.sources import is_stream, will_read
from walrus_core.codec.threads import thread_count
from walrus_core.errors import InconsistentBlobError, InvalidArgumentError, NotEnoughSliversError
from walrus_core.types import Axis

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.codec.sources import FilePath

    BlobTarget: TypeAlias = Buffer | FilePath | BinaryIO

ConsistencyCheck = Literal["skip", "default", "strict"]
"""What `decode` does about blobs that their author encoded inconsistently."""

ROWS_AT_ONCE = 16
"""Rows that are checked between two looks at the progress, at most."""

BYTES_AT_ONCE = 32 << 20
"""Of such rows, unless that were less than one for each thread; the next ones are on their way from
the disk meanwhile."""


def decode(
    metadata: VerifiedMetadata,
    slivers: Iterable[Sliver],
    check: ConsistencyCheck = "default",
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
    progress: Progress | None = None,
) -> bytes:
    """The blob from at least k1 primary or k2 secondary `slivers`, all of one axis, in any order.

    Just enough of them are used, source slivers first and then as given; the others are ignored.
    Even authentic slivers belong to no one blob if its author encoded it inconsistently; `check`
    says how it is known that the result is right:

    * "skip": the slivers are authenticated, unless they are VerifiedSlivers of this blob, and what
      they give is not looked at. Different slivers may then give different blobs.
    * "default": each of the k1 source rows that did not come as a VerifiedSliver is hashed and
      compared. Whatever slivers are used, the result is the same blob or an error.
    * "strict": the blob is encoded again, and must give the blob ID. This also rejects padding that
      is not zero.

    A result that is proven needs no authentic slivers, only an unproven one does: then they are
    authenticated afterwards, to say who is to blame.

    InvalidArgumentError for mixed axes and duplicates, NotEnoughSliversError, VerificationError for
    a sliver that is not authentic (`failures` names the bad ones by position),
    InconsistentBlobError, OutOfMemoryError.
    """
    decoding = Decoding.of(metadata, slivers, check, threads, cancel, progress)
    buffer = kernel.BytesBuffer(decoding.padded_size)
    decoding.run(memoryview(buffer))
    return buffer.finish(metadata.unencoded_length)


def decode_into(
    metadata: VerifiedMetadata,
    slivers: Iterable[Sliver],
    target: BlobTarget,
    check: ConsistencyCheck = "default",
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
    progress: Progress | None = None,
    *,
    work_directory: Path | None = None,
) -> None:
    """Decode into a file, in bounded memory, or into memory of the caller's.

    `target` is one of:

    * The path of a file, which appears whole or not at all.
    * A writable buffer of at least `metadata.config.padded_size(metadata.unencoded_length)` bytes,
      the last of which receive padding. After an error its content is undefined.
    * A binary file object, or the path of what is no regular file (a pipe, a device): written to
      from the beginning to the end once the blob is known to be right. It waits in a temporary
      file.

    Temporary files, that of a strict check among them, lie in `work_directory`, or where such files
    go. Slivers whose data are mapped files (`map_file`) are not copied to memory. Arguments and
    errors otherwise as in `decode`; OSError for trouble with files.
    """
    decoding = Decoding.of(
        metadata, slivers, check, threads, cancel, progress, work_directory=work_directory
    )
    if isinstance(target, (str, os.PathLike)):
        _decode_to_path(decoding, Path(target))
    elif is_stream(target):
        _copy(_decode_aside(decoding), target)
    else:
        _decode_to_buffer(decoding, target)


def _decode_to_path(decoding: Decoding, path: Path) -> None:
    if path.exists() and not path.is_file():
        blob = _decode_aside(decoding)
        with errors_named(path), path.open("wb", buffering=0) as stream:
            _copy(blob, stream)
        return
    with whole_file(path) as file:
        decoding.run_in_windows(file.fileno())
        file.truncate(decoding.metadata.unencoded_length)


def _decode_aside(decoding: Decoding) -> memoryview:
    """The blob in a file without a name: not even a part of it is out before it is checked."""
    with unnamed_file(decoding.work_directory) as file:
        decoding.run_in_windows(file.fileno())
        return memoryview(kernel.FileMapping(file.fileno(), decoding.metadata.unencoded_length))


def _copy(blob: memoryview, stream: BinaryIO) -> None:
    while blob.nbytes:
        blob = blob[stream.write(blob[:CHUNK]) :]
    stream.flush()


def _decode_to_buffer(decoding: Decoding, target: Buffer) -> None:
    view = byte_view("target", target)
    if view.readonly or view.nbytes < decoding.padded_size:
        raise InvalidArgumentError(
            f"target must be a writable buffer of at least {decoding.padded_size:,} bytes,"
            f" not a {'read-only ' if view.readonly else ''}one of {view.nbytes:,}"
        )
    decoding.run(view[: decoding.padded_size])


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
