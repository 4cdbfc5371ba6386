"""A sink that writes a directory of slivers, and touches nothing in it before all are there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.files import errors_named, temporary_name, write_all, write_whole
from walrus_core.codec.memory import CHUNK
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.sinks import SliverSink
from walrus_core.codec.sliver_directory import SliverDirectory, sliver_name
from walrus_core.codec.slivers import sliver_frame
from walrus_core.errors import DirectoryOccupiedError, StorageError, VerificationError
from walrus_core.types import Axis, sliver_to_pair

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.codec.sources import FilePath


class DirectorySink(SliverSink):
    """Writes `metadata.bcs`, `primary/00017.bcs`, `secondary/00017.bcs` and so on under `path`.

    The form is the official BCS, the names are sliver pairs. Everything is written under a
    temporary name in the directory, and moved to its place once the blob ID is known:

    * A directory that holds the same blob is completed: files that are right stay untouched.
    * One that holds another blob is left alone: DirectoryOccupiedError from `finish`.
    * An error, or Ctrl-C, leaves nothing half-written, and no directory that was not there before.

    After `finish`, `n_written` and `n_kept` count files.
    """

    def __init__(self, path: FilePath) -> None:
        self.work_directory = Path(path)
        self.n_written = 0
        self.n_kept = 0
        self._directory = SliverDirectory(path)
        self._staging = self._directory.path / temporary_name()
        self._made: list[Path] = []
        self._axes: dict[Axis, _AxisFiles] = {}

    def begin(self, config: EncodingConfig, size: int) -> None:
        """Make the directories; see what is there already. StorageError if `path` is a file."""
        if self._directory.path.exists() and not self._directory.path.is_dir():
            raise StorageError(str(self._directory.path), "is not a directory; choose another name")
        self._make(self._directory.path)
        self._make(self._staging)
        for axis in Axis:
            self._make(self._staging / axis)
            self._axes[axis] = _AxisFiles(
                axis, config, size, self._directory.path / axis, self._staging / axis
            )

    def write(self, axis: Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        """Write a piece, unless it is in place already. An OSError names the file."""
        self._axes[axis].write(sliver_index, offset, piece)

    def finish(self, metadata: VerifiedMetadata) -> None:
        """Move everything to its place; the metadata first, so that the files are known as whose
        they are.
        """
        self._require_room(metadata)
        self._place_metadata(metadata.to_bcs_with_id())
        for axis in self._axes.values():
            axis.place_all()
            self.n_written += len(axis.staged)
            self.n_kept += len(axis.right)
            axis.close()
        shutil.rmtree(self._staging, ignore_errors=True)

    def abandon(self) -> None:
        """Remove what was staged, and the directories made for it."""
        for axis in self._axes.values():
            axis.close()
        shutil.rmtree(self._staging, ignore_errors=True)
        for directory in reversed(self._made):
            with suppress(OSError):  # not empty: others use it, too
                directory.rmdir()

    def _make(self, directory: Path) -> None:
        absent = [path for path in (directory, *directory.parents) if not path.exists()]
        for path in reversed(absent):
            path.mkdir(exist_ok=True)
            self._made.append(path)

    def _require_room(self, metadata: VerifiedMetadata) -> None:
        """Refuse a directory with another blob's metadata; or, without any, with its slivers."""
        path, expected = str(self._directory.path), str(metadata.blob_id)
        try:
            found = str(self._directory.read_metadata().blob_id)
        except (StorageError, VerificationError):
            axes = self._axes.values()
            if any(axis.found for axis in axes) and not any(axis.right for axis in axes):
                raise DirectoryOccupiedError(path, expected, "of unknown ID") from None
        else:
            if found != expected:
                raise DirectoryOccupiedError(path, expected, found)

    def _place_metadata(self, content: bytes) -> None:
        path = self._directory.metadata_path
        with suppress(OSError):
            if path.read_bytes() == content:
                self.n_kept += 1
                return
        write_whole(path, content)
        self.n_written += 1


class _AxisFiles:
    """The files of one axis, in place and staged; all sets hold sliver indices."""

    def __init__(
        self, axis: Axis, config: EncodingConfig, size: int, place: Path, staging: Path
    ) -> None:
        self._axis = axis
        self._n_shards = config.n_shards
        self._symbol_size = config.symbol_size(size)
        self._sliver_size = config.sliver_size(axis, size)
        self._place = place
        self._staging = staging
        self.staged: set[int] = set()
        self.found: set[int] = set()
        self.right: set[int] = set()
        if place.is_dir():
            self._look_around()
        # Files are opened for each piece: there may be more of them than a process may have open,
        # and relative to an open directory it takes a tenth of the time of writing the piece.
        self._descriptor = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)

    def write(self, index: int, offset: int, piece: memoryview) -> None:
        """Write a piece where the file in place differs, or is absent."""
        name = self._name(index)
        head, tail = sliver_frame(self._sliver_size, self._symbol_size, index)
        with errors_named(self._place / name):
            if index in self.right:
                if self._has(name, len(head) + offset, piece):
                    return
                self.right.remove(index)
                if offset:
                    self._stage_start(name, len(head) + offset)
            is_first = offset == 0
            is_last = offset + piece.nbytes == self._sliver_size
            self._append(name, [head] * is_first + [piece] + [tail] * is_last)
        self.staged.add(index)

    def place_all(self) -> None:
        """Move every staged file to its place."""
        self._place.mkdir(exist_ok=True)
        for index in sorted(self.staged):
            name = self._name(index)
            with errors_named(self._place / name):
                (self._staging / name).replace(self._place / name)

    def close(self) -> None:
        """Let go of the directory, once or again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _name(self, index: int) -> str:
        return sliver_name(sliver_to_pair(self._axis, index, self._n_shards))

    def _look_around(self) -> None:
        """Find files in place, and among them those that begin and end as they should."""
        for index in range(self._n_shards):
            path = self._place / self._name(index)
            if not path.exists():
                continue
            self.found.add(index)
            head, tail = sliver_frame(self._sliver_size, self._symbol_size, index)
            size = len(head) + self._sliver_size + len(tail)
            if (
                path.is_file()
                and path.stat().st_size == size
                and self._has(path.name, 0, memoryview(head))
                and self._has(path.name, size - len(tail), memoryview(tail))
            ):
                self.right.add(index)

    def _has(self, name: str, at: int, piece: memoryview) -> bool:
        """Whether the file in place has these bytes there."""
        try:
            with (self._place / name).open("rb", buffering=0) as stream:
                stream.seek(at)
                return all(stream.read(chunk.nbytes) == bytes(chunk) for chunk in _chunks(piece))
        except OSError:
            return False

    def _stage_start(self, name: str, size: int) -> None:
        """Stage the first `size` bytes of the file in place."""
        with (self._place / name).open("rb", buffering=0) as stream:
            for at in range(0, size, CHUNK):
                self._append(name, [stream.read(min(CHUNK, size - at))])

    def _append(self, name: str, parts: Sequence[Buffer]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(name, flags, 0o666, dir_fd=self._descriptor)
        try:
            write_all(descriptor, parts)
        finally:
            os.close(descriptor)


def _chunks(piece: memoryview) -> Iterator[memoryview]:
    return (piece[at : at + CHUNK] for at in range(0, piece.nbytes, CHUNK))
