"""Threads do the work, also when nobody waits for it any more, and are gone at the end."""

import asyncio
import gc
import threading

import pytest

from walrus_core.errors import InvalidArgumentError
from walrus_core.services.workers import ThreadWorkers


def test_works_in_threads_of_its_own() -> None:
    async def main() -> None:
        workers = ThreadWorkers(2)
        try:
            assert await workers.run(divmod, 7, 3) == (2, 1)
            assert await workers.run(threading.current_thread) is not threading.main_thread()
            with pytest.raises(ZeroDivisionError):
                await workers.run(divmod, 7, 0)
        finally:
            workers.close()
            workers.close()

    asyncio.run(main())


def test_a_cancelled_caller_does_not_stop_the_work() -> None:
    async def main() -> list[str]:
        done: list[str] = []
        gate = threading.Event()

        def first() -> None:
            gate.wait(10)
            done.append("first")

        workers = ThreadWorkers(1)
        running = asyncio.create_task(workers.run(first))
        queued = asyncio.create_task(workers.run(done.append, "second"))
        await asyncio.sleep(0)
        running.cancel()
        queued.cancel()
        await asyncio.gather(running, queued, return_exceptions=True)
        gate.set()
        workers.close()
        return done

    assert asyncio.run(main()) == ["first", "second"]


def test_what_fails_when_nobody_waits_is_no_news() -> None:
    async def main() -> list[dict[str, object]]:
        said: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, about: said.append(about))
        gate = threading.Event()

        def fail() -> None:
            gate.wait(10)
            raise ZeroDivisionError

        workers = ThreadWorkers(1)
        running = asyncio.create_task(workers.run(fail))
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        gate.set()
        workers.close()
        await asyncio.sleep(0.01)
        gc.collect()
        return said

    assert asyncio.run(main()) == []


@pytest.mark.parametrize("count", [0, -1, 65])
def test_refuses_senseless_numbers(count: int) -> None:
    with pytest.raises(InvalidArgumentError):
        ThreadWorkers(count)
