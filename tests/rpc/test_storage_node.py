"""The real node behind the real server: what the port promises holds over a socket too."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest
from rpc.serving import HOST, NETWORK_KEY, Served, in_loop, served
from services.node.scene import (
    OWN,
    blob,
    blob_id,
    found,
    key,
    make_node,
    pair_of,
    running,
    send,
    slivers_of,
    stream,
)
from services.node.scripted_chain import N_SHARDS, ScriptedChain, key_pair, object_id
from simulation.workers import InlineWorkers

from walrus_core.codec.slivers import Sliver
from walrus_core.errors import (
    BufferFullError,
    MetadataNotFoundError,
    MissingSliversError,
    NotRegisteredError,
    ShardNotAssignedError,
    SliverNotFoundError,
    VerificationError,
)
from walrus_core.protocol.committee import Committee
from walrus_core.protocol.messages import Confirmation
from walrus_core.rpc.client import RpcPeers
from walrus_core.rpc.server import NodeServer, ServerOptions
from walrus_core.rpc.tls import TlsIdentity
from walrus_core.services.node import NodeLimits, StorageNode
from walrus_core.services.node_api import BlobStatus, StoredStatus
from walrus_core.storage import SliverStore, memory_store
from walrus_core.types import Axis, SliverPairIndex

OPTIONS = ServerOptions(n_shards=N_SHARDS)
NODE_LIMITS = NodeLimits(poll_interval=0.02, poke_wait=0.1)


@asynccontextmanager
async def serving(
    chain: ScriptedChain, *, tls: bool = False, limits: NodeLimits = NODE_LIMITS
) -> AsyncIterator[Served]:
    """Node 1 of the chain, running."""
    async with (
        running(make_node(chain, limits=limits)) as node,
        served(node, tls=tls, options=OPTIONS) as way,
    ):
        yield way


def pairs(number: int) -> list[SliverPairIndex]:
    return [pair_of(shard, blob_id(number)) for shard in OWN]


@in_loop
async def test_a_blob_is_stored_confirmed_and_read(tls: bool) -> None:
    chain = found()
    async with serving(chain, tls=tls) as way:
        assert (await way.node.status(blob_id(1))).kind == "nonexistent"
        chain.register(blob_id(1), deletable=True)
        assert await send(way.node, 1) == 2 * len(OWN)
        assert await send(way.node, 1) == 0
        signed = await way.node.confirmation(blob_id(1), object_id(1), wait=1)
        message = signed.verify(key_pair(1).public_key)
        assert message == Confirmation(1, blob_id(1), object_id(1))
        holdings = await way.node.holdings(blob_id(1))
        assert holdings.metadata is StoredStatus.STORED
        for axis in Axis:
            assert holdings.of(axis) == set(pairs(1))
            found_slivers = [one async for one in way.node.slivers(blob_id(1), axis, pairs(1))]
            assert found_slivers == [one for one in slivers_of(blob(1)) if one.axis is axis]
        status = await way.node.status(blob_id(1))
        assert replace(status, event=None) == BlobStatus("deletable", deletable_total=1)
        assert status.event is not None
        assert (await way.node.health()).status == "Active"


@in_loop
async def test_what_comes_early_waits_for_its_registration() -> None:
    chain = found()
    async with serving(chain) as way:
        assert await send(way.node, 1, pending=True) == 2 * len(OWN)
        assert (await way.node.holdings(blob_id(1))).metadata is StoredStatus.BUFFERED
        waiting = asyncio.create_task(way.node.confirmation(blob_id(1), None, wait=10))
        chain.register(blob_id(1))
        signed = await waiting
        assert signed.verify(key_pair(1).public_key) == Confirmation(1, blob_id(1), None)


@in_loop
async def test_refusals_of_a_node() -> None:
    chain = found()
    tight = replace(NODE_LIMITS, pending_blob_bytes=100, pending_bytes=100)
    async with serving(chain, limits=tight) as way:
        node = way.node
        with pytest.raises(NotRegisteredError):
            await node.put_metadata(blob(1).metadata)
        with pytest.raises(NotRegisteredError):
            await node.confirmation(blob_id(1), None)
        with pytest.raises(BufferFullError):
            await send(node, 1, pending=True)
        chain.register(blob_id(1))
        with pytest.raises(MetadataNotFoundError):
            await node.put_slivers(blob_id(1), stream(slivers_of(blob(1))))
        with pytest.raises(MetadataNotFoundError):
            await node.metadata(blob_id(1))
        await node.put_metadata(blob(1).metadata)
        with pytest.raises(SliverNotFoundError):
            await anext(node.slivers(blob_id(1), Axis.PRIMARY, pairs(1)))
        with pytest.raises(MissingSliversError) as missing:
            await node.confirmation(blob_id(1), None)
        assert missing.value.missing == 2 * len(OWN)
        with pytest.raises(ShardNotAssignedError) as foreign:
            await node.put_slivers(blob_id(1), stream(slivers_of(blob(1), [7])))
        assert (foreign.value.shard, foreign.value.epoch) == (7, 1)
        true = slivers_of(blob(1))[0]
        false = Sliver(true.axis, true.index, true.symbol_size, bytes(true.data.nbytes))
        with pytest.raises(VerificationError):
            await node.put_slivers(blob_id(1), stream([false]))
        with pytest.raises(VerificationError):
            await node.put_metadata(replace(blob(2).metadata, blob_id=blob_id(1)))


@asynccontextmanager
async def network(chain: ScriptedChain) -> AsyncIterator[dict[int, SliverStore]]:
    """All nodes of the chain, running, served over TLS; their stores."""
    limits = replace(NODE_LIMITS, heal_delay=0.0)
    async with AsyncExitStack() as parts:
        members, stores, nodes = [], {}, []
        for member in chain.current.members:
            number = int.from_bytes(member.node_id, "big")
            peers, stores[number] = RpcPeers(N_SHARDS), memory_store()
            parts.push_async_callback(peers.close)
            node = StorageNode(
                member.node_id,
                key_pair(number),
                stores[number],
                chain,
                peers,
                InlineWorkers(),
                random.Random(number),
                limits,
            )
            identity = TlsIdentity.self_signed(NETWORK_KEY)
            server = NodeServer(node, identity, OPTIONS)
            address = f"{HOST}:{await server.start(HOST, 0)}"
            parts.push_async_callback(server.stop, 0)
            found_at = {"network_address": address, "network_public_key": identity.public_key}
            members.append(replace(member, **found_at))
            nodes.append(node)
        chain.current = Committee(chain.current.epoch, N_SHARDS, tuple(members))
        for node in nodes:
            await parts.enter_async_context(running(node))
        yield stores


@in_loop
async def test_a_node_heals_from_another_over_the_network() -> None:
    chain = found()
    others = [shard for shard in range(N_SHARDS) if shard not in OWN]
    async with network(chain) as stores:
        chain.register(blob_id(1))
        peers = RpcPeers(N_SHARDS)
        for member, shards in zip(chain.current.members, (OWN, others[:3]), strict=True):
            await send(peers.node(member), 1, shards)
        assert len(stores[2].lacking(blob_id(1), others)) == 2 * 3
        chain.certify(blob_id(1))
        while stores[2].lacking(blob_id(1), others):
            await asyncio.sleep(0.02)
        healed = stores[2].slivers([key(shard, 1, axis) for shard in others for axis in Axis])
        assert healed == slivers_of(blob(1), others)
        await peers.close()
