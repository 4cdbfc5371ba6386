"""Nodes are killed with -9, one after the other, while blobs are stored and read."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from drills.drill import Drill, content

from walrus_core.client import AsyncClient
from walrus_core.localnet.network.node_process import NodeProcess

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]

SHORT, LONG = 20, 200
LANES = 2  # stores and reads at once
LARGEST = 2_000_000
CALM_SECONDS = 1.0  # at most, between one node's return and the next one's end


def test_killed_at_random(drill: Drill) -> None:
    drill.run(_killed_at_random(drill))


async def _killed_at_random(drill: Drill) -> None:
    n_blobs, chance = LONG if drill.is_long else SHORT, random.Random(1)
    blobs = [content(int(LARGEST ** chance.random()), seed) for seed in range(n_blobs)]
    started, slowest = time.perf_counter(), 0.0

    async def lane(client: AsyncClient, own: list[bytes]) -> None:
        nonlocal slowest
        for blob in own:
            begun = time.perf_counter()
            await drill.ledger.store(client, blob)
            blob_id, known = chance.choice(list(drill.ledger.blobs.items()))
            assert await client.read(blob_id) == known
            slowest = max(slowest, time.perf_counter() - begun)

    async with drill.client() as client, _deaths(drill, chance) as deaths:
        await asyncio.gather(*[lane(client, blobs[i::LANES]) for i in range(LANES)])
    took = time.perf_counter() - started
    assert deaths, "nobody was killed"
    drill.tell(
        f"kill -9 at random: {n_blobs} stores and as many reads in {took:.1f} s, the slowest pair"
        f" in {slowest:.1f} s, {len(deaths)} kills"
    )


@contextlib.asynccontextmanager
async def _deaths(drill: Drill, chance: random.Random) -> AsyncIterator[list[int]]:
    """Two nodes are down or coming up nearly all of the time, which hold no more than f shards;
    yields who was killed so far.
    """
    killed: list[int] = []

    async def kill(some: Sequence[NodeProcess]) -> None:
        while True:
            node = chance.choice(some)
            await node.kill()
            killed.append(node.number)
            await asyncio.sleep(chance.uniform(0, CALM_SECONDS))
            await node.start()
            await asyncio.sleep(chance.uniform(0, CALM_SECONDS))

    nodes = drill.network.nodes
    tasks = [asyncio.create_task(kill(nodes[parity::2])) for parity in range(2)]
    try:
        yield killed
    finally:
        for task in tasks:
            if task.done():
                task.result()  # a node did not come back
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
