"""Epochs change while blobs are stored and read: shards move between nodes, and to a new one."""

import asyncio
import dataclasses
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from drills.drill import Drill, Ledger, content
from drills.nodes import await_whole, command, health, set_up

from walrus_core.client import AsyncClient
from walrus_core.client.loop_thread import LoopThread
from walrus_core.client.wallet import paying_chain
from walrus_core.localnet.network.founding import Founded, found
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.localnet.network.node_process import NodeProcess
from walrus_core.localnet.network.ports import LOOPBACK, free_ports
from walrus_core.types import BlobId

pytestmark = pytest.mark.drill

NODES, N_SHARDS = 4, 20
EPOCH_SECONDS = 5
SOON = {"read_only_seconds": 2, "collect_interval": 1, "heal_delay": 3}
"""So that what has moved away, and what has ended, goes while the drill looks."""


def test_epochs(tmp_path: Path, is_long: bool, figures: list[str]) -> None:
    loop = LoopThread()
    try:
        loop.run(_over_epochs(loop, tmp_path, is_long, figures))
    finally:
        loop.close()


async def _over_epochs(
    loop: LoopThread, directory: Path, is_long: bool, figures: list[str]
) -> None:
    files = found(directory / "network", NODES)
    for number in range(NODES):
        set_up(files.config(number), SOON)
    network = LocalNetwork(NODES, N_SHARDS, files.directory, epoch_duration_ms=EPOCH_SECONDS * 1000)
    async with network:
        drill = Drill(network, loop, Ledger(), directory, is_long, figures, N_SHARDS)
        traffic = Traffic(drill)
        async with traffic:
            await _join(drill, files)
            moved = await _until_it_has_shards(drill)
            await _await_epochs(drill, 6 if is_long else 1)
        for number in range(NODES + 1):
            await await_whole(drill, number)
        await drill.check()
        drill.tell(
            f"epochs of {EPOCH_SECONDS} s: a new node had its shards {moved:.1f} s after it"
            f" was registered; meanwhile {traffic.stored} blobs stored, {traffic.read} read"
        )
        await _collected(drill)


class Traffic:
    """Blobs are stored and read, one after the other, while inside; the first error is raised."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill
        self._tasks: list[asyncio.Task[None]] = []
        self.stored = self.read = 0

    async def __aenter__(self) -> "Traffic":
        await self._store()
        self._tasks = [
            asyncio.create_task(self._again_and_again(work)) for work in (self._store, self._read)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        done, pending = await asyncio.wait(self._tasks, timeout=0)
        for task in pending:
            task.cancel()
        await asyncio.wait(self._tasks)
        for task in done:
            await task

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await work()
            await asyncio.sleep(0 if self._drill.is_long else 0.5)

    async def _store(self) -> None:
        async with self._drill.client() as client:
            blob = content([20_000, 400_000][self.stored % 2], seed=600 + self.stored)
            await self._drill.ledger.store(client, blob, epochs=50)
            self.stored += 1

    async def _read(self) -> None:
        async with self._drill.client() as client:
            for blob_id, blob in list(self._drill.ledger.blobs.items()):
                assert await client.read(blob_id) == blob
                self.read += 1


async def _join(drill: Drill, files: Founded) -> None:
    """A new node, as an operator makes one: initialized, registered, staked with, served."""
    [port] = free_ports(1)
    files = dataclasses.replace(files, addresses=(*files.addresses, f"{LOOPBACK}:{port}"))
    directory, network = files.node(NODES), str(drill.network.network)
    made = await _said("node", "init", str(directory), "--network", network, "--public-port",
                       str(port), "--metrics-port", "0")  # fmt: skip
    wallet, on_network = ["--wallet", str(directory / "sui.keystore")], ["--network", network]
    await _said("wallet", "faucet", "--to", made["walletAddress"], *on_network)
    keys = [f"--{kind}-key={directory / kind}.key" for kind in ("protocol", "network")]
    address = f"--public-address={LOOPBACK}:{port}"
    registered = await _said("node", "register", "--name=new", address, *keys, *wallet, *on_network)
    node_id = registered["nodeId"]
    await _said("wallet", "faucet", "--wal", "1500000WAL", *on_network)
    await _said("stake", node_id, "1500000WAL", *on_network)
    set_up(files.config(NODES), SOON | {"node_id": f'"{node_id}"'})
    node = NodeProcess(files, NODES)
    drill.network.nodes = [*drill.network.nodes, node]
    await node.start()


async def _said(*words: str) -> dict[str, str]:
    status, said = await command(*words, "--json")
    assert status == 0, said
    values: dict[str, str] = json.loads(said)
    return values


async def _until_it_has_shards(drill: Drill) -> float:
    """Until the new node is in the committee and says that its shards are there."""
    started = time.perf_counter()
    while time.perf_counter() - started < 15 * EPOCH_SECONDS:
        if (await drill.network.shards())[NODES]:
            await await_whole(drill, NODES)
            return time.perf_counter() - started
        await asyncio.sleep(0.3)
    raise AssertionError("the new node never got shards")


async def _await_epochs(drill: Drill, count: int) -> None:
    first = (await drill.network.committee()).epoch
    while (await drill.network.committee()).epoch < first + count:
        await asyncio.sleep(0.3)


async def _collected(drill: Drill) -> None:
    """What is deleted, and what ends, goes from all disks; what lives, stays."""
    async with drill.client() as client:
        lives = {number: (await health(drill, number)).blobs for number in range(NODES + 1)}
        expiring = await client.store(content(50_000, seed=690), epochs=1)
        deleted = await client.store(content(50_000, seed=691), epochs=50)
        await _delete(client, deleted.object_id)
        started = time.perf_counter()
        while more := await _more(drill, lives):
            assert time.perf_counter() - started < 10 * EPOCH_SECONDS, more
            await asyncio.sleep(0.3)
        took = time.perf_counter() - started
        for gone in (expiring.blob_id, deleted.blob_id):
            await _require_gone(drill, gone)
    await drill.check()
    drill.tell(f"an expired and a deleted blob had left all disks after {took:.1f} s")


async def _delete(client: AsyncClient, object_id: bytes) -> None:
    async with paying_chain(client.network, None, None, None) as chain:
        await chain.delete(object_id)


async def _more(drill: Drill, lives: dict[int, int]) -> dict[int, int]:
    """The nodes that know more blobs than these, and how many."""
    known = {number: (await health(drill, number)).blobs for number in lives}
    return {number: blobs for number, blobs in known.items() if blobs > lives[number]}


async def _require_gone(drill: Drill, blob_id: BlobId) -> None:
    for node in drill.network.nodes:
        assert not list((node.store / "slivers").glob(f"??/{blob_id.digest.hex()}-*"))
