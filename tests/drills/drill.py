"""What all drills share: a network of processes, and what it has acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from walrus_core.client import AsyncClient
from walrus_core.client.loop_thread import LoopThread
from walrus_core.codec.encoder import compute_metadata
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.rpc.client import RpcPeers
from walrus_core.services.uploader import StoreOutcome
from walrus_core.types import BlobId, shard_to_pair

T = TypeVar("T")

CHECKS_AT_ONCE = 4
LOOK_SECONDS = 0.1


def content(size: int, seed: int) -> bytes:
    """Bytes that no other seed gives."""
    return random.Random(f"{size}-{seed}").randbytes(size)


@dataclass
class Ledger:
    """Every blob that a network has acknowledged: for each, `store` returned."""

    blobs: dict[BlobId, bytes] = field(default_factory=dict)

    async def store(
        self, client: AsyncClient, blob: bytes, epochs: int = 5, **options: Any
    ) -> StoreOutcome:
        """Store it, and hold the network to its word."""
        outcome = await client.store(blob, epochs, **options)
        self.blobs[outcome.blob_id] = blob
        return outcome

    async def check(self, client: AsyncClient, n_shards: int) -> None:
        """Each blob reads back bit for bit, whichever slivers it is made of, and has its ID."""
        places = asyncio.Semaphore(CHECKS_AT_ONCE)

        async def check(blob_id: BlobId, blob: bytes) -> None:
            async with places:
                read = await client.read(blob_id, check="strict")
            assert read == blob, f"{blob_id} is not what was stored"
            assert compute_metadata(read, n_shards).blob_id == blob_id

        await asyncio.gather(*[check(blob_id, blob) for blob_id, blob in self.blobs.items()])


@dataclass
class Drill:
    """A network on which things go wrong.

    `run` awaits, on the loop that the network's processes belong to. `tell` prints a figure when
    all is over. `is_long`: whether there is time for the full form.
    """

    network: LocalNetwork
    loop: LoopThread
    ledger: Ledger
    directory: Path
    is_long: bool
    figures: list[str]
    n_shards: int
    liars: set[int] = field(default_factory=set)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def tell(self, figure: str) -> None:
        self.figures.append(figure)

    def client(self, **options: Any) -> AsyncClient:
        """One that knows nothing of the nodes yet; its unfinished stores are in `directory`."""
        return AsyncClient(self.network.network, state=self.directory / "client", **options)

    async def faulty(self) -> list[int]:
        """Nodes that together hold as many of the f shards as whole nodes can."""
        shards = [len(each) for each in await self.network.shards()]
        left, chosen = (self.n_shards - 1) // 3, []
        for number in sorted(range(len(shards)), key=lambda number: -shards[number]):
            if shards[number] <= left:
                chosen.append(number)
                left -= shards[number]
        return chosen

    async def lie(self, numbers: Sequence[int], lies: Sequence[str | None]) -> None:
        """Kill these nodes; what comes back tells these lies, or the truth for None."""
        nodes = [self.network.node(number) for number in numbers]
        await asyncio.gather(*[node.kill() for node in nodes])
        self.liars |= set(numbers)
        await asyncio.gather(*[n.start(lie) for n, lie in zip(nodes, lies, strict=True)])
        self.liars -= {number for number, lie in zip(numbers, lies, strict=True) if lie is None}

    async def restart(self, numbers: Sequence[int]) -> None:
        """Kill these nodes; they come back."""
        await self.lie(numbers, [None] * len(numbers))

    async def mend(self) -> None:
        """All nodes are up and honest again, and the chain is; disks are as they are."""
        if self.network.chain.pid is None:
            await self.network.start_chain()
        for node in self.network.nodes:
            node.resume()
        down = {node.number for node in self.network.nodes if not node.is_up}
        await self.restart(sorted(down | self.liars))

    async def check(self) -> float:
        """That every blob ever acknowledged is there; how long it took, in seconds."""
        started = time.perf_counter()
        async with self.client() as client:
            await self.ledger.check(client, self.n_shards)
        return time.perf_counter() - started


async def heal(drill: Drill, number: int, timeout: float = 120.0) -> int:
    """Wait until a node has both slivers of each of its shards, of every acknowledged blob; how
    many these are.
    """
    committee = await drill.network.committee()
    address = drill.network.node(number).address
    member = next(each for each in committee.members if each.network_address == address)
    peers = RpcPeers(drill.n_shards)
    try:
        async with asyncio.timeout(timeout):
            for blob_id in drill.ledger.blobs:
                wanted = {shard_to_pair(blob_id, shard, drill.n_shards) for shard in member.shards}
                while True:
                    found = await peers.node(member).holdings(blob_id)
                    if found.primary >= wanted and found.secondary >= wanted:
                        break
                    await asyncio.sleep(LOOK_SECONDS)
    finally:
        await peers.close()
    return 2 * len(member.shards) * len(drill.ledger.blobs)
