"""Recovery symbols out of a sliver, and a sliver out of recovery symbols."""

from collections.abc import Callable

import pytest


@pytest.mark.contests("recovery_symbols", "recover_sliver")
def test_recover(run: Callable[[], None]) -> None:
    run()
