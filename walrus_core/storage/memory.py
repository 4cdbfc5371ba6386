"""A store in memory: for tests, and for nodes that run in a simulator. Nothing outlives it."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from walrus_core.storage.indexed import INLINE_BELOW, IndexedStore
from walrus_core.storage.store import Damage

_NO_LIMIT = 1 << 62


def memory_store(
    limit: int | None = None,
    on_damage: Callable[[Damage], None] | None = None,
    inline_below: int = INLINE_BELOW,
) -> IndexedStore:
    """An empty store; the arguments are those of `open_store`."""
    return IndexedStore(MemoryIndex(), MemoryFiles(), "memory", limit, on_damage, inline_below)


class MemoryIndex:
    """The Index port over a dict and its sorted keys."""

    def __init__(self) -> None:
        self.entries: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._lock = threading.Lock()

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self.entries.get(key) for key in keys]

    def apply(self, puts: Mapping[bytes, bytes], deletes: Iterable[bytes] = ()) -> None:
        with self._lock:
            for key in deletes:
                if self.entries.pop(key, None) is not None:
                    del self._keys[bisect.bisect_left(self._keys, key)]
            for key, value in puts.items():
                if key not in self.entries:
                    bisect.insort(self._keys, key)
                self.entries[key] = value

    def settle(self) -> None:
        """Memory has nothing to wait for."""

    def scan(self, prefix: bytes, start: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        with self._lock:
            first = bisect.bisect_left(self._keys, max(prefix, start))
            keys = self._keys[first : first + limit]
            return [(key, self.entries[key]) for key in keys if key.startswith(prefix)]

    def close(self) -> None:
        """Memory goes with the last reference to it."""


class MemoryFiles:
    """The Files port over a dict; `room` is what it can take in all."""

    def __init__(self, room: int = _NO_LIMIT) -> None:
        self.contents: dict[str, bytes] = {}
        self.room = room

    def write(self, contents: Mapping[str, memoryview]) -> None:
        self.contents |= {name: bytes(content) for name, content in contents.items()}

    def read(self, name: str, start: int, stop: int) -> bytes:
        try:
            return self.contents[name][start:stop]
        except KeyError:
            raise FileNotFoundError(name) from None

    def size(self, name: str) -> int | None:
        content = self.contents.get(name)
        return None if content is None else len(content)

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self.contents.pop(name, None)

    def names(self) -> Iterator[str]:
        yield from list(self.contents)

    def free(self) -> int:
        if self.room == _NO_LIMIT:
            return self.room
        return max(self.room - sum(map(len, list(self.contents.values()))), 0)
