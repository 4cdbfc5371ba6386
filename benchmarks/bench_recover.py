"""Recovery symbols out of a sliver, and a sliver out of recovery symbols."""

import pytest
from harness import Race


@pytest.mark.parametrize("contest", ["recovery_symbols", "recover_sliver"])
def test_recover(race: Race, contest: str, size: int) -> None:
    race(contest, size, 0)
