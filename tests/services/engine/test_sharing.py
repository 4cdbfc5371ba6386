"""Callers that are slow, and callers that ask for much, do not keep others from being answered."""

import asyncio
import random
from contextlib import aclosing

from services.engine.plain import (
    Part,
    PlainPacker,
    content_of,
    engine_of,
    in_loop,
)

from walrus_core.codec.config import EncodingConfig
from walrus_core.services.engine import (
    EngineOptions,
    Wanted,
)


@in_loop
async def test_a_reader_that_does_not_read_costs_what_is_held() -> None:
    blob = random.Random(2).randbytes(30 << 20)  # in pieces
    options = EngineOptions(held=1 << 20)
    async with engine_of(options, threads=1) as (engine, pool):
        parcels = engine.encode(content_of(blob), EncodingConfig(100), Wanted(), PlainPacker)
        async with aclosing(parcels):
            assert isinstance(await anext(parcels), Part)
            while pool.large.slots.taken:  # until the maker waits
                await asyncio.sleep(0.01)
            other = await engine.compute_id(content_of(bytes(4 << 20)), EncodingConfig(100))
            assert other.unencoded_length == 4 << 20


@in_loop
async def test_a_small_call_is_answered_while_large_ones_run() -> None:
    blob = random.Random(2).randbytes(30 << 20)
    async with engine_of(threads=1) as (engine, pool):
        config = EncodingConfig(1000)
        large = [asyncio.create_task(engine.compute_id(content_of(blob), config)) for _ in range(2)]
        while not pool.large.slots.waiting:
            await asyncio.sleep(0.001)
        await engine.compute_id(content_of(b"small"), EncodingConfig(10))
        assert not any(task.done() for task in large), "they take longer"
        for task in large:
            task.cancel()
        await asyncio.wait(large)
