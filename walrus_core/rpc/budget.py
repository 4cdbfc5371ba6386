"""A number of bytes that calls share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from walrus_core.errors import OverloadedError

__all__ = ["ByteBudget"]


class ByteBudget:
    """Lends at most `size` bytes at once; OverloadedError, to be tried again after `retry_after`
    seconds, for more. Who alone needs more than there is gets it, or would never.
    """

    def __init__(self, size: int, retry_after: float) -> None:
        self._size = size
        self._retry_after = retry_after
        self._lent = 0

    @contextmanager
    def lend(self, size: int) -> Iterator[None]:
        if self._lent and self._lent + size > self._size:
            raise OverloadedError(self._retry_after)
        self._lent += size
        try:
            yield
        finally:
            self._lent -= size
