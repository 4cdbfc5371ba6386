"""A number of bytes that calls share, and do not wait for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from walrus_core.errors import OverloadedError
from walrus_core.services.shared_bytes import SharedBytes

__all__ = ["ByteBudget"]


class ByteBudget:
    """Lends at most `size` bytes at once, as `SharedBytes` does; OverloadedError, to be tried again
    after `retry_after` seconds, for more.
    """

    def __init__(self, size: int, retry_after: float) -> None:
        self._bytes = SharedBytes(size)
        self._retry_after = retry_after

    @contextmanager
    def lend(self, size: int) -> Iterator[None]:
        if not self._bytes.take_now(size):
            raise OverloadedError(self._retry_after)
        try:
            yield
        finally:
            self._bytes.give(size)
