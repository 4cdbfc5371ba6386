"""A founded chain for all tests that leave its epochs and prices alone."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from sui.founded_chain import Act, FoundedChain, founded_chain

from walrus_core.sui.chain import SuiChain


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoundedChain]:
    with founded_chain(tmp_path_factory.mktemp("founded")) as chain:
        yield chain


@pytest.fixture
def play(founded: FoundedChain) -> Callable[[Act], None]:
    """Run a test with one new wallet in two processes, so to speak."""

    async def run(act: Act) -> None:
        key = await founded.new_key()
        async with SuiChain(founded.network, key) as one, SuiChain(founded.network, key) as other:
            await act(one, other)

    return lambda act: asyncio.run(run(act))
