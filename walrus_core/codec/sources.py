"""Where blobs come from: buffers, files, and streams that only reading finds the end of.

Files are mapped, not read, so that a blob needs no memory of its own. Trouble with reading is
StorageError, of the input.
"""

from __future__ import annotations

import io
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from walrus_core import kernel
from walrus_core.codec.buffers import byte_view
from walrus_core.codec.memory import CHUNK, LARGEST_ANONYMOUS, unnamed_file
from walrus_core.errors import BlobTooLargeError, InvalidArgumentError, StorageError

if TYPE_CHECKING:
    from typing_extensions import Buffer, TypeIs

    FilePath: TypeAlias = str | os.PathLike[str]
    BlobSource: TypeAlias = Buffer | FilePath | BinaryIO
    ReadPattern: TypeAlias = Literal["in order", "here and there", "soon", "not soon"]


def map_file(path: FilePath) -> kernel.FileMapping:
    """The bytes of a regular file as a read-only buffer, without reading it into memory.

    `encode` and `Sliver` reference such a buffer instead of copying it, so nobody may write to the
    file while they or their results are in use; if it is cut short, access ends the process by
    SIGBUS. It may be removed or renamed. No descriptor stays open. StorageError.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # opening a pipe would wait for a writer
            raise StorageError(os.fspath(path), "cannot be mapped; give a regular file")
        with Path(path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            return kernel.FileMapping(stream.fileno(), size, os.fspath(path))
    except OSError as error:
        raise unreadable(os.fspath(path), error) from error


@contextmanager
def opened_blob(source: BlobSource, max_size: int) -> Iterator[memoryview]:
    """The bytes of a blob for the time of a call: a buffer's own, or a file's mapped.

    A binary file object gives what is left of it. What is no regular file (a pipe, a decompressor)
    is read to its end, into a temporary file if it is long. BlobTooLargeError before more is read
    than shows it; StorageError for what cannot be read, or if a file changed before the call ended.
    """
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        try:
            file = Path(source).open("rb")  # noqa: SIM115 (closed below)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise unreadable(name, error) from error
        with file, _opened_stream(file, name, max_size) as view:
            yield view
    elif is_stream(source):
        name = str(getattr(source, "name", "") or "the stream")
        with _opened_stream(source, name, max_size) as view:
            yield view
    else:
        view = byte_view("blob", source)
        _check_size(view.nbytes, max_size)
        yield view


def is_stream(thing: object) -> TypeIs[BinaryIO]:
    """Whether this is a file object; an mmap has the methods of one, but is a buffer first."""
    if isinstance(thing, mmap.mmap):
        return False
    return hasattr(thing, "read") or hasattr(thing, "write")


def will_read(view: memoryview, pattern: ReadPattern) -> None:
    """Tell the system how these bytes are going to be read, if they are a mapped file's."""
    if isinstance(view.obj, kernel.FileMapping):
        view.obj.will_read(view, pattern)


def brought_in(view: memoryview, room: memoryview) -> memoryview:
    """`view` itself, or, if it is a mapped file's, what it shows read into `room` of its length.

    To touch a mapping means to wait for the disk at every few pages, and where memory is short, the
    pages that `will_read` asked for are gone again before they are used. A read is one request. A
    file that is no longer at its path is copied from the mapping.
    """
    mapping = view.obj
    if not isinstance(mapping, kernel.FileMapping):
        return view
    if not _read_file(mapping, mapping.offset_of(view), room):
        will_read(view, "soon")
        room[:] = view
    return room


def _read_file(mapping: kernel.FileMapping, offset: int, room: memoryview) -> bool:
    """Fill `room` from the file of a mapping, if it is where it was. StorageError."""
    if mapping.path is None:
        return False
    try:
        # Not to wait, should a pipe have taken the file's place.
        descriptor = os.open(mapping.path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != mapping.identity:
            return False
        while room.nbytes and (count := os.preadv(descriptor, [room], offset)):
            room, offset = room[count:], offset + count
    except OSError as error:
        raise unreadable(mapping.path, error) from error
    finally:
        os.close(descriptor)
    if room.nbytes:
        raise StorageError(mapping.path, "was cut short while it was read; restore it")
    return True


def unreadable(name: str, error: OSError | ValueError) -> StorageError:
    """What an error of reading `name` means to the person who gave the name."""
    advice = "give a file" if isinstance(error, IsADirectoryError) else "check path and permissions"
    return StorageError(name, f"{getattr(error, 'strerror', None) or error}; {advice}")


@contextmanager
def _opened_stream(stream: BinaryIO, name: str, max_size: int) -> Iterator[memoryview]:
    """What is left of a stream: mapped if it is a regular file, which must not change meanwhile."""
    before = _regular_status(stream)
    if before is None:
        yield memoryview(_gathered(stream, name, max_size))
        return
    start = min(stream.tell(), before.st_size)
    _check_size(before.st_size - start, max_size)
    try:
        mapping = kernel.FileMapping(stream.fileno(), before.st_size)
    except OSError as error:
        raise StorageError(name, f"cannot be mapped into memory: {error}") from error
    yield memoryview(mapping)[start:]
    after = os.fstat(stream.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise StorageError(
            name, "changed while it was read; run the command again when nobody writes to it"
        )


def _regular_status(stream: BinaryIO) -> os.stat_result | None:
    """The status of a regular file of known size; None for a stream that has to be read.

    Only Python's own file objects are asked: the descriptor of a decompressor leads to other bytes
    than reading it. Files under /proc pretend to be empty.
    """
    if not isinstance(getattr(stream, "raw", stream), io.FileIO):
        return None
    status = os.fstat(stream.fileno())
    return status if stat.S_ISREG(status.st_mode) and status.st_size else None


def _gathered(stream: BinaryIO, name: str, max_size: int) -> Buffer:
    """All that a stream gives: in memory, or else in a temporary file that has no name."""
    memory = io.BytesIO()  # getvalue() hands its buffer over without a copy
    chunks = _chunks(stream, name)
    for chunk in chunks:
        memory.write(chunk)
        _check_size(memory.tell(), max_size)
        if memory.tell() > LARGEST_ANONYMOUS:
            return _spooled(memory, chunks, max_size)
    return memory.getvalue()


def _spooled(head: io.BytesIO, chunks: Iterator[bytes], max_size: int) -> kernel.FileMapping:
    """`head` and what comes after it."""
    with unnamed_file() as file:
        file.write(head.getbuffer())
        head.close()
        for chunk in chunks:
            file.write(chunk)
            _check_size(file.tell(), max_size)
        file.flush()
        return kernel.FileMapping(file.fileno(), file.tell())


def _chunks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = stream.read(CHUNK)
        except (OSError, ValueError) as error:  # ValueError: a closed file
            raise unreadable(name, error) from error
        if not isinstance(chunk, bytes):
            raise InvalidArgumentError("blob must be a binary file, not one opened as text")
        if not chunk:
            return
        yield chunk


def _check_size(size: int, max_size: int) -> None:
    if size > max_size:
        raise BlobTooLargeError(size, max_size)
