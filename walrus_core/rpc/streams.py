"""Streams of messages: items packed into them, generators that close, callers that keep up."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

__all__ = ["GO_AHEAD", "MAX_DATA", "MAX_ITEMS", "Pace", "chained", "closed", "packed"]

T = TypeVar("T")
P = TypeVar("P")
M = TypeVar("M")

MAX_DATA = 1 << 20
"""Bytes of data in one message."""

MAX_ITEMS = 4096
"""Items in one message, so that the numbers around tiny ones do not make it too large."""


GO_AHEAD = "x-go-ahead"
"""In the initial metadata of an answer: the rest of the request is wanted. gRPC's client loses the
status of a call that is refused while it writes, so what refuses it at once is said before.
"""


class Pace:
    """How long one caller may still be waited for: each time at most `idle_seconds`, altogether no
    more than that and a second for every `least_rate` bytes that came.
    """

    def __init__(self, idle_seconds: float, least_rate: int) -> None:
        self._idle_seconds = idle_seconds
        self._least_rate = least_rate
        self._left = idle_seconds

    @property
    def patience(self) -> float:
        """Seconds until the next message has to be there."""
        return min(self._left, self._idle_seconds)

    def came(self, size: int, waited: float) -> None:
        """A message of `size` bytes was there after so many seconds."""
        self._left += size / self._least_rate - waited


@asynccontextmanager
async def closed(items: AsyncIterable[T]) -> AsyncIterator[AsyncIterable[T]]:
    """Closes `items` at the end if it is a generator: what it does for us stops at once, and not
    when somebody collects it.
    """
    try:
        yield items
    finally:
        close = getattr(items, "aclose", None)
        if close is not None:
            await close()


async def packed(
    items: AsyncIterable[T],
    cut: Callable[[T], Iterable[tuple[P, int]]],
    message: Callable[[Sequence[P]], M],
) -> AsyncIterator[M]:
    """Messages of the pieces that `cut` makes of each item, each with the bytes of its data."""
    batch: list[P] = []
    room = MAX_DATA
    async with closed(items):
        async for item in items:
            for piece, size in cut(item):
                if batch and (size > room or len(batch) == MAX_ITEMS):
                    yield message(batch)
                    batch, room = [], MAX_DATA
                batch.append(piece)
                room -= size
    if batch:
        yield message(batch)


async def chained(first: M, rest: AsyncIterator[M]) -> AsyncIterator[M]:
    """`first`, then the rest."""
    yield first
    async with closed(rest):
        async for message in rest:
            yield message
