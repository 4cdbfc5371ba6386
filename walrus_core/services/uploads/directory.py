"""All uploads of a server, in one directory that its processes share.

    lock                        who has it counts, and lets one more in
    live/CALLER/ID.log, .data   uploads that are not stored yet
    live/CALLER/ID.progress     how far storing one is
    done/CALLER/ID.log          what became of the others

CALLER is the caller's `file_name`. How old something is the time of its log's last line says.
Everything here blocks.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from walrus_core.codec.durable_files import sync_directory
from walrus_core.errors import InvalidEncodingError, UploadNotFoundError
from walrus_core.services.uploads.accounts import file_name
from walrus_core.services.uploads.limits import UNBEGUN_AFTER, UploadLimits
from walrus_core.services.uploads.room import LOG, Room, Usage, give_up
from walrus_core.services.uploads.session import (
    Session,
    disk_errors,
    notes_of,
    read_log,
    try_lock,
    wall_clock,
)
from walrus_core.services.uploads.store_news import StoreNews
from walrus_core.services.uploads.upload import Order, Upload, UploadState, replayed

__all__ = ["UploadDirectory"]

ID = re.compile(r"[0-9a-f]{32}")


class UploadDirectory:
    """See the module. `clock` tells seconds since 1970.

    Methods raise StorageError if the disk fails.
    """

    def __init__(
        self, path: Path, limits: UploadLimits, clock: Callable[[], float] = wall_clock
    ) -> None:
        self.path = path
        self._limits = limits
        self._clock = clock
        self._live = path / "live"
        self._done = path / "done"
        self._room = Room(self._live, limits, clock)

    def prepare(self) -> None:
        """Make what is missing of it."""
        with disk_errors(self.path):
            for directory in (self._live, self._done):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_directory(self.path)

    # -- one upload ---------------------------------------------------------------------------

    def create(self, caller: str, order: Order) -> Session:
        """A new upload. UploadLimitError, StorageFullError."""
        with disk_errors(self.path, order.size):
            log = self._live / file_name(caller) / f"{secrets.token_hex(16)}{LOG}"
            with self._locked():
                self._room.require(file_name(caller), order.size)
                self._make(log.parent)
                descriptor = try_lock(log, os.O_CREAT | os.O_EXCL)
                assert descriptor is not None, "nobody else knows its name yet"
                try:
                    _make_data(log.with_suffix(".data"), order.size)
                except BaseException:
                    log.with_suffix(".data").unlink(missing_ok=True)
                    log.unlink()
                    os.close(descriptor)
                    raise
            return Session.create(log, descriptor, self._clock, caller, order)

    def own(self, caller: str, upload_id: str) -> Session | Upload | None:
        """An upload, with the right to change it; what became of it, if it is finished; None if
        another has it. UploadNotFoundError.
        """
        log = self._live / file_name(caller) / f"{_checked(upload_id)}{LOG}"
        try:
            return self._locked_session(log)
        except (FileNotFoundError, InvalidEncodingError):
            return self._remembered(caller, upload_id)

    def look(self, caller: str, upload_id: str) -> Upload:
        """An upload as it is now, whoever has it. UploadNotFoundError."""
        log = self._live / file_name(caller) / f"{_checked(upload_id)}{LOG}"
        try:
            return _read(log)
        except (FileNotFoundError, InvalidEncodingError):
            return self._remembered(caller, upload_id)

    def progress(self, caller: str, upload_id: str) -> StoreNews | None:
        """How far its owner says that storing an upload is, if it does."""
        with disk_errors(self.path):
            log = self._live / file_name(caller) / f"{_checked(upload_id)}{LOG}"
            return StoreNews.noted(notes_of(log))

    def finish(self, session: Session) -> None:
        """Of what is stored only that is remembered; the session is closed in any case."""
        try:
            with disk_errors(self.path):
                session.forget_data()
                there = self._done / session.log.parent.name
                self._make(there)
                session.log.rename(there / session.log.name)
                sync_directory(there)
                sync_directory(session.log.parent)
        finally:
            session.close()

    def unowned(self) -> Iterator[Session]:
        """Those to be stored, or to be finished, that nobody has; now they are this process'."""
        due = UploadState.STORING, UploadState.STORED
        for log in self._logs(self._live):
            with contextlib.suppress(FileNotFoundError, InvalidEncodingError):
                if _read(log).state not in due or not (session := self._locked_session(log)):
                    continue
                if session.upload.state in due:
                    yield session
                else:
                    session.close()

    # -- all of them --------------------------------------------------------------------------

    def census(self) -> Mapping[UploadState, Usage]:
        """Those that are not stored yet, by their states."""
        found: dict[UploadState, Usage] = {
            state: Usage() for state in UploadState if state is not UploadState.STORED
        }
        with disk_errors(self.path):
            for log in self._logs(self._live):
                with contextlib.suppress(FileNotFoundError, InvalidEncodingError):
                    if (upload := _read(log)).state in found:
                        found[upload.state].add(upload.order.size)
        return found

    def sweep(self, is_due: Callable[[Path, float], bool]) -> int:
        """Remove what `is_due`: a log and the time after which it is; how many went."""
        count = 0
        for log in self._logs(self._live):
            with contextlib.suppress(FileNotFoundError):
                if is_due(log, log.stat().st_mtime + self._patience(log)):
                    count += give_up(log, self._clock)
        ages = []
        for log in self._logs(self._done):
            with contextlib.suppress(FileNotFoundError):
                ages.append((log.stat().st_mtime, log))
        ages.sort()
        too_many = max(len(ages) - self._limits.remembered, 0)
        for number, (time, log) in enumerate(ages):
            if number < too_many or is_due(log, time + self._limits.remembered_for):
                log.unlink(missing_ok=True)
                count += 1
        return count

    # -- inside -------------------------------------------------------------------------------

    def _patience(self, log: Path) -> float:
        begun = log.stat().st_size
        limits = self._limits
        return limits.abandoned_after if begun else min(UNBEGUN_AFTER, limits.abandoned_after)

    def _remembered(self, caller: str, upload_id: str) -> Upload:
        try:
            return _read(self._done / file_name(caller) / f"{upload_id}{LOG}")
        except (FileNotFoundError, InvalidEncodingError):
            raise UploadNotFoundError(upload_id) from None

    def _locked_session(self, log: Path) -> Session | None:
        descriptor = try_lock(log)
        return None if descriptor is None else Session.reopen(log, descriptor, self._clock)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_directory(folder.parent)

    def _logs(self, place: Path) -> Iterator[Path]:
        return iter(sorted(place.glob(f"*/*{LOG}")))


def _make_data(data: Path, size: int) -> None:
    """A file of so many bytes: from here on the upload counts."""
    descriptor = os.open(data, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, size)
    finally:
        os.close(descriptor)


def _checked(upload_id: str) -> str:
    """UploadNotFoundError for what is no ID: it becomes a path."""
    if not ID.fullmatch(upload_id):
        raise UploadNotFoundError(upload_id[:64])
    return upload_id


def _read(log: Path) -> Upload:
    """FileNotFoundError, InvalidEncodingError."""
    descriptor = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return replayed(log.stem, read_log(descriptor, log))[0]
    finally:
        os.close(descriptor)
