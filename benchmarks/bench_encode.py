"""Blob to slivers and metadata, and blob to metadata alone."""

import pytest
from harness import OURS, RIVAL, Race


@pytest.mark.parametrize("contest", ["encode", "blob_id"])
@pytest.mark.parametrize("place", [0, 1], ids=[OURS, RIVAL])
def test_encode(race: Race, contest: str, size: int, place: int) -> None:
    race(contest, size, place)
