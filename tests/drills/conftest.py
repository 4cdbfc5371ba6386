"""One network for all drills: what one left on it, the next ones must find."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from drills.drill import Drill, Ledger

from walrus_core.client.loop_thread import LoopThread
from walrus_core.localnet.network.local_network import LocalNetwork

NODES, N_SHARDS = 7, 100

FIGURES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section("drills")
        for figure in figures:
            terminalreporter.write_line(figure)


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Lines that are printed at the end."""
    return request.config.stash.setdefault(FIGURES, [])


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether `--long` was given: drills in their full form."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def running(
    tmp_path_factory: pytest.TempPathFactory, is_long: bool, figures: list[str]
) -> Iterator[Drill]:
    loop, network = LoopThread(), LocalNetwork(nodes=NODES, n_shards=N_SHARDS)
    try:
        loop.run(network.start())
        directory = tmp_path_factory.mktemp("drills")
        yield Drill(network, loop, Ledger(), directory, is_long, figures, N_SHARDS)
    finally:
        loop.run(network.stop())
        loop.close()


@pytest.fixture
def drill(running: Drill, tmp_path: Path) -> Iterator[Drill]:
    """The network of all drills, in order.

    After the drill dead nodes and liars come back honest, and every acknowledged blob must be
    there. A client's journal is of one drill only.
    """
    running.directory = tmp_path
    yield running
    running.run(running.mend())
    running.run(running.check())
