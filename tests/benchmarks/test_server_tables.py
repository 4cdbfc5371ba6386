"""What the tables of the server's benchmark conclude."""

import pytest
import server_tables
from harness import MIB, Row, spread

ROWS: list[Row] = [
    {"contest": "stream", "call": "Encode", "size": MIB, "factor": spread([1.0, 1.2, 1.4])},
    {"contest": "stream", "call": "Reconstruct", "size": MIB, "factor": spread([1.3])},
    {"contest": "stream", "call": "Decode", "size": MIB, "factor": spread([1.3])},
    {"contest": "id", "answer": "ID", "size": 1024, "above": spread([0.002, 0.004, 0.005])},
    {"contest": "workers", "size": MIB, "factor": spread([1.7])},
    {
        "contest": "memory",
        "size": MIB,
        "callers": 8,
        "before": 40 * MIB,
        "peak": 140 * MIB,
        "allowed": 100 * MIB,
    },
]


@pytest.fixture
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_tables, "results", lambda: {"rows": ROWS})


@pytest.mark.usefixtures("_measured")
def test_what_misses_its_goal_is_a_miss() -> None:
    _, _, *lines = server_tables.goals().splitlines()
    missed = [False, True, False, True, False, False]  # nobody asked for a factor of Decode
    assert ["miss" in line for line in lines] == missed


def test_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_tables, "results", lambda: {"rows": []})
    for table in server_tables.SERVER.values():
        assert table() == server_tables.NONE
