"""Blake2b, eight messages side by side, and trees of it; against hashlib."""

from collections.abc import Callable

import pytest


@pytest.mark.contests("hash_leaves", "hash_parents", "hash_tree")
def test_hash(run: Callable[[], None]) -> None:
    run()
