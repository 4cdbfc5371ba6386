"""Nodes that hang or trickle keep nobody waiting for long."""

from __future__ import annotations

import asyncio
import time

import pytest
from drills.drill import Drill, content

from walrus_core.client import AsyncClient
from walrus_core.localnet.network.lies import Lie

pytestmark = pytest.mark.drill

SIZE = 1_000_000
ROUNDS, LONG_ROUNDS = 3, 20

STORE_SECONDS, READ_SECONDS = 10.0, 5.0
"""What one blob of `SIZE` may take: many times what it takes on two cores with all nodes well."""


def test_hanging(drill: Drill) -> None:
    """Connections stay, answers do not come (SIGSTOP): to a client that has talked to the nodes
    before, and to one that has not.
    """
    drill.run(_hanging(drill))


async def _hanging(drill: Drill) -> None:
    async with drill.client() as known:
        first = await drill.ledger.store(known, content(SIZE, seed=400))
        assert len(await known.read(first.blob_id)) == SIZE
        for number in await drill.faulty():
            drill.network.node(number).pause()
        await _in_time(drill, known, "hanging nodes, known client", 410)
    async with drill.client() as new:
        await _in_time(drill, new, "hanging nodes, new client", 440)


def test_hanging_midway(drill: Drill) -> None:
    """They hang while a blob is on its way to them."""
    drill.run(_hanging_midway(drill))


async def _hanging_midway(drill: Drill) -> None:
    size, worst = 20 * SIZE, 0.0
    faulty = await drill.faulty()
    async with drill.client() as client:
        for number in range(LONG_ROUNDS if drill.is_long else 1):
            started = time.perf_counter()
            store = asyncio.create_task(drill.ledger.store(client, content(size, 470 + number)))
            await asyncio.sleep(0.1 + 0.05 * number)
            for node in faulty:
                drill.network.node(node).pause()
            await store
            worst = max(worst, time.perf_counter() - started)
            for node in faulty:
                drill.network.node(node).resume()
    assert worst <= 2 * STORE_SECONDS
    drill.tell(f"nodes hang midway: {size:,} bytes stored in {worst:.1f} s at most")


def test_trickling(drill: Drill) -> None:
    drill.run(_trickling(drill))


async def _trickling(drill: Drill) -> None:
    faulty = await drill.faulty()
    await drill.lie(faulty, [Lie.TRICKLE] * len(faulty))
    async with drill.client() as client:
        await _in_time(drill, client, "a byte a second", 500)


async def _in_time(drill: Drill, client: AsyncClient, what: str, seed: int) -> None:
    stores, reads = [], []
    for number in range(LONG_ROUNDS if drill.is_long else ROUNDS):
        blob = content(SIZE, seed + number)
        started = time.perf_counter()
        outcome = await drill.ledger.store(client, blob)
        stored = time.perf_counter()
        assert await client.read(outcome.blob_id) == blob
        stores.append(stored - started)
        reads.append(time.perf_counter() - stored)
    drill.tell(f"{what}: stores in {_times(stores)}, reads in {_times(reads)}")
    assert max(stores) <= STORE_SECONDS
    assert max(reads) <= READ_SECONDS


def _times(seconds: list[float]) -> str:
    return f"{min(seconds):.2f} to {max(seconds):.2f} s"
