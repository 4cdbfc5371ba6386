"""The disk of a node that is down is damaged: `node check` tells, the node notices, and heals."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from drills.drill import Drill, content
from drills.nodes import await_whole, command, health, reconfigured, stored_in

from walrus_core.types import BlobId

pytestmark = pytest.mark.drill

SMALL, LARGE = 100_000, 3_000_000
"""Blobs of which a node's slivers rest in its index, and in files of their own."""

DAMAGED = 5
"""The exit status of `node check`."""

Damage = Callable[[Path, BlobId, random.Random], object]
"""Does something to the store in a directory; one of the blobs with large slivers is named."""


def flip(path: Path, position: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)


def flip_any(path: Path, chance: random.Random) -> None:
    flip(path, chance.randrange(path.stat().st_size), chance.randrange(8))


def newest(store: Path, pattern: str) -> Path:
    """Of the files of the index that hold something."""
    files = [path for path in (store / "index").glob(pattern) if path.stat().st_size > 4096]
    return max(files, key=lambda path: path.name)


def cut_sliver(store: Path, blob_id: BlobId, chance: random.Random) -> None:
    path = chance.choice(stored_in(store, blob_id))
    os.truncate(path, chance.randrange(path.stat().st_size))


def flip_sliver(store: Path, blob_id: BlobId, chance: random.Random) -> None:
    flip_any(chance.choice(stored_in(store, blob_id)), chance)


def lose_sliver(store: Path, blob_id: BlobId, chance: random.Random) -> None:
    chance.choice(stored_in(store, blob_id)).unlink()


def flip_value(store: Path, blob_id: BlobId, chance: random.Random) -> None:  # noqa: ARG001
    """In the first half of a table: its data, not its own index."""
    path = newest(store, "*.sst")
    flip(path, chance.randrange(path.stat().st_size // 2), chance.randrange(8))


def cut_table(store: Path, blob_id: BlobId, chance: random.Random) -> None:  # noqa: ARG001
    path = newest(store, "*.sst")
    os.truncate(path, path.stat().st_size // 2)


def cut_log(store: Path, blob_id: BlobId, chance: random.Random) -> None:  # noqa: ARG001
    path = newest(store, "*.log")
    os.truncate(path, path.stat().st_size // 2)


FILES: list[Damage] = [cut_sliver, flip_sliver, lose_sliver]


def test_damaged_files(drill: Drill) -> None:
    drill.run(_damaged_files(drill, random.Random(21), 0))


def test_damaged_index(drill: Drill) -> None:
    drill.run(_damaged_index(drill, random.Random(22), 1))


def test_a_cut_log_of_the_index(drill: Drill) -> None:
    """The node was killed; what it had acknowledged last is gone from its log."""
    drill.run(_cut_log(drill, random.Random(24), 3))


async def _stored(drill: Drill, seed: int) -> BlobId:
    """Blobs of both kinds are on all nodes; the ID of one with large slivers."""
    async with drill.client() as client:
        for number in range(8 if drill.is_long else 2):
            await drill.ledger.store(client, content(SMALL, seed=seed + number))
        outcome = await drill.ledger.store(client, content(LARGE, seed=seed))
    return outcome.blob_id


async def _damaged_files(drill: Drill, chance: random.Random, number: int) -> None:
    """`node check` finds all of it; and so does the node, by itself, if nobody has checked."""
    node, blob_id = drill.network.node(number), await _stored(drill, 210)
    await await_whole(drill, number)
    async with reconfigured(node, scrub_interval=0.2, heal_delay=1):
        for damage in FILES:
            damage(node.store, blob_id, chance)
        status, said = await command("node", "check", "--config", str(node.config), "--json")
        assert status == DAMAGED, said
        found = len(json.loads(said)["damaged"])
        assert found == len(FILES), said
        await node.start()
        checked = await await_whole(drill, number)
        await node.stop()
        for damage in FILES:
            damage(node.store, blob_id, chance)
        await node.start()
        scrubbed = await await_whole(drill, number)
        assert (await health(drill, number)).damaged == 0
    drill.tell(
        f"{found} files of slivers cut, flipped, lost: found by `node check`, whole {checked:.1f} s"
        f" after the start; found by the node itself, whole after {scrubbed:.1f} s"
    )


async def _damaged_index(drill: Drill, chance: random.Random, number: int) -> None:
    """`node check` finds that it cannot be read; the node runs when it was repaired."""
    node, blob_id = drill.network.node(number), await _stored(drill, 220)
    config = str(node.config)
    for damage in (flip_value, cut_table) * (5 if drill.is_long else 1):
        await await_whole(drill, number)
        async with reconfigured(node, scrub_interval=0.2, heal_delay=1):
            damage(node.store, blob_id, chance)
            status, said = await command("node", "check", "--config", config)
            assert status == DAMAGED, said
            assert "--repair" in said
            status, said = await command("node", "check", "--config", config, "--repair", "--json")
            assert json.loads(said)["repaired"], said
            await node.start()
            whole = await await_whole(drill, number)
        await node.start()
        drill.tell(
            f"index of node {number}, {damage.__name__}: found by `node check`, repaired,"
            f" whole {whole:.1f} s after the start"
        )


async def _cut_log(drill: Drill, chance: random.Random, number: int) -> None:
    node, blob_id = drill.network.node(number), await _stored(drill, 250)
    await await_whole(drill, number)
    await node.kill()
    cut_log(node.store, blob_id, chance)
    async with reconfigured(node, scrub_interval=0.2, heal_delay=1):
        await node.start()
        whole = await await_whole(drill, number)
    drill.tell(f"the index's log cut in half: whole {whole:.1f} s after the start")
