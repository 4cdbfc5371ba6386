"""Blobs in, whole files out; `-` is standard input or output.

Trouble with reading is StorageError, of the input; trouble with writing stays OSError. Nothing is
flushed to the device (fsync): for every reader a file is whole from its rename on, and what a power
cut leaves `walrus-core verify` tells.
"""

from __future__ import annotations

import io
import mmap
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from walrus_core.errors import BlobTooLargeError, OutOfMemoryError, StorageError

if TYPE_CHECKING:
    from typing_extensions import Buffer

STANDARD_STREAM = "-"
CHUNK = 1 << 20


def read_blob(path: str, max_size: int) -> bytes:
    """The blob in memory, immutable, as `encode` wants it; BlobTooLargeError before reading it."""
    with _opened(path) as stream:
        return _read(path, stream, max_size)


@contextmanager
def mapped_blob(path: str, max_size: int) -> Iterator[bytes | mmap.mmap]:
    """The blob mapped, not read, where it is a regular file: memory stays small.

    The kernel looks at a byte more than once; a file changed meanwhile is StorageError at the end.
    One cut short meanwhile ends the process by SIGBUS, as it does every program that maps files.
    """
    with _opened(path) as stream:
        before = _regular_status(path, stream)
        if before is None or before.st_size == 0:  # an empty file cannot be mapped
            yield _read(path, stream, max_size)
            return
        _check_size(before.st_size, max_size)
        try:
            blob = mmap.mmap(stream.fileno(), before.st_size, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # ValueError: the file shrank since
            raise StorageError(path, f"cannot be mapped into memory: {error}") from error
        yield blob
        after = os.fstat(stream.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise StorageError(
                path, "changed while it was read; run the command again when nobody writes to it"
            )


def shown(path: str, standard_stream: str) -> str:
    """The path as reports name it."""
    return standard_stream if path == STANDARD_STREAM else path


def unreadable(path: str, error: OSError) -> StorageError:
    """What an OSError of reading `path` means to the person who gave the path."""
    advice = "give a file" if isinstance(error, IsADirectoryError) else "check path and permissions"
    return StorageError(path, f"{error.strerror or error}; {advice}")


def write_whole(path: str, content: Buffer) -> None:
    """Let `content` appear at `path` all at once, or not at all.

    It is written beside the target and renamed over it. Standard output and what is no regular file
    (a device, a named pipe) is written to directly.
    """
    if path == STANDARD_STREAM:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            _write(target, "wb", content)
        else:
            _write_aside(target, content)
    except OSError as error:
        error.filename = path  # not the name of the file aside
        raise


def _write_aside(target: Path, content: Buffer) -> None:
    aside = target.with_name(f".walrus-core-{os.urandom(6).hex()}.tmp")
    try:
        _write(aside, "xb", content)
        aside.replace(target)
    except BaseException:  # Ctrl-C, too
        aside.unlink(missing_ok=True)
        raise


def _write(path: Path, mode: Literal["wb", "xb"], content: Buffer) -> None:
    with path.open(mode) as stream:
        stream.write(content)


def check_writable(path: str) -> None:
    """Complain before the work, not after it, about an output file that cannot be written."""
    if path == STANDARD_STREAM:
        return
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise StorageError(path, "is a directory; give the name of a file")
    if not target.parent.is_dir():
        raise StorageError(path, f"the directory {target.parent} does not exist; create it first")


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    if path == STANDARD_STREAM and sys.stdin is None:
        raise StorageError(path, "standard input is closed; give a file")
    if path == STANDARD_STREAM:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise unreadable(path, error) from error


def _regular_status(path: str, stream: BinaryIO) -> os.stat_result | None:
    """The status of a regular file; None for a stream whose end only reading finds."""
    if path == STANDARD_STREAM:
        return None
    status = os.fstat(stream.fileno())
    return status if stat.S_ISREG(status.st_mode) else None


def _read(path: str, stream: BinaryIO, max_size: int) -> bytes:
    status = _regular_status(path, stream)
    if status:
        _check_size(status.st_size, max_size)
    try:
        blob = stream.read() if status else _gathered(stream, max_size)
    except OSError as error:
        raise unreadable(path, error) from error
    except MemoryError:
        raise OutOfMemoryError(status.st_size if status else max_size) from None
    _check_size(len(blob), max_size)
    return blob


def _gathered(stream: BinaryIO, max_size: int) -> bytes:
    """The rest of a stream of unknown length, read no further than shows it to be too long."""
    gathered = io.BytesIO()  # getvalue() hands its buffer over without a copy
    while gathered.tell() <= max_size and (chunk := stream.read(CHUNK)):
        gathered.write(chunk)
    return gathered.getvalue()


def _check_size(size: int, max_size: int) -> None:
    if size > max_size:
        raise BlobTooLargeError(size, max_size)
