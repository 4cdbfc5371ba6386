"""Work in threads: stopped with its caller, bounded, no slot for those who wait, two lanes."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from services.engine.plain import in_loop, pool_of

from walrus_core.errors import OperationCancelledError, OverloadedError
from walrus_core.services.engine.pool import Job, Pool

Put = Callable[[int, int], None]


def until_cancelled(job: Job) -> None:
    """What the kernel does, without computing anything."""
    while not job.cancel.cancelled:
        threading.Event().wait(0.001)
    raise OperationCancelledError()


async def begun(pool: Pool, work: Callable[[Job], None]) -> asyncio.Task[None]:
    """A call whose work runs in a thread of the large lane."""
    running = threading.Event()

    def run(job: Job) -> None:
        running.set()
        work(job)

    task = asyncio.create_task(pool.run(pool.large, run))
    await asyncio.to_thread(running.wait)
    return task


@in_loop
async def test_errors_and_results_come_back() -> None:
    async with pool_of() as pool:
        assert await pool.run(pool.large, lambda job: job.threads) == 2
        with pytest.raises(ZeroDivisionError):
            await pool.run(pool.small, lambda _: 1 // 0)


@in_loop
async def test_a_cancelled_call_stops_its_work_and_sees_it_end() -> None:
    async with pool_of() as pool:
        ended: list[bool] = []

        def work(job: Job) -> None:
            try:
                until_cancelled(job)
            finally:
                ended.append(job.cancel.cancelled)

        task = await begun(pool, work)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == [True]


@in_loop
async def test_jobs_share_the_threads() -> None:
    async with pool_of(threads=2) as pool:
        tasks = [await begun(pool, until_cancelled) for _ in range(2)]
        third = asyncio.create_task(pool.run(pool.large, lambda _: None))
        while not pool.large.slots.waiting:
            await asyncio.sleep(0.001)
        assert await pool.run(pool.small, lambda job: job.threads) == 2, "a lane of its own"
        assert not third.done()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await third


@in_loop
async def test_too_many_calls_are_refused() -> None:
    async with pool_of(threads=1, calls=2, retry_after=7.0) as pool:
        tasks = [await begun(pool, until_cancelled)]
        tasks.append(asyncio.create_task(pool.run(pool.large, until_cancelled)))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError) as caught:
            await pool.run(pool.small, lambda _: None)
        assert caught.value.retry_after == 7.0
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def numbers(count: int) -> Callable[[Job, Put], None]:
    """Work that puts 0, 1, ..., each as 10 bytes, whether or not anybody takes them."""

    def put_all(_: Job, put: Put) -> None:
        for number in range(count):
            put(number, 10)

    return put_all


ENDLESS = 1 << 60


@in_loop
async def test_streams_hold_no_more_than_they_may() -> None:
    async with pool_of() as pool, pool.stream(pool.large, 30, numbers(100)) as parcels:
        most = 0
        for expected in range(100):
            await asyncio.sleep(0)
            most = max(most, parcels.held)
            assert await parcels.take() == expected
        assert await parcels.take() is None
        assert 0 < most <= 30


@in_loop
async def test_who_waits_for_a_slow_taker_has_no_slot() -> None:
    async with pool_of(threads=1) as pool, pool.stream(pool.large, 10, numbers(3)) as parcels:
        assert await pool.run(pool.large, lambda _: "done") == "done"
        assert parcels.held == 10
        assert [await parcels.take() for _ in range(4)] == [0, 1, 2, None]


async def go_away(pool: Pool, before: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Take something of what never ends, and then no more."""
    async with pool.stream(pool.large, 10, numbers(ENDLESS)) as parcels:
        await parcels.take()
        await before()
        await parcels.take()
        raise KeyError


@in_loop
async def test_a_taker_that_goes_away_stops_the_work() -> None:
    async def nothing() -> None:
        pass

    async with pool_of(threads=1) as pool:
        with pytest.raises(KeyError):
            await go_away(pool, nothing)


@in_loop
async def test_also_if_it_waits_for_a_slot() -> None:
    async with pool_of(threads=1) as pool:
        hogs: list[asyncio.Task[None]] = []

        async def occupied() -> None:
            hogs.append(await begun(pool, until_cancelled))

        with pytest.raises(KeyError):
            await go_away(pool, occupied)
        assert not hogs[0].done()
        hogs[0].cancel()
        await asyncio.wait(hogs)


@in_loop
async def test_an_error_of_the_work_comes_after_what_it_made() -> None:
    taken = []

    def fail(_: Job, put: Put) -> None:
        put(1, 1)
        raise ZeroDivisionError

    async def take_all(pool: Pool) -> None:
        async with pool.stream(pool.large, 10, fail) as parcels:
            while (parcel := await parcels.take()) is not None:
                taken.append(parcel)

    async with pool_of() as pool:
        with pytest.raises(ZeroDivisionError):
            await take_all(pool)
    assert taken == [1]


@in_loop
async def test_what_was_made_waits_without_a_slot() -> None:
    async with pool_of(threads=1) as pool, pool.stream(pool.large, 10, numbers(1)) as parcels:
        assert await pool.run(pool.large, lambda _: "done") == "done"
        assert [await parcels.take() for _ in range(2)] == [0, None]
