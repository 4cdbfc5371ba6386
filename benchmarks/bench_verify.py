"""One sliver against the metadata."""

import pytest
from harness import OURS, RIVAL, Race


@pytest.mark.parametrize("contest", ["verify_sliver"])
@pytest.mark.parametrize("place", [0, 1], ids=[OURS, RIVAL])
def test_verify(race: Race, contest: str, size: int, place: int) -> None:
    race(contest, size, place)
