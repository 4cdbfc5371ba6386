"""One call of a client in a process of its own, whose memory can be looked at; prints JSON.

    python benchmarks/network_client.py store NETWORK STATE FILE
    python benchmarks/network_client.py read NETWORK STATE BLOB_ID OUT

NETWORK is the network.json of a local network, STATE where the client keeps what it must remember.
`bench_network.py` runs it.
"""

import asyncio
import dataclasses
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from harness import Row

from walrus_core.client import AsyncClient
from walrus_core.types import BlobId


async def store(client: AsyncClient, file: str) -> Row:
    """Where the time of a `store` went, and what nodes were sent."""
    outcome = await client.store(file, epochs=5)
    return {
        "blob_id": str(outcome.blob_id),
        "seconds": dataclasses.asdict(outcome.seconds),
        "sent_bytes": sum(node.sent for node in outcome.nodes),
        "confirmed": [str(node.state) for node in outcome.nodes].count("confirmed"),
    }


async def read(client: AsyncClient, blob_id: str, out: str) -> Row:
    """How long a whole read to a file took, and what nodes sent."""
    reader = await client.reader()
    started = time.perf_counter()
    outcome = await reader.read_to_file(BlobId.from_str(blob_id), Path(out))
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "received": outcome.received,
        "was_decoded": outcome.was_decoded,
        "faults": len(outcome.faults),
    }


CALLS: dict[str, Callable[..., Awaitable[Row]]] = {"store": store, "read": read}


async def main() -> None:
    """Do what the arguments say."""
    call, network, state, *arguments = sys.argv[1:]
    async with AsyncClient(network, state=state) as client:
        print(json.dumps(await CALLS[call](client, *arguments)))


if __name__ == "__main__":
    asyncio.run(main())
