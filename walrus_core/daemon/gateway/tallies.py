"""What callers have had, in small files that all workers of a server share.

    DIRECTORY/CALLER    the day (since 1970, UTC), bytes and FROST; one file for each caller

CALLER is the caller's `file_name`. Whoever changes the numbers locks one byte far behind them. Each
stream of a caller that may have only so many holds a lock on one byte further on: the system gives
back what a worker held that died. Files of callers without quotas are never made.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from walrus_core.errors import QuotaExceededError, StorageError
from walrus_core.rpc.attendants import Allowance
from walrus_core.rpc.callers import Caller, CallerBook
from walrus_core.services.uploads.accounts import file_name

if TYPE_CHECKING:
    from walrus_core.services.ports import Cost
    from walrus_core.services.uploads import Order, StoredBlob

__all__ = ["TallyFiles"]

DAY = 86_400
NUMBERS = struct.Struct("<qqq")
LOCK, STREAMS = 1 << 20, 1 << 21
"""Offsets of the bytes that are locked; the file is never that long."""

STREAM_PAUSE = 1.0
"""Seconds after which another stream may have ended."""

BATCH = 4 << 20
"""Bytes of messages that are written down together."""


class TallyFiles:
    """Implements `Tallies`, and `Accounts` of the uploads. `close` it.

    FROST are counted when an upload is admitted, at the price of that moment; what was not needed,
    as for content that was stored already, is given back when it is stored by the same process.
    What was neither is given back at midnight.
    """

    def __init__(
        self,
        directory: Path,
        book: Callable[[], CallerBook | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._book = book
        self._clock = clock
        self._tallies: dict[str, _Tally] = {}
        self._admitted: defaultdict[tuple[str, int], list[int]] = defaultdict(list)

    def close(self) -> None:
        for tally in self._tallies.values():
            os.close(tally.descriptor)
        self._tallies.clear()

    # -- Tallies ------------------------------------------------------------------------------

    @contextmanager
    def call(self, caller: Caller) -> Iterator[Allowance]:
        quotas = caller.quotas
        if quotas.streams is None and quotas.bytes_per_day is None:
            yield _Unlimited()
            return
        tally = self._tally(caller.name)
        with tally.stream(quotas.streams):
            if quotas.bytes_per_day is None:
                yield _Unlimited()
                return
            metered = _Metered(tally, quotas.bytes_per_day)
            metered.begin()
            try:
                yield metered
            finally:
                metered.end()

    # -- Accounts -----------------------------------------------------------------------------

    async def admit(self, caller: str, order: Order, cost: Cost) -> None:
        if (limit := self._frost_per_day(caller)) is None:
            return
        tally = self._tally(caller)
        spent = tally.add(frost=cost.total)[1]
        if spent > limit:
            tally.add(frost=-cost.total)
            raise QuotaExceededError("FROST today", spent, limit, tally.until_midnight())
        self._admitted[caller, order.size].append(cost.total)

    async def stored(self, caller: str, blob: StoredBlob) -> None:
        admitted = self._admitted.get((caller, blob.size))
        if admitted:
            expected = admitted.pop()
            if not admitted:
                del self._admitted[caller, blob.size]
            self._tally(caller).add(frost=blob.cost - expected)

    # -- inside -------------------------------------------------------------------------------

    def _frost_per_day(self, name: str) -> int | None:
        book = self._book()
        known = None if book is None else book.named(name)
        return None if known is None else known.quotas.frost_per_day

    def _tally(self, name: str) -> _Tally:
        tally = self._tallies.get(name)
        if tally is None:
            tally = self._tallies[name] = _Tally(self._open(name), self._clock)
        return tally

    def _open(self, name: str) -> int:
        path = self._directory / file_name(name)
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(str(path), error.strerror or str(error)) from error


class _Tally:
    """The file of one caller. Locks are of the process: what this one has it knows itself."""

    def __init__(self, descriptor: int, clock: Callable[[], float]) -> None:
        self.descriptor = descriptor
        self._clock = clock
        self._streams: set[int] = set()

    def add(self, size: int = 0, frost: int = 0) -> tuple[int, int]:
        """Today's bytes and FROST with these."""
        fcntl.lockf(self.descriptor, fcntl.LOCK_EX, 1, LOCK)
        try:
            today = int(self._clock() // DAY)
            found = os.pread(self.descriptor, NUMBERS.size, 0)
            day, sizes, spent = NUMBERS.unpack(found) if len(found) == NUMBERS.size else (0, 0, 0)
            # A day that has not come is of a clock that was wrong; yesterday's, of one set back.
            if not today <= day <= today + 1:
                day, sizes, spent = today, 0, 0
            sizes, spent = sizes + size, max(spent + frost, 0)
            os.pwrite(self.descriptor, NUMBERS.pack(day, sizes, spent), 0)
            return sizes, spent
        except OSError as error:
            raise StorageError("the callers' tallies", error.strerror or str(error)) from error
        finally:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN, 1, LOCK)

    def until_midnight(self) -> float:
        return DAY - self._clock() % DAY

    @contextmanager
    def stream(self, limit: int | None) -> Iterator[None]:
        """One of so many at once."""
        if limit is None:
            yield
            return
        place = next((place for place in range(limit) if self._take(place)), None)
        if place is None:
            raise QuotaExceededError("streams at once", limit + 1, limit, STREAM_PAUSE)
        try:
            yield
        finally:
            self._streams.discard(place)
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN, 1, STREAMS + place)

    def _take(self, place: int) -> bool:
        if place in self._streams:
            return False
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, STREAMS + place)
        except OSError:  # another worker has it
            return False
        self._streams.add(place)
        return True


class _Unlimited:
    def received(self, size: int) -> None:
        pass

    def sent(self, size: int) -> None:
        pass


class _Metered:
    """The bytes of one call, both ways."""

    def __init__(self, tally: _Tally, limit: int) -> None:
        self._tally = tally
        self._limit = limit
        self._before = 0
        self._own = 0

    def begin(self) -> None:
        self._write()
        if self._before >= self._limit:
            raise self._error(self._before + 1)

    def received(self, size: int) -> None:
        self._own += size
        if self._own >= BATCH:
            self._write()
        if self._before + self._own > self._limit:
            raise self._error(self._before + self._own)

    sent = received

    def end(self) -> None:
        if self._own:
            self._write()

    def _write(self) -> None:
        self._before, self._own = self._tally.add(size=self._own)[0], 0

    def _error(self, needed: int) -> QuotaExceededError:
        return QuotaExceededError("bytes today", needed, self._limit, self._tally.until_midnight())
