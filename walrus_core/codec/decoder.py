"""Reconstruction: enough slivers of one axis in, the blob out (spec, chapters 1.4 and 1.6)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from walrus_core import kernel
from walrus_core.codec.buffers import byte_view
from walrus_core.codec.decoding import ConsistencyCheck, Decoding
from walrus_core.codec.files import errors_named, whole_file
from walrus_core.codec.memory import CHUNK, unnamed_file
from walrus_core.codec.sources import is_stream
from walrus_core.errors import InvalidArgumentError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.codec.metadata import VerifiedMetadata
    from walrus_core.codec.progress import Progress
    from walrus_core.codec.slivers import Sliver
    from walrus_core.codec.sources import FilePath

    BlobTarget: TypeAlias = Buffer | FilePath | BinaryIO

__all__ = ["ConsistencyCheck", "decode", "decode_into"]


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
