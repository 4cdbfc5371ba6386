"""Slivers to blob, trusted and untrusted."""

import pytest
from harness import OURS, RIVAL, Race


@pytest.mark.parametrize("contest", ["decode_trusted", "decode_checked"])
@pytest.mark.parametrize("place", [0, 1], ids=[OURS, RIVAL])
def test_decode(race: Race, contest: str, size: int, place: int) -> None:
    race(contest, size, place)
