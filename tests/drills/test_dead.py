"""As many nodes as the code forgives are dead for good: blobs are stored and read all the same."""

import asyncio
import time

import pytest
from drills.drill import Drill, content

pytestmark = pytest.mark.drill

SHORT, LONG = [1, 100_000, 5_000_000], [0, 1, 1000, 100_000, 1_000_000, 5_000_000, 64_000_000]


def test_f_shards_dead(drill: Drill) -> None:
    drill.run(_f_shards_dead(drill))


async def _f_shards_dead(drill: Drill) -> None:
    blobs = [content(size, seed=2) for size in (LONG if drill.is_long else SHORT)]
    dead = await drill.faulty()
    async with drill.client() as client:
        before = await drill.ledger.store(client, content(3_000_000, seed=20))
        await asyncio.gather(*[drill.network.node(number).kill() for number in dead])
        assert len(await client.read(before.blob_id, check="strict")) == 3_000_000
        started = time.perf_counter()
        for blob in blobs:
            outcome = await drill.ledger.store(client, blob)
            assert await client.read(outcome.blob_id) == blob
        took = time.perf_counter() - started
    everything = await drill.check()
    drill.tell(
        f"nodes {dead} dead: {len(blobs)} blobs stored and read in {took:.1f} s,"
        f" all {len(drill.ledger.blobs)} of the network checked in {everything:.1f} s"
    )
