"""Bytes that several share: never more than there are, in the order of asking."""

import asyncio
import random

from simulation.loop import run

from walrus_core.services.shared_bytes import SharedBytes


def test_never_more_than_allowed() -> None:
    async def main() -> None:
        shared, chance, most = SharedBytes(100), random.Random(1), 0

        async def use() -> None:
            nonlocal most
            size = chance.randrange(1, 101)
            await shared.take(size)
            most = max(most, shared.taken)
            try:
                await asyncio.sleep(chance.random())
            finally:
                shared.give(size)

        tasks = [asyncio.ensure_future(use()) for _ in range(300)]
        for task in tasks[::7]:
            asyncio.get_running_loop().call_later(chance.random() * 20, task.cancel)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert 90 <= most <= 100
        assert shared.taken == 0
        held = [result for result in done if result is not None]
        assert all(isinstance(result, asyncio.CancelledError) for result in held)

    run(main())


def test_cancelled_waiters_hold_nothing_and_nobody_up() -> None:
    async def main() -> None:
        shared = SharedBytes(100)
        await shared.take(60)
        large = asyncio.ensure_future(shared.take(90))
        small = asyncio.ensure_future(shared.take(40))
        await asyncio.sleep(0)
        assert not small.done()  # not before the large one
        large.cancel()
        await asyncio.sleep(0.1)
        assert small.done()
        assert shared.taken == 100
        late = asyncio.ensure_future(shared.take(1))
        await asyncio.sleep(0)
        shared.give(100)
        late.cancel()  # it has just been handed its byte
        await asyncio.sleep(0.1)
        assert shared.taken == 0

    run(main())


def test_now_or_not_at_all() -> None:
    async def main() -> None:
        shared = SharedBytes(100)
        assert shared.take_now(60)
        assert not shared.take_now(41)
        first = asyncio.ensure_future(shared.take(50))
        await asyncio.sleep(0)
        assert not shared.take_now(10)  # it fits, but somebody was there before
        shared.give(60)
        await first
        assert shared.take_now(50)
        assert shared.taken == 100

    run(main())


def test_what_is_larger_than_allowed_goes_alone() -> None:
    async def main() -> None:
        shared = SharedBytes(100)
        await shared.take(500)
        other = asyncio.ensure_future(shared.take(1))
        await asyncio.sleep(1)
        assert not other.done()
        shared.give(500)
        await other
        assert shared.taken == 1

    run(main())
