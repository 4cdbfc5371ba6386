"""Which of the slivers that come are kept, to make a blob of them, and where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.services.engine.gathering import Begun, sliver_of
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.packer import Piece
from walrus_core.services.engine.pool import Pool
from walrus_core.services.engine.room import Room, room_for
from walrus_core.types import Axis

__all__ = ["Keeping", "keeping", "spare_size"]


def spare_size(metadata: VerifiedMetadata, axis: Axis) -> int:
    """Bytes of the spare slivers: of as many as may be bad, f."""
    config = metadata.config
    return config.n_faulty_shards * config.sliver_size(axis, metadata.unencoded_length)


@asynccontextmanager
async def keeping(
    metadata: VerifiedMetadata, axis: Axis, pool: Pool, options: EngineOptions
) -> AsyncIterator[Keeping]:
    """Room for slivers of one axis, for the body."""
    async with AsyncExitStack() as rooms:
        yield Keeping(metadata, axis, rooms, pool, options)


class Keeping:
    """Keeps the first slivers that begin: just enough, and f more, which are spare.

    There is room for spare ones only once the first of them comes: most callers send none. It is
    where that of the others is, in memory or in a file.
    """

    def __init__(
        self,
        metadata: VerifiedMetadata,
        axis: Axis,
        rooms: AsyncExitStack,
        pool: Pool,
        options: EngineOptions,
    ) -> None:
        config = metadata.config
        self._metadata = metadata
        self._size = config.sliver_size(axis, metadata.unencoded_length)
        self._enough = config.n_slivers_needed(axis)
        self._most = self._enough + config.n_faulty_shards
        self._sizes = self._enough * self._size, spare_size(metadata, axis)
        self._in_memory = options.in_memory if self._sizes[0] <= options.in_memory else 0
        self._directory = options.directory
        self._pool = pool
        self._made = rooms
        self._rooms: list[Room] = []
        self._kept: list[Begun] = []

    async def add(self, begun: Begun, piece: Piece) -> None:
        """The next piece of a sliver, which is looked at no more if enough are kept without it."""
        if begun.place >= self._most:
            return
        if begun.place == len(self._kept):
            self._kept.append(begun)
        number, place = divmod(begun.place, self._enough)
        if number == len(self._rooms):
            room = room_for(self._sizes[number], self._pool, self._in_memory, self._directory)
            self._rooms.append(await self._made.enter_async_context(room))
        await self._rooms[number].write(place * self._size + piece.offset, piece.data)

    async def finish(self) -> list[Sliver]:
        """All that are kept, in the order in which they began; nothing about them is verified."""
        contents = [await room.finish() for room in self._rooms]
        return [sliver_of(self._metadata, each, self._data(each, contents)) for each in self._kept]

    def _data(self, begun: Begun, contents: list[memoryview]) -> memoryview:
        number, place = divmod(begun.place, self._enough)
        return contents[number][place * self._size : (place + 1) * self._size]
