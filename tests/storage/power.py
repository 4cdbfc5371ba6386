"""A disk in memory whose power fails at a given step, and forgets whatever nobody waited for.

Steps are what takes time: each file written, each wait. At the cut, of the entries applied since
the last wait some first ones survive; of the files being written, torn beginnings under their
unfinished names, or whole ones; removed files may come back.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

from walrus_core.storage.backing import UNFINISHED
from walrus_core.storage.memory import MemoryFiles, MemoryIndex


class PowerCutError(Exception):
    """The machine is off."""


class Power:
    """Fails at step `last`, counted from 0; what then survives is drawn from `draw`."""

    def __init__(self, last: int, draw: random.Random) -> None:
        self._left = last
        self.draw = draw
        self.is_on = True

    def step(self) -> None:
        """Time passes."""
        self._left -= 1
        if self._left < 0:
            self.is_on = False
        self.check()

    def check(self) -> None:
        if not self.is_on:
            raise PowerCutError


class CuttableIndex:
    """The Index port; `survivor` is what is there when the power is back.

    `entries` are on disk from the start; `durable` is what is there now for sure.
    """

    def __init__(self, power: Power, entries: Mapping[bytes, bytes] | None = None) -> None:
        self._power = power
        self._live = MemoryIndex()
        self._live.apply(entries or {})
        self.durable: dict[bytes, bytes] = dict(entries or {})
        self._waiting: list[tuple[dict[bytes, bytes], list[bytes]]] = []

    def survivor(self) -> MemoryIndex:
        """Everything that was waited for, and some first ones of what came after."""
        index = MemoryIndex()
        index.apply(self.durable)
        for puts, deletes in self._waiting[: self._power.draw.randint(0, len(self._waiting))]:
            index.apply(puts, deletes)
        return index

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        self._power.check()
        return self._live.get_many(keys)

    def apply(self, puts: Mapping[bytes, bytes], deletes: Iterable[bytes] = ()) -> None:
        self._power.check()
        self._waiting.append((dict(puts), list(deletes)))
        self._live.apply(*self._waiting[-1])

    def settle(self) -> None:
        if self._waiting:
            self._power.step()
            for puts, deletes in self._waiting:
                for key in deletes:
                    self.durable.pop(key, None)
                self.durable |= puts
            self._waiting = []

    def rot(self, key: bytes, value: bytes) -> None:
        """An entry becomes another one, for good."""
        self._live.apply({key: value})
        self.durable[key] = value

    def scan(self, prefix: bytes, start: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        self._power.check()
        return self._live.scan(prefix, start, limit)

    def close(self) -> None:
        """Nothing to close."""


class CuttableFiles(MemoryFiles):
    """The Files port; `survivor` is what is there when the power is back.

    `contents` are on disk from the start.
    """

    def __init__(self, power: Power, contents: Mapping[str, bytes] | None = None) -> None:
        super().__init__()
        self.contents |= contents or {}
        self._power = power
        self._removed: dict[str, bytes] = {}
        self._unfinished: dict[str, bytes] = {}

    def survivor(self) -> MemoryFiles:
        """All that was written, some of what was removed, something of what was being written."""
        draw = self._power.draw
        files = MemoryFiles()
        files.contents = dict(self.contents)
        files.contents |= {n: c for n, c in self._removed.items() if draw.random() < 0.5}
        for name, content in self._unfinished.items():
            if draw.random() < 0.5:
                files.contents[name] = content
            else:
                files.contents[name + UNFINISHED] = content[: draw.randint(0, len(content))]
        return files

    def write(self, contents: Mapping[str, memoryview]) -> None:
        for name, content in contents.items():
            self._unfinished[name] = bytes(content)
            self._power.step()
        self._unfinished = {}
        super().write(contents)

    def remove(self, names: Iterable[str]) -> None:
        self._power.check()
        for name in names:
            if name in self.contents:
                self._removed[name] = self.contents.pop(name)

    def names(self) -> Iterator[str]:
        self._power.check()
        return super().names()
