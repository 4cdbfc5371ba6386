"""Trouble with temporary files, as those are told who sent what goes into them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from walrus_core.codec.files import FULL
from walrus_core.codec.memory import temporary_directory
from walrus_core.errors import StorageError, StorageFullError

__all__ = ["spooling"]


@contextmanager
def spooling(size: int, directory: Path | None) -> Iterator[None]:
    """An OSError in the body, which puts `size` bytes into temporary files in `directory` (None for
    where these go), is StorageFullError if they found no room, and StorageError if not.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:  # a TimeoutError, which is about nothing on a disk
            raise
        place = directory or temporary_directory()
        if error.errno in FULL:
            status = os.statvfs(place)
            free = status.f_bavail * status.f_frsize
            raise StorageFullError(str(place), size, free) from error
        reason = f"a temporary file: {error.strerror or error}"
        raise StorageError(str(place), reason) from error
