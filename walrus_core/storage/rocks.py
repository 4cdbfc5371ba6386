"""The index of a store on disk: RocksDB, by way of the package rocksdict.

That holds the GIL in put, get and write, but not in flush_wal and the form of get that takes a
list. So an entry is written into the log unsynced, which is short, and then waited for without the
GIL; one wait serves all threads that wrote before it began.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from walrus_core.errors import DamagedStoreError, MissingDependencyError, StorageError

try:
    import rocksdict
except ImportError as error:
    raise MissingDependencyError("rocksdict", "storage", str(error)) from error

WRITE_BUFFER = 16 << 20
BLOB_FROM = 16 << 10
"""Longer values are written twice in all, instead of again with each compaction: metadata are
66 KiB where there are 1000 shards.
"""


class RocksIndex:
    """The Index port in a directory that RocksDB keeps to itself; it is made if it is not there."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._writing = threading.Lock()
        self._settling = threading.Lock()
        self._applied = 0
        self._settled = 0
        with self._errors_named():
            self._db: Any = rocksdict.Rdict(self._path, _options())

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        with self._errors_named():
            found: list[bytes | None] = self._db.get(list(keys))
            return found

    def apply(self, puts: Mapping[bytes, bytes], deletes: Iterable[bytes] = ()) -> None:
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key in deletes:
            batch.delete(key)
        for key, value in puts.items():
            batch.put(key, value)
        with self._writing, self._errors_named():
            self._db.write(batch)
            self._applied += 1

    def settle(self) -> None:
        with self._writing:
            mine = self._applied
        if self._settled >= mine:
            return
        with self._settling:
            if self._settled >= mine:  # the thread before us waited for our entries, too
                return
            with self._writing:
                target = self._applied
            with self._errors_named():
                self._db.flush_wal(True)
            self._settled = target

    def scan(self, prefix: bytes, start: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        with self._errors_named():
            page: list[tuple[bytes, bytes]] = []
            start = max(prefix, start)
            for key, value in islice(self._db.items(from_key=start), limit):
                if not key.startswith(prefix):
                    return page
                page.append((key, value))
            if len(page) < limit:
                self._require_end(page[-1][0] if page else start)
            return page

    def _require_end(self, key: bytes) -> None:
        """See that nothing follows `key`: rocksdict's `items` also ends where it cannot read on,
        and only a raw iterator says so.
        """
        iterator = self._db.iter()
        iterator.seek(key)
        if iterator.valid():
            iterator.next()
        iterator.status()

    def close(self) -> None:
        with self._writing, self._errors_named(), suppress(rocksdict.DbClosedError):
            self._db.close()

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """What RocksDB says comes as the text of a plain Exception; make it one of ours."""
        try:
            yield
        except Exception as error:
            raise _translated(self._path, error) from error


def repair_index(path: Path) -> None:
    """Make an index that cannot be opened out of what can still be read of it. StorageError."""
    try:
        rocksdict.Rdict.repair(str(path), _options())
    except Exception as error:
        raise _translated(str(path), error) from error


def _translated(path: str, error: Exception) -> Exception:
    text = str(error)
    if "No space left" in text or "File too large" in text:
        return OSError(errno.ENOSPC, text, path)
    if "Corruption" in text or "No such file" in text:
        advice = (
            "repair the store (`walrus-core node check --repair`), and the node heals what is lost"
        )
        return DamagedStoreError(path, f"{text}; {advice}")
    return StorageError(path, text)


def _options() -> Any:
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_paranoid_checks(True)
    options.set_write_buffer_size(WRITE_BUFFER)
    options.set_max_total_wal_size(4 * WRITE_BUFFER)
    options.set_enable_blob_files(True)
    options.set_min_blob_size(BLOB_FROM)
    options.set_enable_blob_gc(True)
    options.set_keep_log_file_num(2)
    options.set_compression_type(rocksdict.DBCompressionType.none())
    return options
