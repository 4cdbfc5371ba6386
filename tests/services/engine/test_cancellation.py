"""For a caller that goes away nothing is computed any more, however large its input is."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
from services.engine.largest import primary_slivers, recoverable
from services.engine.plain import cut_blob, engine_of, in_loop, pieces_of

from walrus_core.codec.encoder import encode
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.services.engine import Engine, EngineOptions, Pool
from walrus_core.types import Axis, SliverPairIndex

T = TypeVar("T")

Call = Callable[[Engine], Awaitable[object]]

N_SHARDS = 1000
TRIES = 5


async def in_turn(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item


def recover() -> Call:
    """43.7 MB of symbols, which are hashed, decoded, and hashed again."""
    metadata, symbols = recoverable(N_SHARDS)

    async def call(engine: Engine) -> None:
        target = SliverPairIndex(0)
        found = await engine.recover(metadata, Axis.PRIMARY, target, in_turn(symbols))
        assert isinstance(found, InconsistencyProof)

    return call


def verify() -> Call:
    """A sliver of 43.7 MB."""
    metadata, _ = recoverable(N_SHARDS)

    async def call(engine: Engine) -> None:
        [verdict] = await engine.verify(metadata, primary_slivers(metadata, 1))
        assert verdict.reason

    return call


def decode(check: str) -> Call:
    """In windows, from a spool and into one."""
    blob = random.Random(1).randbytes(48 << 20)
    encoded = encode(blob, 100)
    slivers = [encoded.primary(pair) for pair in range(50, 84)]

    async def call(engine: Engine) -> None:
        pieces, size = pieces_of(slivers, 100, 1 << 20), 0
        async for _, data in engine.decode(encoded.metadata, pieces, check, cut_blob):
            size += len(data)
        assert size == len(blob)

    return call


CALLS: dict[str, Callable[[], Call]] = {
    "Recover": recover,
    "VerifySlivers": verify,
    "Decode, default": lambda: decode("default"),
    "Decode, strict": lambda: decode("strict"),
}


async def begun(call: Call, engine: Engine, pool: Pool) -> asyncio.Task[object]:
    """It computes when this returns."""
    task = asyncio.ensure_future(call(engine))
    while not pool.large.running:
        await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("make", CALLS.values(), ids=list(CALLS))
@in_loop
async def test_it_stops_at_once(
    make: Callable[[], Call], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever in its work it is: in a fraction of the time that is left."""
    call, clock = make(), asyncio.get_running_loop().time
    options = EngineOptions(in_memory=0, directory=tmp_path)
    async with engine_of(options, threads=1) as (engine, pool):
        whole, stopped = 0.0, []
        for number in range(TRIES):
            task, started = await begun(call, engine, pool), clock()
            await task
            whole = max(whole, clock() - started)
            task = await begun(call, engine, pool)
            await asyncio.sleep(whole * number / TRIES / 2)
            started = clock()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            stopped.append(clock() - started)
        figures = ", ".join(f"{1000 * each:.1f}" for each in sorted(stopped))
        with capsys.disabled():
            print(f"\nstopped after {figures} of {1000 * whole:.0f} ms")
        assert sorted(stopped)[TRIES // 2] < whole / 4
        assert not any(tmp_path.iterdir())
