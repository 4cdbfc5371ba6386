"""The file of those who may call; it may be changed while the server runs.

callers:
  - name: ingest
    token_sha256: 9f86d081...          # of the token: printf %s "$TOKEN" | sha256sum
    scopes: [encode, store, read]      # all of them if left out
    quotas: {bytes_per_day: 100GB, streams: 16, wal_per_day: 2.5}
  - name: reader
    certificate: reader.example.com    # a name in the client's certificate (tls.client_ca)
    scopes: [read]
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from pathlib import Path

from walrus_core.daemon.settings import Settings, load_settings
from walrus_core.errors import ConfigurationError
from walrus_core.rpc.callers import Caller, CallerBook, Quotas, Scope
from walrus_core.types import FROST_PER_WAL

__all__ = ["CallerFile", "load_callers"]

EXAMPLE = "`walrus-core serve --write-config` shows how one looks"
MOST_CALLERS = 10_000
LOOK_SECONDS = 1.0
"""Between two looks at the file."""

MOST_WAL = 5e9
DIGEST = re.compile(r"[0-9a-f]{64}")

_log = logging.getLogger(__name__)


class CallerFile:
    """`book` is what the file says now, or said when it last made sense; `failures`: how often it
    changed and made none.

    ConfigurationError if it does not at first.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked = clock()
        self.failures = 0
        self._state = self._look()
        self._book = load_callers(path)

    def book(self) -> CallerBook:
        if (now := self._clock()) >= self._looked + LOOK_SECONDS:
            self._looked = now
            if (state := self._look()) != self._state:
                self._state = state
                self._reload()
        return self._book

    def _reload(self) -> None:
        try:
            self._book = load_callers(self._path)
            _log.info("callers read again from %s", self._path)
        except ConfigurationError as error:
            self.failures += 1
            _log.error("the callers stay as they were: %s", error)

    def _look(self) -> tuple[int, ...]:
        """What differs once the file is written or replaced."""
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_size, found.st_mtime_ns


def load_callers(path: Path) -> CallerBook:
    """ConfigurationError names the key that is wrong."""
    top = load_settings(path, EXAMPLE)
    by_token: dict[str, Caller] = {}
    by_certificate: dict[str, Caller] = {}
    names: set[str] = set()
    for number, entry in enumerate(top.sections("callers")):
        if number >= MOST_CALLERS:
            top.refuse("callers", f"more than {MOST_CALLERS:,}")
        caller = _caller(entry)
        if caller.name in names:
            entry.refuse("name", f"{caller.name!r} is there twice")
        names.add(caller.name)
        digest, certificate = entry.text("token_sha256", None), entry.text("certificate", None)
        if digest is None and certificate is None:
            entry.refuse("token_sha256", "is missing; or give certificate")
        if digest is not None and not DIGEST.fullmatch(digest):
            entry.refuse("token_sha256", "is no SHA-256: 64 digits, as sha256sum prints them")
        for known, key in ((by_token, digest), (by_certificate, certificate)):
            if key in known:
                entry.refuse("name", f"{caller.name!r} has what {known[key].name!r} has")
            if key is not None:
                known[key] = caller
        entry.finish()
    top.finish()
    return CallerBook(by_token, by_certificate)


def _caller(entry: Settings) -> Caller:
    name = entry.text("name")
    if len(name) > 128 or not name.isprintable():
        entry.refuse("name", "is no name of up to 128 characters")
    scopes = entry.texts("scopes", tuple(Scope))
    quotas = entry.section("quotas")
    wal = quotas.amount("wal_per_day", MOST_WAL)
    caller = Caller(
        name,
        frozenset(Scope) if scopes is None else frozenset(map(Scope, scopes)),
        Quotas(
            bytes_per_day=quotas.size("bytes_per_day", None),
            streams=quotas.integer("streams", 0, 0, 100_000) or None,
            frost_per_day=None if wal is None else round(wal * FROST_PER_WAL),
        ),
    )
    quotas.finish()
    return caller
