"""One network of four node processes for all tests here."""

from collections.abc import Iterator

import pytest
from localnet.network.running import N_SHARDS, NODES, Running

from walrus_core.client.loop_thread import LoopThread
from walrus_core.localnet.network.local_network import LocalNetwork


@pytest.fixture(scope="session")
def shared() -> Iterator[Running]:
    loop, network = LoopThread(), LocalNetwork(nodes=NODES, n_shards=N_SHARDS)
    try:
        loop.run(network.start())
        yield Running(network, loop)
    finally:
        loop.run(network.stop())
        loop.close()


@pytest.fixture
def running(shared: Running) -> Iterator[Running]:
    """All of its nodes are up and honest again afterwards."""
    yield shared
    for node in shared.network.nodes:
        if not node.is_up:
            shared.loop.run(node.start())
