"""`Reconstruct` of blobs that a network of 7 node processes on this machine keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness import Row, spread
from material import CONFIG, N_SHARDS, blob, encoded
from server_processes import RAW_METHOD, call, connected, raw_served, served
from server_rounds import factor, in_turns

import walrus_core as wc
from walrus_core.client.loop_thread import LoopThread
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.rpc.blob_servicer import BLOB_SERVICE
from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.v1 import blob_pb2 as pb

METHOD = f"/{BLOB_SERVICE}/Reconstruct"
NODES = 7


def reconstructions(directory: Path, rounds: Mapping[int, int]) -> Iterator[Row]:
    """A row for each size, of so many rounds. All nodes are up: the blob's own slivers come."""
    with (
        _network(directory) as (loop, network),
        served(directory, "--threads", "1", network=str(network.network)) as server,
        raw_served() as raw,
        connected(server.address) as channel,
        connected(raw.address) as raw_channel,
    ):
        for size, n_rounds in rounds.items():
            loop.run(_stored(network, directory / "client", blob(size)))
            request = [pb.ReconstructRequest(blob_id=encoded(size).metadata.blob_id.digest)]
            messages = [each.SerializeToString() for each in request]
            answers = call(channel, METHOD, messages)
            # What nodes send the server, and what it sends on.
            slivers = _slivers(size)
            bare = [str(answers).encode(), *messages, *slivers]
            seconds = in_turns(
                {
                    "server": lambda messages=messages: call(channel, METHOD, messages),
                    "raw": lambda bare=bare: call(raw_channel, RAW_METHOD, bare),
                    "kernel": _kernel(size),
                },
                n_rounds,
            )
            yield {
                "contest": "stream",
                "call": "Reconstruct",
                "size": size,
                "rounds": n_rounds,
                "messages": [len(slivers), len(answers)],
                "bytes": [sum(map(len, slivers)), sum(answers)],
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


def _slivers(size: int) -> list[bytes]:
    """The source slivers' bytes, in messages."""
    whole = b"".join(
        encoded(size).primary(i).data for i in range(CONFIG.n_slivers_needed("primary"))
    )
    return [whole[at : at + MAX_DATA] for at in range(0, len(whole), MAX_DATA)]


def _kernel(size: int) -> Callable[[], object]:
    """The blob from its source slivers, each of which is authenticated."""
    whole = encoded(size)
    raw = [whole.primary(i).to_bcs() for i in range(CONFIG.n_slivers_needed("primary"))]

    def decode() -> bytes:
        slivers = [wc.Sliver.from_bcs("primary", each) for each in raw]
        return wc.decode(whole.metadata, slivers, threads=1)

    return decode
