"""One sliver against the metadata."""

from collections.abc import Callable

import pytest


@pytest.mark.contests("verify_sliver")
def test_verify(run: Callable[[], None]) -> None:
    run()
