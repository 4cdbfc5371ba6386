"""Healing between real processes: a node loses one shard of many blobs, and says what it took."""

import asyncio
import time
from urllib.request import urlopen

import numpy as np
from harness import Row
from network_rounds import Place
from prometheus_client.parser import text_string_to_metric_families

from walrus_core.codec.config import EncodingConfig
from walrus_core.localnet.network.node_process import NodeProcess
from walrus_core.rpc.client import RpcPeers
from walrus_core.services.node_api import ShardStatus
from walrus_core.storage.local import open_store
from walrus_core.types import Axis, ShardIndex

LOOK_SECONDS = 0.05
PATIENCE = 600.0


async def healing(place: Place, size: int, n_blobs: int) -> Row:
    """Store blobs, delete one shard of a stopped node, and wait until it is back."""
    async with place.client() as client:
        for _ in range(n_blobs):
            await client.store(np.random.bytes(size), epochs=5)
    await _all_settled(place)
    node, shard = place.network.node(0), (await place.network.shards())[0][0]
    await node.stop()
    n_lost = await asyncio.to_thread(_lose, node, shard)
    if n_lost != 2 * n_blobs:
        raise SystemExit(f"a shard had {n_lost} slivers of {n_blobs} blobs")
    started = time.perf_counter()
    await node.start()
    found = await _healed(node, n_lost)
    waited = time.perf_counter() - started
    config = EncodingConfig(place.n_shards)
    needed = n_blobs * sum(config.sliver_size(axis, size) for axis in Axis)
    return {
        "contest": "healing",
        "size": size,
        **place.about,
        "blobs": n_blobs,
        "slivers": n_lost,
        "needed_bytes": needed,  # k symbols for each sliver are as many bytes as it has
        "received_bytes": found["healing_received_bytes"],
        "healed_bytes": found["healed_bytes"],
        "factor": found["healing_received_bytes"] / needed,
        "failures": found["healing_failures"],
        "seconds": found["healing_seconds"],
        "rate": found["healed_bytes"] / found["healing_seconds"],
        "since_start_seconds": waited,
    }


def _lose(node: NodeProcess, shard: ShardIndex) -> int:
    """Delete what a node that is not up has of a shard; how many slivers that was."""
    store = open_store(node.store)
    try:
        return store.delete_shard(shard)
    finally:
        store.close()


async def _healed(node: NodeProcess, n_slivers: int) -> dict[str, float]:
    """The node's counters, once it has put back so many slivers and rests."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await asyncio.to_thread(_counters, node)
            if found["slivers_healed"] >= n_slivers and not found["slivers_healing"]:
                return found
            await asyncio.sleep(LOOK_SECONDS)


async def _all_settled(place: Place) -> None:
    """Wait until no node lacks anything: the last ones get slivers after a quorum has them."""
    committee = await place.network.committee()
    peers = RpcPeers(committee.n_shards)
    try:
        async with asyncio.timeout(PATIENCE):
            for member in committee.members:
                while True:
                    health = await peers.node(member).health()
                    ready = all(each is ShardStatus.READY for each in health.shards.values())
                    if ready and not health.healing:
                        break
                    await asyncio.sleep(LOOK_SECONDS)
    finally:
        await peers.close()


def _counters(node: NodeProcess) -> dict[str, float]:
    """A node's own metrics without labels, by the end of their names."""
    with urlopen(node.values["metrics"]) as page:
        families = text_string_to_metric_families(page.read().decode())
    return {
        sample.name.removeprefix("walrus_core_node_").removesuffix("_total"): sample.value
        for family in families
        for sample in family.samples
        if not sample.labels
    }
