"""What is on disk when a call returns, whatever becomes of the process and of the machine then.

See `files` for what need not outlive a power cut. Trouble stays OSError.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from walrus_core.codec.files import temporary_name, write_all

__all__ = ["EVERYBODY", "create_durably", "sync_data", "sync_directory", "write_durably"]

OWNER_ONLY, EVERYBODY = 0o600, 0o666
"""Modes of new files; the second as far as the process's umask lets it."""


def write_durably(path: Path, content: bytes, mode: int = OWNER_ONLY) -> None:
    """Let a small file be at `path` all at once, in the place of the one that is there."""
    aside = path.with_name(temporary_name())
    _make(aside, content, mode)
    try:
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def create_durably(path: Path, content: bytes, mode: int = OWNER_ONLY) -> None:
    """Make a small file, or none. FileExistsError if there is one."""
    _make(path, content, mode)
    sync_directory(path.parent)


def _make(path: Path, content: bytes, mode: int) -> None:
    """All of it is on disk, but for its name."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        write_all(descriptor, [content])
        sync_data(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def sync_data(descriptor: int) -> None:
    """Return when what was written is on disk; macOS needs more than fsync for that."""
    if hasattr(fcntl, "F_FULLFSYNC"):
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


def sync_directory(path: Path) -> None:
    """Return when the names in a directory are on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
