"""Virtual time: it passes for free, in one order, and who waits for nothing is found out."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time

import pytest
from simulation.loop import EPOCH, StuckError, run
from simulation.processes import Process


def test_sleeping_costs_nothing() -> None:
    async def sleep() -> float:
        await asyncio.sleep(1e6)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run(sleep()) == EPOCH + 1e6
    assert time.monotonic() - began < 5


def test_timers_go_off_in_order() -> None:
    told: list[float] = []

    async def tell(delay: float) -> None:
        await asyncio.sleep(delay)
        told.append(delay)

    async def main() -> None:
        await asyncio.gather(*(tell(delay) for delay in (3, 1, 2.5, 1e-6, 0)))

    run(main())
    assert told == sorted(told)


def test_timers_do_not_go_off_early() -> None:
    async def main() -> None:
        loop, chance = asyncio.get_running_loop(), random.Random(1)
        for _ in range(1000):
            due = loop.time() + chance.random()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await asyncio.Event().wait()
            assert loop.time() == due

    run(main())


def test_a_program_that_waits_for_nothing_is_stuck_and_says_where() -> None:
    async def wait_forever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StuckError, match="wait_forever"):
        run(wait_forever())


def test_a_program_that_runs_in_circles_is_stuck() -> None:
    async def run_in_circles() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(StuckError, match="run_in_circles"):
        run(run_in_circles())


def test_a_program_that_does_not_end_in_time_is_stuck() -> None:
    async def tick() -> None:
        while True:
            await asyncio.sleep(1)

    with pytest.raises(StuckError, match="no end in sight"):
        run(tick(), latest=EPOCH + 100)


def test_sets_of_tasks_have_an_order() -> None:
    async def order() -> list[str]:
        tasks = {asyncio.create_task(asyncio.sleep(1), name=str(number)) for number in range(50)}
        done, _ = await asyncio.wait(tasks)
        return [task.get_name() for task in done]

    assert run(order()) == run(order())


def test_a_killed_process_takes_all_of_its_tasks_along() -> None:
    lived: list[str] = []

    async def child() -> None:
        await asyncio.sleep(5)
        lived.append("child")

    async def parent() -> None:
        asyncio.get_running_loop().create_task(child())
        await asyncio.sleep(10)
        lived.append("parent")

    async def main() -> None:
        process, other = Process("victim"), Process("other")
        process.start(parent())
        survivor = other.start(parent())
        await asyncio.sleep(1)
        process.kill()
        await process.ended()
        await survivor

    run(main())
    assert lived == ["child", "parent"]


def test_a_process_that_will_not_die_is_an_error() -> None:
    async def immortal() -> None:
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                if not asyncio.get_running_loop().time() > EPOCH + 50:
                    continue
                raise

    async def main() -> None:
        process = Process("zombie")
        process.start(immortal())
        await asyncio.sleep(0.5)
        process.kill()
        try:
            with pytest.raises(AssertionError, match="zombie"):
                await process.ended()
        finally:
            await asyncio.sleep(100)

    run(main())
