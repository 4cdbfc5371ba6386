"""Storage nodes that live in one process, on virtual time, with the real contract between them.

Stores are in memory, calls go straight from node to node; what passes is counted, a node may be
dead, and what one says may be twisted on the way.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from simulation.chain import SimChain, SimNodeChain
from simulation.contract import Contract
from simulation.workers import InlineWorkers

from walrus_core.codec.encoder import encode
from walrus_core.codec.metadata import BlobMetadata, VerifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver, VerifiedSliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import NodeUnavailableError
from walrus_core.protocol.certificate import CertificateBuilder
from walrus_core.protocol.committee import Member
from walrus_core.protocol.keys import KeyPair, PublicKey
from walrus_core.protocol.messages import Confirmation
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node import NodeLimits, StorageNode
from walrus_core.services.node.healing_limits import HealingLimits
from walrus_core.services.node_api import ShardStatus
from walrus_core.services.ports import NewBlob
from walrus_core.storage.memory import memory_store
from walrus_core.storage.store import SliverKey, SliverStore
from walrus_core.types import Axis, BlobId, ShardIndex, SliverPairIndex, pair_to_shard

LIMITS = NodeLimits(
    heal_delay=3.0,
    read_only_seconds=5.0,
    collect_interval=5.0,
    healing=HealingLimits(transfer_patience=20.0, settle_seconds=5.0),
)

CLIENT = b"c" * 32

Bend = Callable[[BlobId, Sliver], Sliver | None]

Twist = Callable[[SliverPairIndex, RecoverySymbol], tuple[SliverPairIndex, RecoverySymbol]]


@dataclass
class Line:
    """The way to one node: the calls that nodes make to each other, counted and bent."""

    member: Member
    node: StorageNode | None
    traffic: Traffic
    twist: Twist | None = None
    bend: Bend | None = None
    hangs: bool = False

    def _require(self) -> StorageNode:
        if self.node is None:
            raise NodeUnavailableError(self.member.network_address, "dead")
        return self.node

    async def metadata(self, blob_id: BlobId) -> BlobMetadata:
        node = self._require()
        await self._hang()
        return await node.metadata(blob_id)

    async def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        symbols = self._require().recovery_symbols(blob_id, axis, targets, sources)
        self.traffic.calls.append((self.member.network_address, blob_id, axis))
        await self._hang()
        async for target, symbol in symbols:
            self.traffic.symbols[axis] += 1
            self.traffic.size += len(symbol.to_bcs())
            yield (target, symbol) if self.twist is None else self.twist(target, symbol)

    async def _hang(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()

    async def attest_inconsistency(
        self, blob_id: BlobId, proof: InconsistencyProof
    ) -> SignedMessage:
        return await self._require().attest_inconsistency(blob_id, proof)

    async def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        async for blob_id, sliver in self._require().sync_shard(request, public_key):
            if self.traffic.handed_over == self.traffic.hold_after:
                await asyncio.Event().wait()
            self.traffic.handed_over += 1
            bent = sliver if self.bend is None else self.bend(blob_id, sliver)
            if bent is not None:
                yield blob_id, bent


@dataclass
class Traffic:
    """What passed between nodes: symbols by the axis that they are for, `size` bytes of them; and
    slivers that were handed over, of which no more than `hold_after` arrive.
    """

    symbols: dict[Axis, int] = field(default_factory=lambda: dict.fromkeys(Axis, 0))
    size: int = 0
    calls: list[tuple[str, BlobId, Axis]] = field(default_factory=list)
    handed_over: int = 0
    hold_after: int | None = None


class Neighbourhood:
    """`len(stakes)` nodes; `nodes[i]` is None while node i is down, `stores[i]` stays."""

    def __init__(
        self,
        stakes: Sequence[int],
        n_shards: int = 10,
        limits: NodeLimits = LIMITS,
        epoch_seconds: float = 1e6,
    ) -> None:
        self.n_shards = n_shards
        self.limits = limits
        self.contract = Contract(n_shards, epoch_seconds=epoch_seconds)
        self.keys = [KeyPair(bytes(30) + bytes([1, i])) for i in range(len(stakes))]
        self.ids = [
            self.contract.add_node(key, f"node{i}:9185", stake)
            for i, (key, stake) in enumerate(zip(self.keys, stakes, strict=True))
        ]
        self.contract.begin()
        self.client = SimChain(self.contract, CLIENT)
        self.stores: list[SliverStore] = [memory_store() for _ in stakes]
        self.nodes: list[StorageNode | None] = [None for _ in stakes]
        self.twists: dict[int, Twist] = {}
        self.bends: dict[int, Bend] = {}
        self.hanging: set[int] = set()
        self.traffic = Traffic()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._starts = 0

    # -- nodes --------------------------------------------------------------------------------

    def node(self, member: Member) -> Line:
        """Implements `Peers`."""
        i = self.ids.index(member.node_id)
        return Line(
            member,
            self.nodes[i],
            self.traffic,
            self.twists.get(i),
            self.bends.get(i),
            i in self.hanging,
        )

    async def start(self, *indices: int) -> None:
        """Start these nodes, or all."""
        for i in indices or range(len(self.ids)):
            self._starts += 1
            chance = random.Random(f"{i} {self._starts}")
            node = StorageNode(
                self.ids[i],
                self.keys[i],
                self.stores[i],
                SimNodeChain(self.contract, self.ids[i]),
                self,  # type: ignore[arg-type]
                InlineWorkers(),
                chance,
                self.limits,
            )
            await node.start()
            self.nodes[i] = node
            self._running[i] = asyncio.ensure_future(node.run())

    async def kill(self, *indices: int) -> None:
        for i in indices:
            self.nodes[i] = None
            task = self._running.pop(i)
            task.cancel()
            await asyncio.wait([task])

    def lose_disk(self, i: int) -> None:
        """What node i, which is down, has stored is gone."""
        assert self.nodes[i] is None
        self.stores[i] = memory_store()

    def up(self, i: int) -> StorageNode:
        node = self.nodes[i]
        assert node is not None
        return node

    async def until(self, condition: Callable[[], bool], seconds: float = 300.0) -> None:
        """Wait until something holds; TimeoutError if it does not after so many virtual seconds.

        What a node died of is raised here.
        """
        async with asyncio.timeout(seconds):
            while not condition():
                for task in self._running.values():
                    if task.done():
                        task.result()
                await asyncio.sleep(0.05)

    def is_well(self, i: int) -> bool:
        """Whether a node is up, with nothing more to heal, and all its shards are ready."""
        node = self.nodes[i]
        if node is None or len(node.wanted):
            return False
        statuses = node.membership.statuses
        return all(statuses[shard] is ShardStatus.READY for shard in node.membership.own)

    # -- shards -------------------------------------------------------------------------------

    def shards(self, i: int) -> tuple[ShardIndex, ...]:
        """Those that node i holds, by the contract."""
        members = self.contract.committees().current.members
        held = [member.shards for member in members if member.node_id == self.ids[i]]
        return tuple(sorted(held[0])) if held else ()

    async def turn_epoch(self) -> None:
        """Let the epoch end whose length has passed, without waiting for what follows."""
        duration = self.contract.ledger.state.staking.epoch_duration_ms / 1000
        await asyncio.sleep(duration / 2 + 1)
        self.contract.turn()
        await asyncio.sleep(duration / 2 + 1)
        self.contract.turn()

    # -- blobs --------------------------------------------------------------------------------

    async def store(self, content: bytes, but: Sequence[int] = ()) -> Stored:
        """Encode a blob, have it stored by the nodes that are up `but` some, and certified."""
        encoded = encode(content, n_shards=self.n_shards, threads=1)
        slivers = {
            (sliver.axis, pair.index): sliver
            for pair in encoded.sliver_pairs()
            for sliver in (pair.primary, pair.secondary)
        }
        blob = Stored(encoded.metadata, slivers)
        await self.publish(blob, but)
        return blob

    async def publish(self, blob: Stored, but: Sequence[int] = ()) -> None:
        """Register, upload to the nodes that are up `but` some, and certify."""
        metadata = blob.metadata
        size = metadata.config.encoded_size(metadata.unencoded_length)
        new = NewBlob(metadata.blob_id, metadata.root_hash, metadata.unencoded_length, size)
        registration = await self.client.register(new, 5)
        committee = self.contract.committees().current
        message = Confirmation(committee.epoch, metadata.blob_id, registration.object_id)
        builder = CertificateBuilder(committee, message)
        for position, member in enumerate(committee.members):
            i = self.ids.index(member.node_id)
            node = self.nodes[i]
            if node is None or i in but:
                continue
            await node.put_metadata(metadata)
            await node.put_slivers(metadata.blob_id, _each(blob.of(member)))
            signed = await node.confirmation(metadata.blob_id, registration.object_id, 5.0)
            builder.add(position, signed)
        await self.client.certify(registration.object_id, builder.certificate())

    def holds(self, i: int, blob: Stored) -> bool:
        """Whether the store of node i has what its shards should have of a blob, bit for bit."""
        blob_id, shards = blob.metadata.blob_id, self.shards(i)
        if self.stores[i].metadata(blob_id) is None or self.stores[i].lacking(blob_id, shards):
            return False
        return all(
            self.stores[i].sliver(SliverKey(shard, axis, blob_id)) == sliver
            for (shard, axis), sliver in blob.by_shard().items()
            if shard in shards
        )


@dataclass(frozen=True)
class Stored:
    """A blob as its author encoded it; slivers by axis and pair."""

    metadata: VerifiedMetadata
    slivers: dict[tuple[Axis, SliverPairIndex], VerifiedSliver]

    def by_shard(self) -> dict[tuple[ShardIndex, Axis], VerifiedSliver]:
        blob_id, n_shards = self.metadata.blob_id, self.metadata.n_shards
        return {
            (pair_to_shard(blob_id, pair, n_shards), axis): sliver
            for (axis, pair), sliver in self.slivers.items()
        }

    def of(self, member: Member) -> list[VerifiedSliver]:
        """Both slivers of each of a member's shards."""
        placed = self.by_shard()
        return [placed[shard, axis] for shard in member.shards for axis in Axis]


async def _each(slivers: Sequence[Sliver]) -> AsyncIterator[Sliver]:
    for sliver in slivers:
        yield sliver
