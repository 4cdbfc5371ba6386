"""A network of a chain and storage nodes on this machine, as one thing."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from walrus_core.errors import InvalidArgumentError, ProcessFailedError
from walrus_core.localnet.network.founding import NODES, Founded, found, founded
from walrus_core.localnet.network.node_process import NodeProcess
from walrus_core.localnet.network.processes import Process
from walrus_core.types import ShardIndex

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Committee

__all__ = ["LocalNetwork"]

HOME_VARIABLE = "WALRUS_CORE_HOME"


class LocalNetwork:
    """The network in `directory`, founded if there is none; None for one that is gone afterwards.

    `nodes`, `n_shards` and `epoch_duration_ms` are for a new one (by default 7, 100, one day); for
    one that is there None, or what it has. `announce`: also tell where `--network local` looks.

        async with LocalNetwork(nodes=4) as network:
            chain = SuiChain(described_network(network.network), ...)
            await network.node(0).kill()
    """

    def __init__(
        self,
        nodes: int | None = None,
        n_shards: int | None = None,
        directory: Path | None = None,
        *,
        epoch_duration_ms: int | None = None,
        announce: bool = False,
    ) -> None:
        self._n_nodes = nodes
        self._n_shards = n_shards
        self._epoch_duration_ms = epoch_duration_ms
        self._directory = directory
        self._announce = announce
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._files: Founded | None = None
        self._chain: Process | None = None
        self.nodes: Sequence[NodeProcess] = ()

    @property
    def directory(self) -> Path:
        return self._founded.directory

    @property
    def network(self) -> Path:
        """For `--network FILE`, and `sui.networks.described_network`."""
        return self._founded.network_file

    @property
    def values(self) -> dict[str, Any]:
        """What network.json says."""
        values: dict[str, Any] = json.loads(self.network.read_text(encoding="utf-8"))
        return values

    @property
    def chain(self) -> Process:
        """The process of the chain; `start_chain` starts it again."""
        if self._chain is None:
            raise InvalidArgumentError("the network was not started")
        return self._chain

    def node(self, number: int) -> NodeProcess:
        """One of the nodes, by its number from 0 on."""
        return self.nodes[number]

    async def start(self) -> None:
        """Start the chain, then all nodes; returns when all serve. ProcessFailedError, and then
        nothing runs; StorageError; InvalidArgumentError for options that the network is not of.
        """
        if self._directory is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="walrus-network-")
        directory = Path(self._temporary.name) if self._temporary else self._directory
        assert directory is not None
        try:
            files = founded(directory, self._n_nodes)
            self._files = files or found(directory, self._n_nodes or NODES)
            home = {} if self._announce else {HOME_VARIABLE: str(self.directory)}
            self._chain = Process("chain", self._files.logs / "chain", home)
            self.nodes = [NodeProcess(self._files, n) for n in range(self._files.n_nodes)]
            await self.start_chain()
            await _together([node.start() for node in self.nodes])
        except BaseException:
            await self.stop()
            raise

    async def start_chain(self) -> None:
        """Start the chain, which goes on where it was. ProcessFailedError."""
        options = ["--dir", str(self.directory), "--port", str(self._founded.chain_port)]
        if self._n_shards is not None:
            options += ["--n-shards", str(self._n_shards)]
        if self._epoch_duration_ms is not None:
            options += ["--epoch-duration", f"{self._epoch_duration_ms}ms"]
        await self.chain.start("walrus_core", "chain", "up", "--json", *options)

    async def stop(self) -> None:
        """Stop what was started here, nodes first; a temporary network is gone then."""
        await asyncio.gather(*[node.stop() for node in self.nodes])
        if self._chain is not None:
            await self._chain.stop()
        if self._temporary is not None:
            # Side by side: many times faster where removing one waits.
            await asyncio.gather(*[asyncio.to_thread(node.wipe) for node in self.nodes])
            await asyncio.to_thread(self._temporary.cleanup)
            self._temporary = None

    async def watch(self, lament: Callable[[ProcessFailedError], object]) -> None:
        """Tell of each process that ends though nobody here ended it; without end."""
        processes = [self.chain, *[node.process for node in self.nodes]]
        async with asyncio.TaskGroup() as group:
            for process in processes:
                group.create_task(process.watch(lament))

    async def committee(self) -> Committee:
        """Of the present epoch, from the chain."""
        from walrus_core.sui.networks import described_network
        from walrus_core.sui.node_chain import LightChain

        async with LightChain(described_network(self.network)) as chain:
            return (await chain.committees()).current

    async def shards(self) -> list[tuple[ShardIndex, ...]]:
        """Those that each node holds now, in the order of `nodes`."""
        committee = await self.committee()
        held = {member.network_address: member.shards for member in committee.members}
        return [held.get(node.address, ()) for node in self.nodes]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def _founded(self) -> Founded:
        if self._files is None:
            raise InvalidArgumentError("the network was not started")
        return self._files


async def _together(starts: Iterable[Awaitable[object]]) -> None:
    """Do all of this at once; what fails first stops the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for start in starts:
                group.create_task(_one(start))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _one(start: Awaitable[object]) -> None:
    await start
