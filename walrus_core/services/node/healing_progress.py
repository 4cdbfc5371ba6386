"""How far healing has come, in numbers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["HealingProgress"]


@dataclass(slots=True)
class HealingProgress:
    """Counts since the start; sizes in bytes.

    `received`: recovery symbols with their paths. `slivers` were put back, of `size` bytes.
    `failures`: attempts at a blob that did not put back everything. `seconds`: how long healing was
    at work, on however many blobs at once.
    """

    received: int = 0
    slivers: int = 0
    size: int = 0
    failures: int = 0
    seconds: float = 0.0
    _at_work: int = 0
    _since: float = 0.0

    @property
    def rate(self) -> float:
        """Bytes of slivers put back in each second at work."""
        return self.size / self.seconds if self.seconds else 0.0

    def healed(self, slivers: int, size: int) -> None:
        self.slivers += slivers
        self.size += size

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Counts the time of one attempt, once where several overlap."""
        loop = asyncio.get_running_loop()
        if self._at_work == 0:
            self._since = loop.time()
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1
            if self._at_work == 0:
                self.seconds += loop.time() - self._since
