"""As many nodes as the code forgives lie, in every way that a liar knows."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from drills.drill import Drill, content, heal

from walrus_core.localnet.network.lies import Lie

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]

SHORT, LONG = [1, 300_000], [0, 1, 1000, 300_000, 3_000_000, 20_000_000]

PAIRS = [
    (Lie.PROOF, Lie.OTHER),
    (Lie.FLIP, Lie.STALE),
    (Lie.FOREIGN, Lie.ABSENT),
    (Lie.BOAST, Lie.HANG),
    (Lie.TRICKLE, Lie.ANY),
]
"""Who lies together in the short form."""

LIES = list(Lie)
LONG_PAIRS = [(LIES[i], LIES[(i + k) % len(LIES)]) for k in range(3) for i in range(len(LIES))]
"""In the long form each lies with one of its kind, and with the two kinds after it."""

HEALED_AMONG = PAIRS[0]


def test_pairs_are_of_all_lies() -> None:
    assert {lie for pair in PAIRS for lie in pair} == set(Lie)


def test_f_shards_lie(drill: Drill) -> None:
    drill.run(_f_shards_lie(drill))


async def _f_shards_lie(drill: Drill) -> None:
    kinds = LONG_PAIRS if drill.is_long else PAIRS
    liars = await drill.faulty()
    assert len(liars) == len(PAIRS[0])
    for number, lies in enumerate(kinds):
        await drill.lie(liars, lies)
        await _stored_and_read(drill, liars, lies, number)
        if drill.is_long or lies == HEALED_AMONG:
            await _healed(drill, liars, lies)


async def _stored_and_read(
    drill: Drill, liars: list[int], lies: tuple[Lie, ...], number: int
) -> None:
    """New blobs, and one that was there when they still were honest."""
    sizes = LONG if drill.is_long else SHORT
    known = list(drill.ledger.blobs)
    before = random.Random(number).sample(known, min(3, len(known)))
    started = time.perf_counter()
    async with drill.client() as client:
        outcomes = [await drill.ledger.store(client, content(size, 300 + number)) for size in sizes]
        stored = time.perf_counter()
        for blob_id in [*before, *[outcome.blob_id for outcome in outcomes]]:
            read = await client.read(blob_id, check="strict")
            assert read == drill.ledger.blobs[blob_id], (blob_id, lies)
    n_reads = len(before) + len(sizes)
    drill.tell(
        f"nodes {liars} lie ({', '.join(lies)}): {len(sizes)} stores in {stored - started:.1f} s,"
        f" {n_reads} reads in {time.perf_counter() - stored:.1f} s"
    )


async def _healed(drill: Drill, liars: list[int], lies: tuple[Lie, ...]) -> None:
    """An honest node that lost its disk heals, though those who lie are asked, too."""
    number = next(n for n in range(len(drill.network.nodes)) if n not in liars)
    node = drill.network.node(number)
    await node.kill()
    await asyncio.to_thread(node.wipe)
    await node.start()
    started = time.perf_counter()
    n_slivers = await heal(drill, number)
    drill.tell(
        f"node {number} healed {n_slivers} slivers of {len(drill.ledger.blobs)} blobs among liars"
        f" ({', '.join(lies)}) in {time.perf_counter() - started:.1f} s"
    )
