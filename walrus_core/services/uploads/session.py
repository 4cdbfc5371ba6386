"""The files of an upload: its log, whose lock is the upload's, its bytes, and while they are stored
a note of how far that is.

Who has the log locked owns the upload; the system takes the lock from a process that dies. Nothing
here may be called from an event loop: everything blocks.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from walrus_core.codec.durable_files import sync_data, sync_directory
from walrus_core.codec.files import FULL, write_at
from walrus_core.codec.memory import reserve
from walrus_core.errors import InvalidEncodingError, StorageError, StorageFullError
from walrus_core.services.uploads.upload import (
    Order,
    Upload,
    UploadState,
    committed,
    line,
    opening,
    replayed,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.services.uploads.store_news import StoreNews

__all__ = ["Session", "disk_errors", "notes_of", "read_log", "try_lock"]

LARGEST_LOG = 8 << 20
"""Bytes of a log; what is larger is none of ours."""


class Session:
    """An upload that this process owns, until it is closed.

    `upload` is what is durable of it. Methods raise StorageFullError, which leaves everything as it
    was, and StorageError.
    """

    def __init__(self, log: Path, descriptor: int, clock: Callable[[], float]) -> None:
        """Takes over `descriptor`, of the log, which is locked."""
        self.log = log
        self.data = log.with_suffix(".data")
        self.notes = notes_of(log)
        self.upload: Upload
        self._log_descriptor = descriptor
        self._data_descriptor: int | None = None
        self._length = 0
        self._clock = clock

    @classmethod
    def create(
        cls, log: Path, descriptor: int, clock: Callable[[], float], caller: str, order: Order
    ) -> Self:
        """The files of a new upload, with room for all of it; its data file is there and as long as
        it will be.
        """
        session = cls(log, descriptor, clock)
        try:
            with disk_errors(log.parent, order.size):
                session._open_data()
                if order.size:
                    reserve(session._data, order.size)
                session._append(opening(caller, order))
                sync_directory(log.parent)
        except BaseException:
            session.remove()
            raise
        session.upload = Upload(log.stem, caller, order)
        return session

    @classmethod
    def reopen(cls, log: Path, descriptor: int, clock: Callable[[], float]) -> Self:
        """As the files tell. InvalidEncodingError if they do not."""
        session = cls(log, descriptor, clock)
        try:
            session.upload, session._length = replayed(log.stem, read_log(descriptor, log))
            session._require_data()
        except BaseException:
            session.close()
            raise
        return session

    # -- its bytes ----------------------------------------------------------------------------

    def write(self, offset: int, parts: Sequence[Buffer]) -> None:
        """Bytes at `offset`; they count when they are committed."""
        with disk_errors(self.data.parent, self.upload.order.size - offset):
            self._open_data()
            for part in parts:
                view = memoryview(part)
                write_at(self._data, offset, view)
                offset += view.nbytes

    def commit(self, offset: int) -> None:
        """All bytes before `offset` were written: let them be durable."""
        with disk_errors(self.data.parent, self.upload.order.size - offset):
            self._open_data()
            sync_data(self._data)
        self.record(committed(offset))

    # -- what happens to it -------------------------------------------------------------------

    def record(self, event: Mapping[str, Any]) -> None:
        """Write down what happened; it is durable when this returns."""
        upload = self.upload.after(event)
        with disk_errors(self.log.parent):
            self._append(event)
        self.upload = upload

    def note(self, news: StoreNews) -> None:
        """How far storing it is, for other processes."""
        with disk_errors(self.log.parent):
            news.note(self.notes)

    def forget_data(self) -> None:
        """Nobody needs the bytes any more."""
        self._close_data()
        with disk_errors(self.log.parent):
            self.notes.unlink(missing_ok=True)
            self.data.unlink(missing_ok=True)

    def remove(self) -> None:
        """Nothing is left of it: the bytes go first, so that a log leads to them while they are."""
        with disk_errors(self.log.parent):
            self.notes.unlink(missing_ok=True)
            self.data.unlink(missing_ok=True)
            self.log.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let others have it; may be called again."""
        self._close_data()
        if self._log_descriptor >= 0:
            os.close(self._log_descriptor)
            self._log_descriptor = -1

    # -- inside -------------------------------------------------------------------------------

    @property
    def _data(self) -> int:
        assert self._data_descriptor is not None
        return self._data_descriptor

    def _require_data(self) -> None:
        """InvalidEncodingError if there are not as many bytes as there are to be."""
        upload = self.upload
        if upload.state is UploadState.STORED:
            return
        size = self.data.stat().st_size if self.data.exists() else -1
        if size != upload.order.size:
            raise InvalidEncodingError(f"{size:,} bytes of data != {upload.order.size:,}")

    def _open_data(self) -> None:
        if self._data_descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._data_descriptor = os.open(self.data, flags, 0o600)

    def _close_data(self) -> None:
        if self._data_descriptor is not None:
            os.close(self._data_descriptor)
            self._data_descriptor = None

    def _append(self, event: Mapping[str, Any]) -> None:
        content = line(event)
        try:
            write_at(self._log_descriptor, self._length, memoryview(content))
            sync_data(self._log_descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._log_descriptor, self._length)  # or half a line stays
            raise
        self._length += len(content)
        now = self._clock()
        os.utime(self._log_descriptor, (now, now))


def notes_of(log: Path) -> Path:
    """Where its owner notes how far storing an upload is."""
    return log.with_suffix(".progress")


def try_lock(log: Path, flags: int = 0) -> int | None:
    """The descriptor of a log, locked; None if another has it. FileNotFoundError if there is none,
    or not any more.
    """
    descriptor = os.open(log, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = log.stat()  # it may have gone between being opened and being locked
        if status.st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    raise FileNotFoundError(errno.ENOENT, "was replaced", str(log))


def read_log(descriptor: int, path: Path) -> bytes:
    """All that a log has. StorageError."""
    with disk_errors(path):
        size = os.fstat(descriptor).st_size
        if size > LARGEST_LOG:
            raise StorageError(str(path), f"a log of {size:,} bytes > {LARGEST_LOG:,}")
        return os.pread(descriptor, size, 0)


@contextmanager
def disk_errors(place: Path, needed: int = 0) -> Iterator[None]:
    """An OSError becomes StorageError: StorageFullError, if disk or quota is full."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in FULL:
            free = shutil.disk_usage(place).free
            raise StorageFullError(str(place), needed, free) from error
        raise StorageError(str(error.filename or place), error.strerror or str(error)) from error


def wall_clock() -> float:
    """Seconds since 1970: uploads outlive processes, whose own clocks do not."""
    return time.time()
