"""Real sockets that fail: what arrives is right or is an error, and the next try may succeed."""

import pytest
from rpc.fault_proxy import between
from rpc.memory_node import MemoryNode
from rpc.serving import N_SHARDS, NETWORK_KEY, NO_KEY, in_loop, served
from rpc.test_calls import PAIRS, each, slivers_of

from walrus_core.codec.encoder import EncodedBlob
from walrus_core.errors import NodeUnavailableError
from walrus_core.rpc.client import ClientOptions, RpcNode
from walrus_core.rpc.tls import TlsIdentity
from walrus_core.types import Axis

QUICK = ClientOptions(connect_seconds=1, call_seconds=3, idle_seconds=3)


def key(tls: bool) -> bytes:
    return TlsIdentity.self_signed(NETWORK_KEY).public_key if tls else NO_KEY


async def store_and_read(node: RpcNode, blob: EncodedBlob) -> None:
    """All of a blob there and back."""
    blob_id = blob.metadata.blob_id
    await node.put_metadata(blob.metadata)
    await node.put_slivers(blob_id, each(slivers_of(blob)))
    for axis in Axis:
        found = [one async for one in node.slivers(blob_id, axis, PAIRS)]
        assert found == [one for one in slivers_of(blob) if one.axis is axis]


@in_loop
async def test_split_and_delayed(blob: EncodedBlob, tls: bool) -> None:
    node = MemoryNode([blob.metadata.blob_id])
    async with served(node, tls=tls) as way, between(way.port, seed=1) as proxy:
        proxy.split, proxy.delay = 200, 0.002
        client = RpcNode(proxy.address, key(tls), N_SHARDS, QUICK)
        await store_and_read(client, blob)
        await client.close()


@pytest.mark.parametrize("seed", range(3))
def test_cut_at_any_byte(blob: EncodedBlob, tls: bool, seed: int) -> None:
    """Again and again, until it was not: nothing wrong comes through meanwhile."""

    @in_loop
    async def run() -> None:
        node = MemoryNode([blob.metadata.blob_id])
        async with served(node, tls=tls) as way, between(way.port, seed) as proxy:
            proxy.cut_after = 16_000
            client = RpcNode(proxy.address, key(tls), N_SHARDS, QUICK)
            for _ in range(12):
                try:
                    await store_and_read(client, blob)
                except NodeUnavailableError:
                    continue
            assert proxy.cuts > 3
            proxy.cut_after = None
            await client.close()
            client = RpcNode(proxy.address, key(tls), N_SHARDS, QUICK)
            await store_and_read(client, blob)
            await client.close()
            assert set(node.held.values()) == set(slivers_of(blob))

    run()
