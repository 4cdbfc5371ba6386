"""The chain's own time: it goes on while the chain is up, and stands still while it is down."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["ChainClock"]

_NS_PER_MS = 1_000_000


class ChainClock:
    """Milliseconds since 1970, from `start_ms` on; `ticks` counts nanoseconds."""

    def __init__(self, start_ms: int, ticks: Callable[[], int] = time.monotonic_ns) -> None:
        self._start_ms = start_ms
        self._ticks = ticks
        self._first = ticks()

    def now_ms(self) -> int:
        return self._start_ms + (self._ticks() - self._first) // _NS_PER_MS
