"""What the tables of the network's benchmark conclude."""

from collections.abc import Iterator

import network_tables
import pytest
from harness import MIB, Row, spread

SECONDS = spread([1.0, 2.0, 3.0])
ROWS: list[Row] = [
    {"contest": "start", "which": "new", "seconds": SECONDS},
    {"contest": "start", "which": "again", "seconds": spread([7.0])},
    {"contest": "demo", "seconds": SECONDS},
    {"contest": "store", "size": 256 * MIB, "peaks": {"resident_bytes": 400 * MIB}},
    {"contest": "store", "size": MIB, "peaks": {"resident_bytes": 80 * MIB}},
    {"contest": "range", "dead_shards": 0, "received": 2 * MIB},
    {"contest": "range", "dead_shards": 0, "received": 4 * MIB},
    {"contest": "range", "dead_shards": 286, "received": 9 * MIB},
    {"contest": "healing", "blobs": 64, "size": 16 * MIB, "factor": 0.75},
]


@pytest.fixture(autouse=True)
def _results(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    network_tables.rows.cache_clear()
    monkeypatch.setattr(network_tables, "load", lambda _: {"rows": ROWS})
    yield
    network_tables.rows.cache_clear()


def test_what_is_above_its_goal_is_a_miss() -> None:
    _, _, *lines = network_tables.goals().splitlines()
    assert ["miss" in line for line in lines] == [False, True, False, True, True, False]


def test_the_worst_range_with_all_nodes_counts() -> None:
    [line] = [line for line in network_tables.goals().splitlines() if "nodes sent" in line]
    assert "1 MiB of 256 MiB" in line
    assert "4.00 MiB" in line
