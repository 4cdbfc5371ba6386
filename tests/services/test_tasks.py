"""Tasks of a call are ended with it, in order; work on what is closed afterwards is waited for."""

import asyncio

import pytest
from simulation.loop import run

from walrus_core.services.tasks import Tasks, to_the_end


def test_what_is_left_is_cancelled_in_order() -> None:
    ended: list[int] = []

    async def last_forever(number: int) -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            ended.append(number)

    async def main() -> None:
        async with Tasks() as tasks:
            for number in range(20):
                tasks.start(last_forever(number))
            await asyncio.sleep(1)

    run(main())
    assert ended == list(range(20))


def test_a_failure_is_raised_where_it_is_looked_for() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    async def main() -> None:
        async with Tasks() as tasks:
            tasks.start(fail())
            await asyncio.sleep(1)
            tasks.check()

    with pytest.raises(ZeroDivisionError):
        run(main())


@pytest.mark.parametrize("fails", [False, True])
def test_to_the_end_however_often_it_is_cancelled(fails: bool) -> None:
    done: list[float] = []

    async def work() -> None:
        await asyncio.sleep(5)
        done.append(asyncio.get_running_loop().time())
        if fails:
            raise ZeroDivisionError

    async def main() -> float:
        started = asyncio.get_running_loop().time()
        task = asyncio.create_task(to_the_end(work()))
        for _ in range(3):
            await asyncio.sleep(1)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.get_running_loop().time() - started

    assert run(main()) == 5
    assert len(done) == 1
