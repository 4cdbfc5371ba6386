"""What the engine makes, as plain values."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, NamedTuple, ParamSpec

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.services.engine import Content, Engine, EngineOptions, Piece, Pool, PoolLimits
from walrus_core.types import Axis, sliver_to_pair

P = ParamSpec("P")


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is a coroutine, run in a loop of its own, which has a minute to end in."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 60))

    return run


class Part(NamedTuple):
    """One piece, copied."""

    axis: Axis
    index: int
    offset: int
    data: bytes


class PlainPacker:
    """A parcel for each piece; a run is cut into its slivers."""

    def __init__(self, config: EncodingConfig, size: int) -> None:
        self._sizes = {axis: config.sliver_size(axis, size) for axis in Axis}

    def piece(
        self, axis: Axis, sliver_index: int, offset: int, data: memoryview
    ) -> Iterator[tuple[Part, int]]:
        yield Part(axis, sliver_index, offset, bytes(data)), data.nbytes

    def run(self, axis: Axis, first: int, data: memoryview) -> Iterator[tuple[Part, int]]:
        size = self._sizes[axis]
        for at in range(0, data.nbytes, size):
            yield from self.piece(axis, first + at // size, 0, data[at : at + size])

    def finish(self, metadata: VerifiedMetadata) -> Iterator[tuple[VerifiedMetadata, int]]:
        yield metadata, 0


class Gathered:
    """The slivers that parts make, and the metadata at the end."""

    def __init__(self) -> None:
        self.slivers: dict[tuple[Axis, int], bytes] = {}
        self.metadata: VerifiedMetadata | None = None

    def add(self, parcel: Part | VerifiedMetadata) -> None:
        assert self.metadata is None
        if isinstance(parcel, VerifiedMetadata):
            self.metadata = parcel
            return
        before = self.slivers.setdefault((parcel.axis, parcel.index), b"")
        assert parcel.offset == len(before)
        self.slivers[parcel.axis, parcel.index] = before + parcel.data


async def parts_of(blob: bytes, size: int = 1 << 20) -> AsyncIterator[bytes]:
    for at in range(0, len(blob), size):
        yield blob[at : at + size]


def content_of(blob: bytes, size: int = 1 << 20) -> Content:
    return Content(len(blob), parts_of(blob, size))


async def pieces_of(slivers: Iterable[Sliver], n_shards: int, size: int) -> AsyncIterator[Piece]:
    """All slivers in turns, so many bytes of each."""
    rest = [(sliver, 0) for sliver in slivers]
    while rest:
        later = []
        for sliver, at in rest:
            pair = sliver_to_pair(sliver.axis, sliver.index, n_shards)
            data = bytes(sliver.data[at : at + size])
            yield Piece(sliver.axis, pair, at, sliver.data.nbytes, sliver.symbol_size, data)
            if at + size < sliver.data.nbytes:
                later.append((sliver, at + size))
        rest = later


def cut_blob(offset: int, data: memoryview) -> tuple[tuple[int, bytes], int]:
    return (offset, bytes(data)), data.nbytes


@asynccontextmanager
async def pool_of(**limits: Any) -> AsyncIterator[Pool]:
    """A pool that has everything back at the end."""
    pool = Pool(PoolLimits(**{"threads": 2, **limits}))
    try:
        yield pool
        assert_all_back(pool)
    finally:
        pool.close()


@asynccontextmanager
async def engine_of(
    options: EngineOptions | None = None, **limits: Any
) -> AsyncIterator[tuple[Engine, Pool]]:
    async with pool_of(**limits) as pool:
        yield Engine(pool, options), pool


def assert_all_back(pool: Pool) -> None:
    """No call, slot, or byte is out."""
    assert pool.calls == 0
    assert pool.disk.lent == 0
    for lane in (pool.large, pool.small):
        assert lane.running == lane.slots.taken == lane.slots.waiting == 0
        assert lane.memory.lent == lane.memory.waiting == 0
