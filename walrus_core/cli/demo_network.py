"""The demo on a network: its acts, in order, and what is told of them."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence, Set
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from walrus_core.cli.demo_fate import LIES, Fate
from walrus_core.cli.demo_offline import SEEDS, own_file
from walrus_core.cli.exit_status import ExitStatus
from walrus_core.cli.files import blob_source, shown
from walrus_core.cli.money import epochs_text, gas_text
from walrus_core.cli.objects import object_text
from walrus_core.cli.output import Printer, Report, Values
from walrus_core.cli.quantities import count_text, duration_text, size_text, wal_text
from walrus_core.cli.story import Step, Story
from walrus_core.client import AsyncClient
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.sources import map_file, opened_blob
from walrus_core.errors import (
    NodeError,
    NodeUnavailableError,
    NotRegisteredError,
    ProcessFailedError,
)
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.rpc.client import RpcPeers
from walrus_core.services.uploader.outcome import NodeState, StoreOutcome
from walrus_core.sui.keys import read_keystore
from walrus_core.types import SliverPairIndex, shard_to_pair

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Member
    from walrus_core.services.node_api import NodeApi

EPOCHS = 1
LOOK_SECONDS = 0.05
"""Between two looks at a node that heals."""

HEAL_SECONDS = 60.0
"""Far longer than any node takes for one blob."""


def demonstrate_network(
    file: str | None, seed: int | None, n_shards: int, printer: Printer
) -> Report:
    """Store a file on a network of processes, kill some, and read it back."""
    seed = random.randrange(SEEDS) if seed is None else seed
    with TemporaryDirectory(prefix="walrus-core-demo-") as temporary:
        source = blob_source(file) if file else own_file(Path(temporary))
        with opened_blob(source, EncodingConfig(n_shards).max_blob_size) as content:
            story = Story(silent=printer.as_json)
            demo = Demo(content, n_shards, random.Random(seed), story)
            asyncio.run(demo.play())
    return demo.report(file, seed)


class Demo:
    """One demo, act by act; what `report` says is known when `play` is over."""

    def __init__(
        self, content: memoryview, n_shards: int, chance: random.Random, story: Story
    ) -> None:
        self._content = content
        self._config = EncodingConfig(n_shards)
        self._chance = chance
        self._story = story
        self._network = LocalNetwork(n_shards=n_shards)
        self._weights: list[int] = []
        self.seconds: dict[str, float] = {}
        self.identical: list[bool] = []
        self.stored: StoreOutcome
        self.fate: Fate
        self.killed_next: tuple[int, ...]
        self.healed_slivers = 0

    async def play(self) -> None:
        """All of it; whatever happens, no process and no file is left."""
        started = time.perf_counter()
        try:
            await self._begin()
            [key] = read_keystore(Path(self._network.values["wallet"]))
            network, state = self._network.network, self._network.directory / "client"
            async with AsyncClient(network, key=key, state=state) as client:
                await self._store(client)
                await self._strike()
                await self._read(client)
                await self._heal()
                await self._strike_again()
                await self._read(client)
        finally:
            await self._end()
        self.seconds["total"] = time.perf_counter() - started

    async def _end(self) -> None:
        """Nothing of the network is kept, so that its nodes need not put their things in order."""
        await asyncio.gather(*[node.kill() for node in self._network.nodes])
        await self._network.stop()

    @contextmanager
    def _act(self, name: str, doing: str) -> Iterator[Step]:
        with self._story.step(name, doing) as step:
            yield step
        self.seconds[name] = self.seconds.get(name, 0.0) + step.seconds

    async def _begin(self) -> None:
        with self._act("network", "starting a chain and storage nodes") as act:
            await self._network.start()
            self._weights = [len(shards) for shards in await self._network.shards()]
            nodes = count_text(len(self._weights), "storage node")
            n_shards = self._config.n_shards
            act.tell(f"{nodes} and a chain, each a process: up, with {n_shards} shards in all")

    async def _store(self, client: AsyncClient) -> None:
        with self._act("store", "encoding, paying, storing, certifying") as act:
            self.stored = outcome = await client.store(self._content, EPOCHS)
            act.tell(f"certified in epoch {outcome.certified_epoch}: the network answers for it")
            act.parts += stored_parts(outcome, self._config)

    async def _strike(self) -> None:
        """Kill nodes, and let one lie that has everything so far."""
        n_faulty = self._config.n_faulty_shards
        self.fate = fate = Fate.plan(self._weights, n_faulty, self._chance)
        forgiven = f"in all {fate.n_shards} of the {n_faulty} shards that may fail"
        with self._act("kill", "killing nodes") as act:
            await asyncio.gather(*[self._network.node(number).kill() for number in fate.killed])
            act.tell(f"{self._named(fate.killed)}, with -9", timed=False)
        if fate.liar is None:
            return
        with self._act("lie", "turning a node into a liar") as act:
            liar = self._network.node(fate.liar)
            await liar.kill()
            await liar.start(lie=fate.lie)
            act.tell(f"{self._named([fate.liar])} {LIES[fate.lie]}: {forgiven}", timed=False)

    async def _read(self, client: AsyncClient) -> None:
        path = self._network.directory / "back"
        with self._act("read", "reading the blob back") as act:
            outcome = await (await client.reader()).read_to_file(self.stored.blob_id, path)
            took = duration_text(act.seconds)
            same = await asyncio.to_thread(self._equals, path)
            self.identical.append(same)
            how = "bit for bit" if same else "but NOT as it was"
            faults = ", ".join(self._name_of(address) for address in sorted(outcome.faults))
            passed = f", past {faults}" if faults else ""
            act.tell(f"{size_text(outcome.size)} back, {how}{passed} ({took})", timed=False)

    def _equals(self, path: Path) -> bool:
        return self._content == memoryview(map_file(path))

    async def _heal(self) -> None:
        """Who was killed comes back without its disk, and has every sliver in the end."""
        nodes = [self._network.node(number) for number in self.fate.killed]
        with self._act("heal", "waiting for a node that lost its disk") as act:
            for node in nodes:
                node.wipe()
                await node.start()
            committee = await self._network.committee()
            members = {member.network_address: member for member in committee.members}
            async with _peers(self._config.n_shards) as peers:
                for node in nodes:
                    member = members[node.address]
                    if not await self._is_whole_in_time(peers.node(member), member):
                        reason = f"had not healed after {HEAL_SECONDS:g} s"
                        raise ProcessFailedError(node.name, reason, str(node.process.log))
            slivers = count_text(self.healed_slivers, "sliver")
            act.tell(f"{self._named(self.fate.killed)} back on an empty disk: {slivers} healed")

    async def _is_whole_in_time(self, node: NodeApi, member: Member) -> bool:
        """Wait until a node has both slivers of each of its shards, but not for ever."""
        blob_id, n_shards = self.stored.blob_id, self._config.n_shards
        pairs = {shard_to_pair(blob_id, shard, n_shards) for shard in member.shards}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEAL_SECONDS):
                while not await self._has(node, pairs):
                    await asyncio.sleep(LOOK_SECONDS)
                self.healed_slivers += 2 * len(pairs)
                return True
        return False

    async def _has(self, node: NodeApi, pairs: Set[SliverPairIndex]) -> bool:
        try:
            found = await node.holdings(self.stored.blob_id)
        except (NodeError, NodeUnavailableError, NotRegisteredError):  # it has just begun
            return False
        return found.primary >= pairs and found.secondary >= pairs

    async def _strike_again(self) -> None:
        """Others die now: what healed is needed."""
        n_faulty = self._config.n_faulty_shards
        self.killed_next = self.fate.strike_again(self._weights, n_faulty, self._chance)
        with self._act("kill", "killing other nodes") as act:
            nodes = [self._network.node(number) for number in self.killed_next]
            await asyncio.gather(*[node.kill() for node in nodes])
            if nodes:
                act.tell(f"{self._named(self.killed_next)} instead, with -9", timed=False)

    def _named(self, numbers: Sequence[int]) -> str:
        """Nodes and their weights: `node 2 (14 shards)`."""
        weights = [count_text(self._weights[number], "shard") for number in numbers]
        named = zip(numbers, weights, strict=True)
        return " and ".join(f"node {number} ({weight})" for number, weight in named)

    def _name_of(self, address: str) -> str:
        numbers = [node.number for node in self._network.nodes if node.address == address]
        return f"node {numbers[0]}" if numbers else address

    def report(self, file: str | None, seed: int) -> Report:
        """How it ended."""
        good = all(self.identical)
        name = shown(file, "standard input") if file else "a file of its own"
        ending = "came back, bit for bit" if good else "did NOT come back as it was"
        return Report(
            self._values() | {"file": file, "seed": seed, "identical": good},
            headline=f"{name} {ending}, in {duration_text(self.seconds['total'])}",
            remarks=[f"  blob {self.stored.blob_id}; --seed {seed} strikes the same nodes"],
            status=ExitStatus.DONE if good else ExitStatus.FAILED,
        )

    def _values(self) -> Values:
        outcome, fate = self.stored, self.fate
        return {
            "blobId": str(outcome.blob_id),
            "objectId": outcome.object_id and object_text(outcome.object_id),
            "unencodedLength": outcome.size,
            "encodedLength": outcome.encoded_size,
            "nShards": self._config.n_shards,
            "nNodes": len(self._weights),
            "costFrost": outcome.cost.total,
            "gasMist": outcome.gas,
            "killed": fate.killed,
            "liar": fate.liar,
            "lie": fate.lie,
            "failedShards": fate.n_shards,
            "forgivenShards": self._config.n_faulty_shards,
            "healedSlivers": self.healed_slivers,
            "killedNext": self.killed_next,
            "seconds": self.seconds,
            "storeSeconds": dataclasses.asdict(outcome.seconds),
        }


def stored_parts(outcome: StoreOutcome, config: EncodingConfig) -> Iterator[tuple[str, str]]:
    """The steps of a store, each with what it is called."""
    seconds, n_slivers = outcome.seconds, 2 * config.n_shards
    encoded = size_text(outcome.encoded_size)
    yield (
        "encode",
        f"{size_text(outcome.size)} into {n_slivers:,} slivers, {encoded} with their hashes"
        f" ({duration_text(seconds.encode)})",
    )
    paid, gas = wal_text(outcome.cost.total), gas_text(outcome.gas)
    yield (
        "pay",
        f"{paid} for {epochs_text(outcome.epochs)}, gas {gas} ({duration_text(seconds.chain)})",
    )
    confirmed = [node for node in outcome.nodes if node.state is NodeState.CONFIRMED]
    shards = sum(node.weight for node in confirmed)
    sent = size_text(sum(node.sent for node in outcome.nodes))
    yield (
        "upload",
        f"{sent} to {count_text(len(outcome.nodes), 'node')}; {len(confirmed)} signed that they"
        f" have it, for {shards} shards ({duration_text(seconds.upload + seconds.confirm)})",
    )


@asynccontextmanager
async def _peers(n_shards: int) -> AsyncIterator[RpcPeers]:
    peers = RpcPeers(n_shards)
    try:
        yield peers
    finally:
        await peers.close()
