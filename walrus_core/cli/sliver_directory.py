"""A directory with one blob's slivers: `metadata.bcs`, `primary/00017.bcs`, `secondary/00017.bcs`.

The metadata are BlobMetadataWithId, the slivers SliverData, named by sliver *pair* index; all of it
is the official BCS (spec, chapter 3), as storage nodes send it.
"""

from __future__ import annotations

import stat
from pathlib import Path

from walrus_core.cli.files import unreadable, write_whole
from walrus_core.cli.progress import Counter
from walrus_core.codec import bcs
from walrus_core.codec.config import MAX_SHARDS
from walrus_core.codec.encoder import EncodedBlob
from walrus_core.codec.metadata import PAIR_SIZE, UnverifiedMetadata, VerifiedMetadata
from walrus_core.codec.slivers import Sliver, VerifiedSliver
from walrus_core.errors import (
    DirectoryOccupiedError,
    InvalidEncodingError,
    StorageError,
    VerificationError,
)
from walrus_core.types import Axis, pair_to_sliver, sliver_to_pair

MAX_METADATA_SIZE = 2 * PAIR_SIZE * MAX_SHARDS
"""More than any BlobMetadataWithId takes; nothing longer is read."""


class SliverDirectory:
    """The files of one blob under `path`, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def metadata_path(self) -> Path:
        """The file of the blob's metadata."""
        return self.path / "metadata.bcs"

    def sliver_path(self, axis: Axis, pair: int) -> Path:
        """The file of one sliver."""
        return self.path / axis / f"{pair:05}.bcs"

    def inconsistency_proof_path(self, axis: Axis, pair: int) -> Path:
        """The file of the proof that a sliver, and so the blob, was encoded inconsistently."""
        return self.path / f"inconsistency-proof-{axis}-{pair:05}.bcs"

    def read_metadata(self) -> VerifiedMetadata:
        """The metadata, verified. StorageError if absent, VerificationError if damaged."""
        path = self.metadata_path
        if not self.path.is_dir():
            raise StorageError(str(self.path), "no such directory; give one that `encode` wrote")
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_METADATA_SIZE)
        except OSError as error:
            raise unreadable(str(path), error) from error
        try:
            return UnverifiedMetadata.from_bcs_with_id(data).verify()
        except (InvalidEncodingError, VerificationError) as error:
            advice = "put back the metadata as they were, or encode the blob into this directory"
            raise VerificationError(f"{path}: {error}; {advice}") from error

    def read_sliver(self, metadata: VerifiedMetadata, axis: Axis, pair: int) -> Sliver:
        """One sliver, of the right length and index but not authenticated.

        FileNotFoundError if it is not there; VerificationError for anything that cannot be it.
        """
        path = self.sliver_path(axis, pair)
        expected = sliver_file_size(metadata, axis)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise VerificationError("not a regular file")
        if status.st_size != expected:
            raise VerificationError(f"{status.st_size:,} bytes, not {expected:,}")
        try:
            sliver = Sliver.from_bcs(axis, path.read_bytes())
        except InvalidEncodingError as error:
            raise VerificationError(str(error)) from error
        if sliver.index != pair_to_sliver(axis, pair, metadata.n_shards):
            raise VerificationError(f"holds {axis} sliver {sliver.index}, which is of another pair")
        return sliver

    def write_sliver(self, metadata: VerifiedMetadata, sliver: VerifiedSliver) -> Path:
        """Put one sliver in its place, and tell where that is."""
        path = self.sliver_path(
            sliver.axis, sliver_to_pair(sliver.axis, sliver.index, metadata.n_shards)
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(str(path), sliver.to_bcs())
        return path

    def complete(self, encoded: EncodedBlob, counter: Counter) -> int:
        """Write every file of the blob that is missing or not what it should be, and count those.

        Metadata come first, so that an interrupted directory knows whose it is. StorageError, with
        nothing changed, if the directory holds another blob.
        """
        self._require_room(encoded)
        for axis in Axis:
            (self.path / axis).mkdir(parents=True, exist_ok=True)
        n_written: int = _write_unless_there(self.metadata_path, encoded.metadata.to_bcs_with_id())
        for pair in encoded.sliver_pairs():
            for sliver in (pair.primary, pair.secondary):
                path = self.sliver_path(sliver.axis, pair.index)
                n_written += _write_unless_there(path, sliver.to_bcs())
                counter.done += 1
        return n_written

    def _require_room(self, encoded: EncodedBlob) -> None:
        """Refuse a directory with another blob's metadata; or, without any, with its slivers."""
        expected = str(encoded.metadata.blob_id)
        if self.path.exists() and not self.path.is_dir():
            raise StorageError(str(self.path), "is not a directory; choose another name")
        try:
            found = str(self.read_metadata().blob_id)
        except (StorageError, VerificationError):
            if self._holds_only_foreign_slivers(encoded):
                raise DirectoryOccupiedError(str(self.path), expected, "of unknown ID") from None
        else:
            if found != expected:
                raise DirectoryOccupiedError(str(self.path), expected, found)

    def _holds_only_foreign_slivers(self, encoded: EncodedBlob) -> bool:
        holds_any = False
        for pair in encoded.sliver_pairs():
            for sliver in (pair.primary, pair.secondary):
                path = self.sliver_path(sliver.axis, pair.index)
                if path.exists():
                    if _holds(path, sliver.to_bcs()):
                        return False
                    holds_any = True
        return holds_any


def sliver_file_size(metadata: VerifiedMetadata, axis: Axis) -> int:
    """Bytes of one sliver in BCS: data with its length in front, symbol size and index."""
    size = metadata.config.sliver_size(axis, metadata.unencoded_length)
    return len(bcs.uleb128(size)) + size + 4


def _write_unless_there(path: Path, content: bytes) -> bool:
    if _holds(path, content):
        return False
    write_whole(str(path), content)
    return True


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False
