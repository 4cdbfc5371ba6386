"""A network of processes for all tests of the clients, with one blob stored on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from walrus_core.client import Client
from walrus_core.client.loop_thread import LoopThread
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.types import BlobId

BLOB = bytes(i * 7 % 253 for i in range(100_000))


@dataclass
class Stored:
    """A network's file, where its client keeps its state, and a blob on it."""

    network: Path
    state: Path
    processes: LocalNetwork
    loop: LoopThread
    blob_id: BlobId
    blob: bytes = BLOB

    def client(self) -> Client:
        return Client(self.network, state=self.state)


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    loop, network = LoopThread(), LocalNetwork(nodes=4, n_shards=10)
    state = tmp_path_factory.mktemp("state")
    loop.run(network.start())
    try:
        with Client(network.network, state=state) as client:
            outcome = client.store(BLOB, epochs=2)
        yield Stored(network.network, state, network, loop, outcome.blob_id)
    finally:
        loop.run(network.stop())
        loop.close()
