"""Many callers at once: all are answered rightly or told to come back, in the memory allowed."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest
from drills.callers import Code, Crowd, Tasks, connected, working
from drills.gateway import MIB, gateway

from walrus_core.daemon import heap
from walrus_core.daemon.gateway.process import KEPT_SHARE

pytestmark = pytest.mark.drill

MEMORY = 256 * MIB
KEPT = MEMORY // KEPT_SHARE + heap.HEAPS * heap.KEPT
"""For the next calls: whole buffers, and what the C library may keep of freed memory."""

IN_HAND = 3 * MIB
"""Of each call: a message as it came, what it says, and as much behind it."""

CALLERS, SECONDS, SIZES = 8, 3.0, (1, 1000, 100_000, 1_500_000)
LONG_CALLERS, LONG_SECONDS = 64, 300.0
LONG_SIZES = (*SIZES, 8_000_000, 40_000_000, 80_000_000)
N_SHARDS, LONG_SHARDS = 100, 1000

CREEP = 1.15
"""How much more it may have in the last quarter of the time than in the second."""


def test_crowd(tmp_path: Path, is_long: bool, figures: list[str]) -> None:
    figures.append(asyncio.run(_crowd(tmp_path, is_long)))


async def _crowd(directory: Path, is_long: bool) -> str:
    count, seconds = (LONG_CALLERS, LONG_SECONDS) if is_long else (CALLERS, SECONDS)
    tasks = Tasks(*((LONG_SIZES, LONG_SHARDS) if is_long else (SIZES, N_SHARDS)))
    crowd = Crowd(count)
    async with gateway(directory, memory=MEMORY) as server:
        before = server.anonymous()
        files = server.open_files()
        with ExitStack() as connections:
            channels = [connections.enter_context(connected(server.address)) for _ in range(count)]
            async with server.watched() as most:
                await crowd.stay(seconds, working(server.address, tasks, channels))
        crowd.tally.assert_only(Code.OK, Code.RESOURCE_EXHAUSTED)
        assert crowd.tally.codes[Code.OK] >= count
        await server.idle()
        assert not server.failures()
        assert most.peak <= before + MEMORY + KEPT + count * IN_HAND
        middle, end = most.halves()
        if is_long:
            assert end <= CREEP * middle, "memory creeps"
        assert server.open_files() <= files + 16  # what was loaded meanwhile
        return (
            f"{count} callers for {seconds:g} s: {crowd.tally}; p50"
            f" {1000 * crowd.tally.quantile(0.5):.0f} ms, p99"
            f" {1000 * crowd.tally.quantile(0.99):.0f} ms; anonymous memory {before / MIB:.0f} MiB"
            f" before, {middle / MIB:.0f} and {end / MIB:.0f} MiB in the second and last quarter,"
            f" {most.peak / MIB:.0f} MiB at most ({MEMORY / MIB:.0f} MiB allowed for buffers)"
        )
