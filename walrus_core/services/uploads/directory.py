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
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from walrus_core.codec.durable_files import sync_directory
from walrus_core.errors import (
    InvalidEncodingError,
    StorageFullError,
    UploadLimitError,
    UploadNotFoundError,
)
from walrus_core.services.uploads.accounts import file_name
from walrus_core.services.uploads.limits import IN_THE_WAY, UNBEGUN_AFTER, UploadLimits
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

__all__ = ["UploadDirectory", "Usage"]

ID = re.compile(r"[0-9a-f]{32}")
LOG = ".log"


@dataclass(slots=True)
class Usage:
    """How much of something there is."""

    uploads: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        self.uploads += 1
        self.size += size


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
                self._require_room(file_name(caller), order.size)
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
                    count += self._give_up(log)
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

    def _give_up(self, log: Path) -> bool:
        """Remove an upload, unless somebody has it or it is still to be stored."""
        descriptor = try_lock(log)
        if descriptor is None:
            return False
        try:
            session = Session.reopen(log, descriptor, self._clock)
        except InvalidEncodingError:
            for file in (notes_of(log), log.with_suffix(".data"), log):
                file.unlink(missing_ok=True)
            return True
        if session.upload.state in (UploadState.STORING, UploadState.STORED):
            session.close()
            return False
        session.remove()
        return True

    def _remembered(self, caller: str, upload_id: str) -> Upload:
        try:
            return _read(self._done / file_name(caller) / f"{upload_id}{LOG}")
        except (FileNotFoundError, InvalidEncodingError):
            raise UploadNotFoundError(upload_id) from None

    def _locked_session(self, log: Path) -> Session | None:
        descriptor = try_lock(log)
        return None if descriptor is None else Session.reopen(log, descriptor, self._clock)

    def _require_room(self, folder: str, size: int) -> None:
        """UploadLimitError, StorageFullError if there is none for one more upload. Those make room
        that nobody has touched for long: who lost an ID could not go on, and not begin anew either.
        """
        while (lack := self._lack(folder, size)) is not None:
            place, error = lack
            if not self._give_up_oldest(place):
                raise error
        needed, free = size + self._limits.spare_bytes, shutil.disk_usage(self.path).free
        if needed > free:
            raise StorageFullError(str(self.path), needed, free)

    def _lack(self, folder: str, size: int) -> tuple[str, UploadLimitError] | None:
        """Which limit one more upload would be beyond, and in which folders that counts."""
        everything, own = Usage(), Usage()
        for data in self._live.glob("*/*.data"):
            with contextlib.suppress(FileNotFoundError):
                length = data.stat().st_size
                everything.add(length)
                if data.parent.name == folder:
                    own.add(length)
        limits = self._limits
        for place, what, needed, limit in (
            (folder, "uploads of one caller", own.uploads + 1, limits.caller_uploads),
            (folder, "bytes of one caller", own.size + size, limits.caller_bytes),
            ("*", "uploads", everything.uploads + 1, limits.uploads),
            ("*", "bytes of uploads", everything.size + size, limits.upload_bytes),
        ):
            if needed > limit:
                return place, UploadLimitError(what, needed, limit)
        return None

    def _give_up_oldest(self, place: str) -> bool:
        """The one that nobody has touched for the longest time, if that is long enough."""
        ages = []
        for log in self._live.glob(f"{place}/*{LOG}"):
            with contextlib.suppress(FileNotFoundError):
                ages.append((log.stat().st_mtime, log))
        now = self._clock()
        return any(self._give_up(log) for time, log in sorted(ages) if now >= time + IN_THE_WAY)

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
