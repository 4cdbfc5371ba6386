"""Slivers on their way to one node: each is read when the node has taken the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from walrus_core.types import Axis, SliverPairIndex

if TYPE_CHECKING:
    from walrus_core.codec.slivers import Sliver
    from walrus_core.services.ports import Workers
    from walrus_core.services.shared_bytes import SharedBytes
    from walrus_core.services.uploader.encoding import Encoding

__all__ = ["SliverPlace", "SliverSource", "SliverStream"]

SliverPlace = tuple[Axis, SliverPairIndex]
"""Which sliver of a blob."""


@dataclass(frozen=True, slots=True)
class SliverSource:
    """Where the slivers of one blob come from, and through what they pass."""

    encoding: Encoding
    workers: Workers
    in_flight: SharedBytes

    async def read(self, place: SliverPlace) -> Sliver:
        if self.encoding.in_memory:
            return self.encoding.sliver(*place)
        return await self.workers.run(self.encoding.sliver, *place)

    def size(self, axis: Axis) -> int:
        metadata = self.encoding.metadata
        return metadata.config.sliver_size(axis, metadata.unencoded_length)


class SliverStream:
    """An iterator over slivers, for one call of `NodeApi.put_slivers`.

    It is not the node's fault if slivers for others take up all that may be in flight: `deadline`
    begins anew with each sliver, and stands still while the next one is waited for. `on_taken`
    hears of the bytes of each sliver that the node, or at least the network, took. `close` it, in
    whatever state it is.
    """

    def __init__(
        self,
        source: SliverSource,
        places: Sequence[SliverPlace],
        deadline: asyncio.Timeout,
        patience: float,
        on_taken: Callable[[int], None],
    ) -> None:
        self._source = source
        self._places = iter(places)
        self._deadline = deadline
        self._patience = patience
        self._on_taken = on_taken
        self._sizes = {axis: source.size(axis) for axis in Axis}
        self._held = 0
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sliver:
        self._taken()
        place = next(self._places, None)
        if place is None or self._is_closed():
            self._allow(self._patience)
            raise StopAsyncIteration
        size, encoding = self._sizes[place[0]], self._source.encoding
        if encoding.in_memory and self._source.in_flight.take_now(size):
            self._held = size  # small slivers by the thousand: nothing is waited for
            sliver: Sliver = encoding.sliver(*place)
        else:
            sliver = await self._awaited(place, size)
        self._allow(self._patience)
        return sliver

    async def _awaited(self, place: SliverPlace, size: int) -> Sliver:
        """A sliver, as soon as it is allowed and read; StopAsyncIteration if it was closed."""
        self._allow(None)
        await self._source.in_flight.take(size)
        self._held = size
        if self._is_closed():
            self._give_back()
            raise StopAsyncIteration
        return await self._source.read(place)

    def close(self) -> None:
        """Nothing more is sent."""
        self._closed = True
        self._give_back()

    def _is_closed(self) -> bool:
        return self._closed

    def _taken(self) -> None:
        """The sliver before is gone."""
        if self._held:
            self._on_taken(self._held)
            self._give_back()

    def _give_back(self) -> None:
        held, self._held = self._held, 0
        if held:
            self._source.in_flight.give(held)

    def _allow(self, seconds: float | None) -> None:
        if self._closed or self._deadline.expired():
            return
        now = asyncio.get_running_loop().time()
        self._deadline.reschedule(None if seconds is None else now + seconds)
