"""Links that cut, delay, split and half-close, between clients and nodes, and between nodes."""

import random
import time
from pathlib import Path

import pytest
from drills.drill import Drill, Ledger, content
from drills.faulty_links import Faults, FaultyNetwork, faulty_network
from drills.nodes import await_whole

from walrus_core.client.loop_thread import LoopThread

pytestmark = pytest.mark.drill

NODES, N_SHARDS, SEED = 4, 20, 77

FAULTS = [
    Faults(split=5000, delay=0.002),
    Faults(cut_after=1_500_000),
    Faults(split=20_000, delay=0.01, cut_after=1_500_000, halves=0.5),
]
SIZES = [1_000_000, 300_000, 600_000]


def test_faulty_links(tmp_path: Path, is_long: bool, figures: list[str]) -> None:
    loop = LoopThread()
    try:
        loop.run(_over_faulty_links(loop, tmp_path, is_long, figures))
    finally:
        loop.close()


async def _over_faulty_links(
    loop: LoopThread, directory: Path, is_long: bool, figures: list[str]
) -> None:
    async with faulty_network(directory / "network", NODES, N_SHARDS, SEED) as faulty:
        drill = Drill(faulty.network, loop, Ledger(), directory, is_long, figures, N_SHARDS)
        await _store_and_read(drill, faulty, 30 if is_long else 6)
        await _heal(drill, faulty)
        faulty.set(Faults())
        await drill.check()


async def _store_and_read(drill: Drill, faulty: FaultyNetwork, count: int) -> None:
    """Each with clients of its own, so that they have to connect."""
    chance = random.Random(SEED)
    started = time.perf_counter()
    for number in range(count):
        faulty.set(FAULTS[number % len(FAULTS)])
        async with drill.client() as client:
            blob = content(chance.choice(SIZES), seed=500 + number)
            outcome = await drill.ledger.store(client, blob)
        async with drill.client() as client:
            assert await client.read(outcome.blob_id, check="strict") == blob
    took = time.perf_counter() - started
    drill.tell(
        f"links that split, delay, cut and half-close: {count} blobs stored and read in"
        f" {took:.1f} s, {faulty.cuts} connections cut"
    )


async def _heal(drill: Drill, faulty: FaultyNetwork) -> None:
    """A node that has lost its disk gets its slivers over the same links."""
    node, before = drill.network.node(1), faulty.cuts
    await node.kill()
    node.wipe()
    faulty.set(FAULTS[2])
    await node.start()
    whole = await await_whole(drill, 1)
    drill.tell(
        f"healed over such links: {len(drill.ledger.blobs)} blobs whole after {whole:.1f} s,"
        f" {faulty.cuts - before} connections cut"
    )
