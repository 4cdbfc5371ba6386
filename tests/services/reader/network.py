"""A network in memory: nodes that hold the slivers of some blobs, and may fail in every way."""

import asyncio
import enum
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulation.workers import InlineWorkers

from walrus_core.codec.encoder import EncodedBlob, encode
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import RecoverySymbol, recovery_symbols
from walrus_core.errors import (
    InvalidBlobIdError,
    MetadataNotFoundError,
    NodeUnavailableError,
    NotRegisteredError,
    OverloadedError,
    ShardNotAssignedError,
    SliverNotFoundError,
)
from walrus_core.protocol.committee import Committee, Member
from walrus_core.protocol.keys import KeyPair
from walrus_core.services.node_api import BlobStatus
from walrus_core.services.ports import Committees
from walrus_core.services.reader import Reader, ReadOptions
from walrus_core.types import Axis, BlobId, Epoch, ShardIndex, SliverPairIndex, pair_to_shard

WEIGHTS = (1, 1, 1, 1, 2, 2, 2)
"""Shards of each node: 10 of them, of which 3 may be faulty."""

CERTIFIED = BlobStatus("permanent", Epoch(20), True, Epoch(1))
ROUND_TRIP = 0.01
"""Seconds between a question and each item of the answer."""


class Fault(enum.Enum):
    """What a node does wrong."""

    NONE = "none"
    DOWN = "down"
    HANGS = "hangs"
    TRICKLES = "trickles"
    FLIPS_A_BIT = "flips a bit"
    OTHER_SLIVER = "gives another sliver"
    OTHER_BLOB = "gives another blob's metadata and slivers"
    OTHER_SIZE = "gives a sliver of another size"
    NOT_FOUND = "says there is no such blob"
    NO_SLIVERS = "has only the metadata"
    BREAKS_OFF = "breaks off after the first sliver"
    INVALID = "says the blob was proven inconsistent"
    OVERLOADED = "has too much to do at first"


LIES = (
    Fault.FLIPS_A_BIT,
    Fault.OTHER_SLIVER,
    Fault.OTHER_BLOB,
    Fault.OTHER_SIZE,
    Fault.NOT_FOUND,
    Fault.INVALID,
)


@dataclass
class Node:
    """Holds its shards' slivers of `blobs`; nothing else of a node is needed for reading."""

    member: Member
    n_shards: int
    blobs: Mapping[BlobId, EncodedBlob]
    fault: Fault = Fault.NONE
    status_now: BlobStatus = CERTIFIED
    asked: int = 0
    delay: float = ROUND_TRIP
    lacks: set[tuple[Axis, int]] = field(default_factory=set)

    async def status(self, blob_id: BlobId) -> BlobStatus:
        await self._meet()
        if self.fault is Fault.NOT_FOUND or blob_id not in self.blobs:
            return BlobStatus("nonexistent")
        return self.status_now

    async def metadata(self, blob_id: BlobId) -> VerifiedMetadata:
        await self._meet()
        blob = self._blob(blob_id, MetadataNotFoundError)
        if self.fault is Fault.FLIPS_A_BIT:
            hashes = _flipped(blob.metadata.pair_hashes)
            return VerifiedMetadata(blob_id, blob.metadata.unencoded_length, hashes, b"")
        return blob.metadata

    async def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        await self._meet()
        blob = self._blob(blob_id, NotRegisteredError)
        here = [pair for pair in pairs if self._has(blob_id, axis, pair)]
        if not here:
            raise SliverNotFoundError(str(blob_id), axis, len(pairs))
        for number, pair in enumerate(here):
            if number:
                await asyncio.sleep(ROUND_TRIP)
            if number and self.fault is Fault.BREAKS_OFF:
                raise NodeUnavailableError(self.member.network_address, "the connection was cut")
            yield self._told(_sliver(blob, axis, pair), blob)

    async def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        await self._meet()
        blob = self._blob(blob_id, NotRegisteredError)
        here = [source for source in sources if self._has(blob_id, axis.orthogonal, source)]
        if not here:
            raise SliverNotFoundError(str(blob_id), axis.orthogonal, len(sources))
        for source in here:
            told = self._told(_sliver(blob, axis.orthogonal, source), blob)
            symbols = recovery_symbols(told, self.n_shards)
            for target in targets:
                yield target, symbols[target]

    def _blob(self, blob_id: BlobId, missing: Callable[[str], Exception]) -> EncodedBlob:
        if self.fault is Fault.INVALID:
            raise InvalidBlobIdError(str(blob_id))
        if self.fault is Fault.NOT_FOUND or blob_id not in self.blobs:
            raise missing(str(blob_id))
        if self.fault is Fault.OTHER_BLOB:
            return next(blob for other, blob in self.blobs.items() if other != blob_id)
        return self.blobs[blob_id]

    def _has(self, blob_id: BlobId, axis: Axis, pair: SliverPairIndex) -> bool:
        shard = pair_to_shard(blob_id, pair, self.n_shards)
        if shard not in self.member.shards:
            raise ShardNotAssignedError(shard, 1)
        return self.fault is not Fault.NO_SLIVERS and (axis, pair) not in self.lacks

    async def _meet(self) -> None:
        """What a question meets before it is looked at."""
        self.asked += 1
        await asyncio.sleep(self.delay)
        if self.fault is Fault.DOWN:
            raise NodeUnavailableError(self.member.network_address, "connection refused")
        if self.fault in (Fault.HANGS, Fault.TRICKLES):
            await asyncio.sleep(1e6)
        if self.fault is Fault.OVERLOADED and self.asked <= 2:
            raise OverloadedError(0.5)

    def _told(self, sliver: Sliver, blob: EncodedBlob) -> Sliver:
        """What the node says that the sliver is."""
        axis, index, size = sliver.axis, sliver.index, sliver.symbol_size
        if self.fault is Fault.FLIPS_A_BIT:
            return Sliver(axis, index, size, _flipped(bytes(sliver.data)))
        if self.fault is Fault.OTHER_SLIVER:
            other = _sliver(blob, axis, SliverPairIndex((index + 1) % self.n_shards))
            return Sliver(axis, index, size, bytes(other.data))
        if self.fault is Fault.OTHER_SIZE and axis is Axis.PRIMARY:
            return Sliver(axis, index, size, bytes(sliver.data) + bytes(size))
        return sliver


def _sliver(blob: EncodedBlob, axis: Axis, pair: SliverPairIndex) -> Sliver:
    return blob.primary(pair) if axis is Axis.PRIMARY else blob.secondary(pair)


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


class Network:
    """Nodes, the chain that knows them, and the way to them."""

    def __init__(self, *contents: bytes, weights: Sequence[int] = WEIGHTS) -> None:
        self.n_shards = sum(weights)
        encoded = [encode(content, self.n_shards) for content in (*contents, b"another blob")]
        self.blobs = {blob.metadata.blob_id: blob for blob in encoded}
        self.ids = [blob.metadata.blob_id for blob in encoded[:-1]]
        self.committee = committee(1, weights)
        self.nodes = {
            member.node_id: Node(member, self.n_shards, self.blobs)
            for member in self.committee.members
        }
        self.answer = Committees(self.committee, None, "done")
        self.lookups = 0

    @property
    def blob_id(self) -> BlobId:
        return self.ids[0]

    @property
    def in_order(self) -> list[Node]:
        return [self.nodes[member.node_id] for member in self.committee.members]

    def holder(self, row: int, blob_id: BlobId | None = None) -> Node:
        """Who holds a primary sliver."""
        member = self.committee.holder_of_pair(blob_id or self.blob_id, row)
        return self.nodes[member.node_id]

    def break_shards(self, fault: Fault, most: int | None = None, seed: int = 0) -> list[Node]:
        """Let as many nodes fail as may: those that hold source slivers first."""
        left = (self.n_shards - 1) // 3 if most is None else most
        nodes = self.in_order
        random.Random(seed).shuffle(nodes)
        broken = []
        for node in nodes:
            if node.member.weight <= left:
                node.fault = fault
                left -= node.member.weight
                broken.append(node)
        return broken

    def wake(self, delay: float) -> None:
        """Whoever hangs answers from the next question on, after so many seconds."""
        for node in self.in_order:
            if node.fault is Fault.HANGS:
                node.fault, node.delay = Fault.NONE, delay

    def reader(self, seed: int = 1, **options: Any) -> Reader:
        workers = InlineWorkers(random.Random(seed))
        chance = random.Random(seed)
        return Reader(self, self, workers, chance, ReadOptions(**options))

    # The ports: Peers and ChainReader.

    def node(self, member: Member) -> Any:
        return self.nodes[member.node_id]

    async def committees(self) -> Committees:
        self.lookups += 1
        return self.answer


def committee(epoch: int, weights: Sequence[int], first_node: int = 1) -> Committee:
    """Nodes that hold so many shards each, one after the other."""
    members, start = [], 0
    for number, weight in enumerate(weights, first_node):
        shards = tuple(ShardIndex(shard) for shard in range(start, start + weight))
        start += weight
        key = KeyPair(number.to_bytes(32, "big")).public_key
        members.append(Member(bytes([number]) * 32, key, f"node-{number}:1", shards))
    return Committee(Epoch(epoch), start, tuple(members))
