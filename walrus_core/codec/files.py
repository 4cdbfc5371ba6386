"""Files that appear whole or not at all.

Trouble with writing stays OSError. Nothing is flushed to the device (fsync): for every reader a
file is whole from its rename on, and what a power cut leaves verification tells. Where nothing
could tell, there are `durable_files`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.codec.sources import FilePath

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""How a system says that a file cannot grow."""


@contextmanager
def errors_named(path: FilePath) -> Iterator[None]:
    """An OSError in the body names `path`, whatever file it was about."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = os.fspath(path), None
        raise


@contextmanager
def whole_file(path: FilePath) -> Iterator[BinaryIO]:
    """A file beside `path` to write to, which takes its place if the body ends without an error.

    A link is followed. An OSError names `path`, not the file aside.
    """
    target = Path(os.path.realpath(path))
    aside = target.with_name(temporary_name())
    with errors_named(path):
        try:
            with aside.open("x+b", buffering=0) as stream:
                yield stream
            aside.replace(target)
        except BaseException:  # Ctrl-C, too
            aside.unlink(missing_ok=True)
            raise


def write_whole(path: FilePath, content: Buffer) -> None:
    """Let `content` appear at `path` all at once, or not at all."""
    with whole_file(path) as stream:
        write_all(stream.fileno(), [content])


def temporary_name() -> str:
    """A name for what is not whole yet."""
    return f".walrus-core-{os.urandom(6).hex()}.tmp"


def write_all(descriptor: int, parts: Sequence[Buffer]) -> None:
    """Write all parts, one after the other; the system may take less than it is given at once."""
    views = [view for part in parts if (view := memoryview(part)).nbytes]
    while views:
        written = os.writev(descriptor, views)
        while views and written >= views[0].nbytes:
            written -= views.pop(0).nbytes
        if written:
            views[0] = views[0][written:]


def write_at(descriptor: int, offset: int, content: memoryview) -> None:
    """Write all of `content` at `offset`."""
    while content.nbytes:
        written = os.pwrite(descriptor, content, offset)
        content, offset = content[written:], offset + written
