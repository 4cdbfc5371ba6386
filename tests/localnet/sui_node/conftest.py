"""One local chain, in a process of its own, for all tests of a session that talk to a server."""

from collections.abc import Iterator

import pytest
from localnet.sui_node.running_chain import RunningChain, start


@pytest.fixture(scope="session")
def running_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningChain]:
    running = start(tmp_path_factory.mktemp("chain"))
    yield running
    assert running.stop() == 0
