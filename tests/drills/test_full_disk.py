"""A node's disk is full: it refuses, the others take over, and it goes on when there is room."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from drills.drill import Drill, content
from drills.nodes import await_whole, health, reconfigured

from walrus_core.localnet.network.node_process import NodeProcess
from walrus_core.services.uploader import NodeState, StoreOutcome

pytestmark = pytest.mark.drill

SIZE = 3_000_000
SMALL_DISK, LARGE_DISK = "16m", "400m"

LIMITS = {"longest_retry": 2, "scrub_interval": 0.5, "heal_delay": 1}
"""Healing is tried again and again, so that the drill need not wait for it."""


def test_limit_reached(drill: Drill) -> None:
    drill.run(_limit_reached(drill, 4))


def test_disk_full(drill: Drill, tmp_path: Path) -> None:
    if shutil.which("mount") is None or not _mounted(tmp_path, SMALL_DISK):
        pytest.skip("may not mount a small file system")
    _unmount(tmp_path)
    drill.run(_disk_full(drill, 5))


async def _limit_reached(drill: Drill, number: int) -> None:
    """Of what the configuration allows."""
    node = drill.network.node(number)
    stored = (await health(drill, number)).stored
    async with reconfigured(node, storage_limit=stored + SIZE, **LIMITS):
        await node.start()
        refused = await _store_until_refused(drill, number, seed=300)
        full = await health(drill, number)
        assert full.limit is not None
        assert full.stored <= full.limit
        assert await drill.check() > 0  # what it has, it serves
    await node.start()
    whole = await await_whole(drill, number)
    drill.tell(f"storage limit reached: {refused}; whole {whole:.1f} s after it was lifted")


async def _disk_full(drill: Drill, number: int) -> None:
    """Of a file system: the index, too, finds no more room."""
    node = drill.network.node(number)
    await node.stop()
    node.wipe()
    async with _small_disk(node), reconfigured(node, storage_reserve=1, **LIMITS):
        await node.start()
        refused = await _store_until_refused(drill, number, seed=310)
        assert (await health(drill, number)).free < SIZE
        ballast = node.store / "ballast"
        _fill(ballast)
        async with drill.client() as client:
            for blob in range(2):
                await drill.ledger.store(client, content(10_000, seed=blob + 312))
        await drill.check()
        _mount(node.store, f"remount,size={LARGE_DISK}")
        ballast.unlink()
        whole = await await_whole(drill, number)
    drill.tell(f"disk full: {refused}; whole {whole:.1f} s after it had grown")


async def _store_until_refused(drill: Drill, number: int, seed: int) -> str:
    """Store until the node cannot take its part, and then some more, which must do no harm."""
    refusals: list[str] = []
    async with drill.client() as client:
        for blob in range(30):
            outcome = await drill.ledger.store(client, content(SIZE, seed=seed * 100 + blob))
            refusals += _refusal(drill.network.node(number), outcome)
            if len(refusals) == (10 if drill.is_long else 2):
                return f"{blob + 1} blobs stored all the same ({refusals[-1]})"
    raise AssertionError("the node was never full")


def _refusal(node: NodeProcess, outcome: StoreOutcome) -> list[str]:
    """What the node said, if it did not confirm."""
    [result] = [each for each in outcome.nodes if each.address == node.address]
    if result.state is NodeState.CONFIRMED:
        return []
    assert "room" in result.error or "free" in result.error, result.error
    return [result.error]


def _fill(path: Path) -> None:
    """Take all that a file system has left, to the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))


@asynccontextmanager
async def _small_disk(node: NodeProcess) -> AsyncIterator[None]:
    """A small file system where the node's store is; the node is down in the end."""
    node.store.mkdir()
    assert _mounted(node.store, SMALL_DISK)
    try:
        yield
    finally:
        await node.stop()
        _unmount(node.store)


def _mounted(place: Path, size: str) -> bool:
    return _mount(place, f"size={size}") == 0


def _mount(place: Path, options: str) -> int:
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def _unmount(place: Path) -> None:
    subprocess.run(["umount", str(place)], check=True, capture_output=True)
