"""A node on a scripted chain, on virtual time, and blobs to send to it."""

import asyncio
import contextlib
import functools
import random
from collections.abc import AsyncIterator, Iterable

from services.node.scripted_chain import N_SHARDS, ScriptedChain, key_pair, node_id
from simulation.workers import InlineWorkers

from walrus_core.codec.encoder import EncodedBlob, encode
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import NodeUnavailableError
from walrus_core.protocol.committee import Member
from walrus_core.services.node import NodeLimits, StorageNode
from walrus_core.services.node_api import NodeApi
from walrus_core.services.ports import Workers
from walrus_core.storage import SliverKey, SliverStore, memory_store
from walrus_core.types import Axis, BlobId, ShardIndex, SliverPairIndex, shard_to_pair

OWN = (0, 1, 2, 3)
"""Shards of node 1; node 2 has the others."""

LIMITS = NodeLimits()


def found() -> ScriptedChain:
    """A chain in epoch 1."""
    return ScriptedChain({1: OWN, 2: range(4, N_SHARDS)})


@functools.cache
def blob(number: int, size: int = 1000) -> EncodedBlob:
    return encode(random.Random(number).randbytes(size), n_shards=N_SHARDS)


def blob_id(number: int) -> BlobId:
    return blob(number).metadata.blob_id


def pair_of(shard: int, which: BlobId) -> SliverPairIndex:
    return shard_to_pair(which, shard, N_SHARDS)


def slivers_of(encoded: EncodedBlob, shards: Iterable[int] = OWN) -> list[Sliver]:
    """Both slivers of each shard, as a stranger sends them."""
    pairs = [pair_of(shard, encoded.metadata.blob_id) for shard in shards]
    both = [each(pair) for pair in pairs for each in (encoded.primary, encoded.secondary)]
    return [Sliver(each.axis, each.index, each.symbol_size, bytes(each.data)) for each in both]


def key(shard: int, number: int, axis: Axis = Axis.PRIMARY) -> SliverKey:
    return SliverKey(ShardIndex(shard), axis, blob_id(number))


async def stream(slivers: Iterable[Sliver]) -> AsyncIterator[Sliver]:
    for sliver in slivers:
        yield sliver


async def send(
    node: NodeApi, number: int, shards: Iterable[int] = OWN, *, pending: bool = False
) -> int:
    """Metadata and slivers; how many slivers were new."""
    encoded = blob(number)
    await node.put_metadata(encoded.metadata, pending=pending)
    slivers = stream(slivers_of(encoded, shards))
    return await node.put_slivers(encoded.metadata.blob_id, slivers, pending=pending)


class Absent:
    """Stands for a node that does not answer, whatever it is asked."""

    def __init__(self, address: str) -> None:
        self._error = NodeUnavailableError(address, "it does not answer")

    def __getattr__(self, name: str) -> object:
        streams = {"slivers", "recovery_symbols", "sync_shard"}
        return self._stream if name in streams else self._call

    async def _call(self, *_: object, **__: object) -> None:
        raise self._error

    async def _stream(self, *_: object) -> AsyncIterator[None]:
        raise self._error
        yield


class Directory:
    """`Peers`: the nodes that were put into it; others are absent."""

    def __init__(self) -> None:
        self.nodes: dict[bytes, NodeApi] = {}

    def node(self, member: Member) -> NodeApi:
        return self.nodes.get(member.node_id) or Absent(member.network_address)  # type: ignore[return-value]


def make_node(
    chain: ScriptedChain,
    store: SliverStore | None = None,
    limits: NodeLimits = LIMITS,
    *,
    number: int = 1,
    peers: Directory | None = None,
    workers: Workers | None = None,
) -> StorageNode:
    peers = peers or Directory()
    node = StorageNode(
        node_id(number),
        key_pair(number),
        memory_store() if store is None else store,
        chain,
        peers,
        workers or InlineWorkers(),
        random.Random(number),
        limits,
    )
    peers.nodes[node_id(number)] = node
    return node


@contextlib.asynccontextmanager
async def running(node: StorageNode) -> AsyncIterator[StorageNode]:
    """Started and running."""
    await node.start()
    task = asyncio.create_task(node.run())
    try:
        yield node
    finally:
        await node.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await task
