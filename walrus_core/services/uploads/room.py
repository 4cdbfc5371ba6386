"""Room for one more upload: what there is of them, and which of them give way."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from walrus_core.errors import InvalidEncodingError, StorageFullError, UploadLimitError
from walrus_core.services.uploads.limits import IN_THE_WAY, UploadLimits
from walrus_core.services.uploads.session import Session, notes_of, try_lock
from walrus_core.services.uploads.upload import UploadState

__all__ = ["LOG", "Room", "Usage", "give_up"]

LOG = ".log"


@dataclass(slots=True)
class Usage:
    """How much of something there is."""

    uploads: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        self.uploads += 1
        self.size += size


class Room:
    """In `live`, where each caller's uploads have a folder. Whoever counts must be alone at it."""

    def __init__(self, live: Path, limits: UploadLimits, clock: Callable[[], float]) -> None:
        self._live = live
        self._limits = limits
        self._clock = clock

    def require(self, folder: str, size: int) -> None:
        """UploadLimitError, StorageFullError if there is none for one more upload. Those make room
        that nobody has touched for long: who lost an ID could not go on, and not begin anew either.
        """
        while (lack := self._lack(folder, size)) is not None:
            place, error = lack
            if not self._give_up_oldest(place):
                raise error
        needed, free = size + self._limits.spare_bytes, shutil.disk_usage(self._live).free
        if needed > free:
            raise StorageFullError(str(self._live), needed, free)

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
        return any(
            give_up(log, self._clock) for time, log in sorted(ages) if now >= time + IN_THE_WAY
        )


def give_up(log: Path, clock: Callable[[], float]) -> bool:
    """Remove an upload, unless somebody has it or it is still to be stored."""
    descriptor = try_lock(log)
    if descriptor is None:
        return False
    try:
        session = Session.reopen(log, descriptor, clock)
    except InvalidEncodingError:
        for file in (notes_of(log), log.with_suffix(".data"), log):
            file.unlink(missing_ok=True)
        return True
    if session.upload.state in (UploadState.STORING, UploadState.STORED):
        session.close()
        return False
    session.remove()
    return True
