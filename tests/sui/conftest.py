"""A founded chain for all tests that leave its epochs and prices alone."""

from collections.abc import Iterator

import pytest
from sui.founded_chain import FoundedChain, founded_chain


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoundedChain]:
    with founded_chain(tmp_path_factory.mktemp("founded")) as chain:
        yield chain
