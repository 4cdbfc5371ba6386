"""`Reconstruct` of blobs that a network of 7 node processes on this machine keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness import Row, spread
from material import CONFIG, N_SHARDS, blob, encoded
from server_bare import RELAY, bare, request_for
from server_processes import call, connected, served
from server_rounds import factor, in_turns

import walrus_core as wc
from walrus_core.client.loop_thread import LoopThread
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.rpc.blob_servicer import BLOB_SERVICE
from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.v1 import blob_pb2 as pb
from walrus_core.types import shard_to_pair

METHOD = f"/{BLOB_SERVICE}/Reconstruct"
NODES = 7


def reconstructions(directory: Path, rounds: Mapping[int, int]) -> Iterator[Row]:
    """A row for each size, of so many rounds. All nodes are up: the blob's own slivers come."""
    with (
        _network(directory) as (loop, network),
        served(directory, "--threads", "1", network=str(network.network)) as server,
        _relay() as (relay, sources),
        connected(server.address) as channel,
        connected(relay) as bare_channel,
    ):
        for size, n_rounds in rounds.items():
            loop.run(_stored(network, directory / "client", blob(size)))
            request = pb.ReconstructRequest(blob_id=encoded(size).metadata.blob_id.digest)
            messages = [request.SerializeToString()]
            answers = call(channel, METHOD, messages)
            sent = loop.run(_sent(network, size))
            relayed = [request_for(sources, sent, answers)]
            seconds = in_turns(
                {
                    "server": lambda messages=messages: call(channel, METHOD, messages),
                    "raw": lambda relayed=relayed: call(bare_channel, RELAY, relayed),
                    "kernel": _kernel(size),
                },
                n_rounds,
            )
            yield {
                "contest": "stream",
                "call": "Reconstruct",
                "size": size,
                "rounds": n_rounds,
                "messages": [sum(-(-each // MAX_DATA) for each in sent), len(answers)],
                "bytes": [sum(sent), sum(answers)],
                "seconds": {name: spread(values) for name, values in seconds.items()},
                "factor": factor(seconds),
            }


@contextmanager
def _network(directory: Path) -> Iterator[tuple[LoopThread, LocalNetwork]]:
    """A chain and nodes, with a loop that looks after them."""
    loop, network = LoopThread(), LocalNetwork(NODES, N_SHARDS, directory / "network")
    loop.run(network.__aenter__())
    try:
        yield loop, network
    finally:
        loop.run(network.__aexit__(None, None, None))
        loop.close()


async def _stored(network: LocalNetwork, state: Path, content: bytes) -> None:
    """On all nodes, the slow ones too."""
    async with wc.AsyncClient(network.network, state=state) as client:
        await client.store(content, epochs=5)
    await asyncio.sleep(2)


@contextmanager
def _relay() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Bare processes, as many as there are of the network: the address of one, and where the others
    are, with their certificates.
    """
    with ExitStack() as processes:
        address, _ = processes.enter_context(bare("relay"))
        yield address, [processes.enter_context(bare("source")) for _ in range(NODES)]


async def _sent(network: LocalNetwork, size: int) -> list[int]:
    """Bytes of the blob's own slivers that each node has."""
    metadata, held = encoded(size).metadata, await network.shards()
    sliver_size = metadata.config.sliver_size(wc.Axis.PRIMARY, size)
    sent = []
    for shards in held:
        pairs = [shard_to_pair(metadata.blob_id, shard, N_SHARDS) for shard in shards]
        n_source = sum(pair < CONFIG.n_slivers_needed("primary") for pair in pairs)
        sent.append(n_source * sliver_size)
    return sent


def _kernel(size: int) -> Callable[[], object]:
    """The blob from its source slivers, each of which is authenticated."""
    whole = encoded(size)
    raw = [whole.primary(i).to_bcs() for i in range(CONFIG.n_slivers_needed("primary"))]

    def decode() -> bytes:
        slivers = [wc.Sliver.from_bcs("primary", each) for each in raw]
        return wc.decode(whole.metadata, slivers, threads=1)

    return decode
