"""Blobs in and out; `-` is standard input or output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from walrus_core.codec.sources import opened_blob
from walrus_core.errors import StorageError

if TYPE_CHECKING:
    from walrus_core.codec.decoder import BlobTarget
    from walrus_core.codec.sources import BlobSource

STANDARD_STREAM = "-"


def blob_source(path: str) -> str | BinaryIO:
    """What to read a blob from."""
    if path != STANDARD_STREAM:
        return path
    if sys.stdin is None:
        raise StorageError(path, "standard input is closed; give a file")
    return sys.stdin.buffer


def blob_target(path: str) -> BlobTarget:
    """What to write a blob to."""
    return sys.stdout.buffer if path == STANDARD_STREAM else path


@contextmanager
def rereadable_blob(path: str, max_size: int) -> Iterator[BlobSource]:
    """A blob that can be read twice: the path of a file, or what a pipe gave to its end."""
    if path != STANDARD_STREAM and Path(path).is_file():
        yield path
        return
    with opened_blob(blob_source(path), max_size) as view:
        yield view


def shown(path: str, standard_stream: str) -> str:
    """The path as reports name it."""
    return standard_stream if path == STANDARD_STREAM else path


def check_writable(path: str) -> None:
    """Complain before the work, not after it, about an output file that cannot be written."""
    if path == STANDARD_STREAM:
        return
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise StorageError(path, "is a directory; give the name of a file")
    if not target.parent.is_dir():
        raise StorageError(path, f"the directory {target.parent} does not exist; create it first")
