"""Bytes are lent to those who fit, in order; the others wait, for a while, and not too many."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from services.engine.plain import in_loop

from walrus_core.errors import OverloadedError
from walrus_core.services.engine.places import Places


async def hold(places: Places, size: int, until: asyncio.Event) -> None:
    async with places.lend(size):
        await until.wait()


async def begun(places: Places, size: int, until: asyncio.Event) -> asyncio.Task[None]:
    task = asyncio.create_task(hold(places, size, until))
    await asyncio.sleep(0)
    return task


@in_loop
async def test_lends_no_more_than_there_is() -> None:
    places = Places(10, patience=60, queue=10, retry_after=1)
    ends = [asyncio.Event() for _ in range(4)]
    tasks = [await begun(places, size, end) for size, end in zip((6, 5, 1, 4), ends, strict=True)]
    assert (places.lent, places.waiting) == (6, 3), "who came first is served first, small or not"
    ends[0].set()
    await asyncio.wait([tasks[0]])
    await asyncio.sleep(0)
    assert (places.lent, places.waiting) == (10, 0)
    for end in ends:
        end.set()
    await asyncio.gather(*tasks)
    assert places.lent == 0


@in_loop
async def test_who_needs_more_than_there_is_gets_it_alone() -> None:
    places = Places(10, patience=60, queue=10, retry_after=1)
    end = asyncio.Event()
    small = await begun(places, 1, end)
    huge = await begun(places, 100, end)
    assert places.lent == 1
    end.set()
    await asyncio.gather(small, huge)
    async with places.lend(100):
        assert places.lent == 100


@in_loop
async def test_who_waits_too_long_is_told_when_to_come_back() -> None:
    places = Places(1, patience=0.01, queue=10, retry_after=2.5)
    async with places.lend(1):
        with pytest.raises(OverloadedError) as caught:
            async with places.lend(1):
                pytest.fail("lent twice")
    assert caught.value.retry_after == 2.5
    assert (places.lent, places.waiting) == (0, 0)


@in_loop
async def test_a_full_queue_refuses_at_once() -> None:
    places = Places(1, patience=60, queue=1, retry_after=1)
    end = asyncio.Event()
    tasks = [await begun(places, 1, end) for _ in range(3)]
    await asyncio.sleep(0)
    assert tasks[2].done()
    assert isinstance(tasks[2].exception(), OverloadedError)
    end.set()
    await asyncio.gather(*tasks[:2])


@in_loop
async def test_who_is_cancelled_while_waiting_lets_the_next_ones_go_on() -> None:
    places = Places(10, patience=60, queue=10, retry_after=1)
    end = asyncio.Event()
    first = await begun(places, 6, end)
    large = await begun(places, 10, end)
    small = await begun(places, 2, end)
    assert places.lent == 6
    large.cancel()
    await asyncio.wait([large])
    await asyncio.sleep(0)
    assert (places.lent, places.waiting) == (8, 0)
    end.set()
    await asyncio.gather(first, small)
    assert places.lent == 0


@in_loop
async def test_who_is_cancelled_just_as_it_is_served_gives_back() -> None:
    places = Places(1, patience=60, queue=10, retry_after=1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(places.lend(1))
        waiting = await begun(places, 1, asyncio.Event())
        await stack.aclose()  # serves it, before it can run
        waiting.cancel()
        await asyncio.wait([waiting])
    assert places.lent == 0
