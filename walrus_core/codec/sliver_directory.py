"""A directory with one blob's slivers: `metadata.bcs`, `primary/00017.bcs`, `secondary/00017.bcs`.

The metadata are BlobMetadataWithId, the slivers SliverData, named by sliver *pair* index; all of it
is the official BCS (spec, chapter 3), as storage nodes send it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from walrus_core import kernel
from walrus_core.codec import bcs
from walrus_core.codec.config import MAX_SHARDS, EncodingConfig
from walrus_core.codec.files import write_whole
from walrus_core.codec.metadata import PAIR_SIZE, UnverifiedMetadata, VerifiedMetadata
from walrus_core.codec.slivers import Sliver, VerifiedSliver
from walrus_core.codec.sources import unreadable, will_read
from walrus_core.errors import InvalidEncodingError, StorageError, VerificationError
from walrus_core.types import Axis, pair_to_sliver, sliver_to_pair

if TYPE_CHECKING:
    from walrus_core.codec.sources import FilePath

MAX_METADATA_SIZE = 2 * PAIR_SIZE * MAX_SHARDS
"""More than any BlobMetadataWithId takes; nothing longer is read."""


class SliverDirectory:
    """The files of one blob under `path`, which need not exist yet."""

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)

    @property
    def metadata_path(self) -> Path:
        """The file of the blob's metadata."""
        return self.path / "metadata.bcs"

    def sliver_path(self, axis: Axis, pair: int) -> Path:
        """The file of one sliver."""
        return self.path / axis / sliver_name(pair)

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

    def read_sliver(
        self, metadata: VerifiedMetadata, axis: Axis, pair: int, *, soon: bool = True
    ) -> Sliver:
        """One sliver, of the right length and index but not authenticated: a view of its mapped
        file, which must not change while it is in use. `soon`: it is on its way into memory.

        FileNotFoundError if it is not there; VerificationError for anything that cannot be it.
        """
        expected = sliver_file_size(metadata.config, axis, metadata.unencoded_length)
        content = _mapped(self.sliver_path(axis, pair), expected, soon=soon)
        try:
            sliver = Sliver.from_bcs(axis, content)
        except InvalidEncodingError as error:
            raise VerificationError(str(error)) from error
        if sliver.index != pair_to_sliver(axis, pair, metadata.n_shards):
            raise VerificationError(f"holds {axis} sliver {sliver.index}, which is of another pair")
        return sliver

    def write_sliver(self, metadata: VerifiedMetadata, sliver: VerifiedSliver) -> Path:
        """Put one sliver in its place, and tell where that is."""
        pair = sliver_to_pair(sliver.axis, sliver.index, metadata.n_shards)
        path = self.sliver_path(sliver.axis, pair)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, sliver.to_bcs())
        return path


def sliver_name(pair: int) -> str:
    """The name of a sliver's file in the directory of its axis."""
    return f"{pair:05}.bcs"


def sliver_file_size(config: EncodingConfig, axis: Axis, blob_size: int) -> int:
    """Bytes of one sliver in BCS: data with its length in front, symbol size and index."""
    size = config.sliver_size(axis, blob_size)
    return len(bcs.uleb128(size)) + size + 4


def _mapped(path: Path, size: int, *, soon: bool) -> kernel.FileMapping:
    """A regular file of `size` bytes. VerificationError for any other."""
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for a writer
        raise VerificationError("not a regular file")
    with path.open("rb", buffering=0) as stream:
        if (found := os.fstat(stream.fileno()).st_size) != size:
            raise VerificationError(f"{found:,} bytes, not {size:,}")
        mapping = kernel.FileMapping(stream.fileno(), size, str(path))
    if soon:
        will_read(memoryview(mapping), "soon")
    return mapping
