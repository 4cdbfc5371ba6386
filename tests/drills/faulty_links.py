"""A network whose nodes can only be reached over links that fail: by clients, and by each other."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from drills.nodes import set_up
from rpc.fault_proxy import FaultProxy

from walrus_core.localnet.network.founding import found
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.localnet.network.ports import LOOPBACK, free_ports


@dataclass
class FaultyLink(FaultProxy):
    """`halves`: the part of the cuts that close one direction only, the other staying open."""

    halves: float = 0.0

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: list[int | None]
    ) -> None:
        await super()._pump(reader, writer, budget)
        is_cut = budget[0] is not None and budget[0] < 0
        if is_cut and self.chance.random() < self.halves:
            with suppress(OSError):
                writer.write_eof()
                while await reader.read(1 << 16):
                    pass


@dataclass(frozen=True)
class Faults:
    """What all links do; see `FaultyLink`."""

    split: int = 1 << 16
    delay: float = 0.0
    cut_after: int | None = None
    halves: float = 0.0


@dataclass
class FaultyNetwork:
    """Its links are sound until told otherwise."""

    network: LocalNetwork
    links: list[FaultyLink]

    @property
    def cuts(self) -> int:
        return sum(link.cuts for link in self.links)

    def set(self, faults: Faults) -> None:
        """For connections that are made from now on; those that there are keep their length."""
        for link in self.links:
            link.split, link.delay, link.cut_after, link.halves = (
                faults.split,
                faults.delay,
                faults.cut_after,
                faults.halves,
            )


@asynccontextmanager
async def faulty_network(
    directory: Path, nodes: int, n_shards: int, seed: int
) -> AsyncIterator[FaultyNetwork]:
    """Founded so that the chain tells the links' addresses, and the nodes listen elsewhere."""
    files = found(directory, nodes)
    links = []
    async with AsyncExitStack() as parts:
        for number, port in enumerate(free_ports(nodes)):
            set_up(files.config(number), {"listen_address": f"{LOOPBACK}:{port}"})
            link = FaultyLink(port, random.Random(seed + number))
            public = int(files.addresses[number].rpartition(":")[2])
            server = await asyncio.start_server(link.connect, LOOPBACK, public)
            parts.callback(server.close)
            links.append(link)
        network = LocalNetwork(nodes, n_shards, directory)
        await parts.enter_async_context(network)
        yield FaultyNetwork(network, links)
