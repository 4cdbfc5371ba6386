"""A node comes back without its disk, or after a long absence, or on another disk."""

import asyncio
import json

import pytest
from drills.drill import Drill, content
from drills.nodes import await_whole, command, reconfigured

pytestmark = pytest.mark.drill


def test_a_node_returns_empty(drill: Drill) -> None:
    """So many others are dead that no more than k1 symbols of a sliver can be had at first."""
    drill.run(_returns_empty(drill, 6))


def test_a_node_returns_after_an_absence(drill: Drill) -> None:
    drill.run(_returns(drill, 0))


def test_export_and_import(drill: Drill) -> None:
    drill.run(_moves(drill, 3))


async def _returns_empty(drill: Drill, number: int) -> None:
    """Secondary slivers take 34 symbols each, of 57 shards; primary ones 67, of which the node has
    some itself by then.
    """
    async with drill.client() as client:
        for seed, size in enumerate([1000, 100_000, 3_000_000] * (5 if drill.is_long else 1)):
            await drill.ledger.store(client, content(size, seed=400 + seed))
    node = drill.network.node(number)
    dead = [each for each in await drill.faulty() if each != number][:2]
    for other in range(len(drill.network.nodes)):
        if other not in (*dead, number):
            await await_whole(drill, other)
    await asyncio.gather(*[drill.network.node(each).kill() for each in (*dead, number)])
    left = sum(
        len(shards)
        for each, shards in enumerate(await drill.network.shards())
        if each not in (*dead, number)
    )
    assert drill.n_shards // 3 < left < 2 * drill.n_shards // 3
    node.wipe()
    async with reconfigured(node, longest_retry=2):
        await node.start()
        whole = await await_whole(drill, number)
    drill.tell(
        f"node {number} returned empty, {dead} dead, {left} shards left:"
        f" {len(drill.ledger.blobs)} blobs whole after {whole:.1f} s"
    )


async def _returns(drill: Drill, number: int) -> None:
    node = drill.network.node(number)
    await node.kill()
    missed = 60 if drill.is_long else 12
    async with drill.client() as client:
        for seed in range(missed):
            await drill.ledger.store(client, content(20_000, seed=450 + seed))
    await node.start()
    whole = await await_whole(drill, number)
    drill.tell(f"node {number} returned and had missed {missed} blobs: whole after {whole:.1f} s")


async def _moves(drill: Drill, number: int) -> None:
    """What was exported serves from another disk, with nothing left to heal."""
    node = drill.network.node(number)
    async with drill.client() as client:
        await drill.ledger.store(client, content(2_000_000, seed=480))
    await await_whole(drill, number)
    await node.stop()
    file, config = drill.directory / "export", ["--config", str(node.config), "--json"]
    status, said = await command("node", "export", *config, "--out", str(file))
    assert status == 0, said
    exported = json.loads(said)["items"]
    node.wipe()
    status, said = await command("node", "import", *config, "--from", str(file))
    assert status == 0, said
    imported = json.loads(said)
    assert (imported["items"], imported["leftOut"]) == (exported, 0)
    await node.start()
    whole = await await_whole(drill, number, seconds=5)
    drill.tell(
        f"export of {exported} items ({file.stat().st_size:,} bytes) imported;"
        f" {whole:.1f} s after the start all of it was served and right"
    )
