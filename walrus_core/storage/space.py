"""How much a store holds, and whether there is room for more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from walrus_core.codec.files import FULL
from walrus_core.errors import StorageError, StorageFullError
from walrus_core.storage import entries
from walrus_core.storage.entries import Head
from walrus_core.storage.store import ShardUsage, Usage
from walrus_core.types import ShardIndex


class Space:
    """Counts of what is stored, by shard; not locked. `disk_free` tells what the disk can take."""

    def __init__(self, path: str, limit: int | None, disk_free: Callable[[], int]) -> None:
        self._path = path
        self._limit = limit
        self._disk_free = disk_free
        self._size = 0
        self._reserved = 0
        self._shards: dict[ShardIndex, ShardUsage] = {}

    @property
    def shards(self) -> list[ShardIndex]:
        """All shards that hold slivers, and those that held some since the store was opened."""
        return sorted(self._shards)

    @property
    def path(self) -> str:
        """What errors call the store."""
        return self._path

    def know(self, shard: ShardIndex) -> None:
        """Let `shard` be among `shards`."""
        self._shards.setdefault(shard, ShardUsage(0, 0))

    def add(self, items: Iterable[tuple[bytes, Head]], sign: int = 1) -> None:
        """Count items as stored; with a `sign` of -1, as removed."""
        for item, head in items:
            self._size += sign * head.size
            if item.startswith(entries.SLIVER):
                shard = entries.parse_sliver_key(item).shard
                self.know(shard)
                old = self._shards[shard]
                self._shards[shard] = ShardUsage(old.slivers + sign, old.size + sign * head.size)

    def usage(self) -> Usage:
        return Usage(self._size, self._limit, self._disk_free(), dict(self._shards))

    def reserve(self, size: int) -> None:
        """Set `size` bytes aside until `release`. StorageFullError."""
        free = max(self.usage().free - self._reserved, 0)
        if size > free:
            raise StorageFullError(self._path, size, free)
        self._reserved += size

    def release(self, size: int) -> None:
        self._reserved -= size

    @contextmanager
    def errors_named(self, needed: int = 0) -> Iterator[None]:
        """An OSError becomes StorageError: StorageFullError, if disk or quota is full."""
        try:
            yield
        except OSError as error:
            if error.errno in FULL:
                raise StorageFullError(self._path, needed, self._disk_free()) from error
            reason = f"{error.strerror or error}; check the disk and its permissions"
            raise StorageError(str(error.filename or self._path), reason) from error
