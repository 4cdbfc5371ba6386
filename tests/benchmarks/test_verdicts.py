"""What benchmarks conclude from their figures."""

import pytest
from harness import MIB, Contender, Contest, race, ratios
from render import by_size
from tables import digits, duration, reach
from targets import Target


def row(median: float, low: float, high: float) -> dict[str, object]:
    return {"size": MIB, "ratios": {"ours": {"median": median, "min": low, "max": high}}}


@pytest.mark.parametrize(
    ("found", "at_most", "verdict"),
    [
        ((8.0, 7, 9), False, ""),
        ((7.9, 7, 8.1), False, "miss within spread"),
        ((7.9, 7, 7.99), False, "miss"),
        ((8.0, 7, 9), True, ""),
        ((8.1, 7.9, 9), True, "miss within spread"),
        ((8.1, 8.05, 9), True, "miss"),
    ],
)
def test_verdict(found: tuple[float, float, float], at_most: bool, verdict: str) -> None:
    target = Target("title", "contest", "ours", {MIB: 8}, at_most)
    assert target.verdict(row(*found)) == verdict


def test_ratios_are_of_medians_and_their_range_of_rounds() -> None:
    found = ratios({"ours": [1, 2, 4], "other": [2, 2, 2], "rival": [10, 10, 40]})
    assert found == {
        "ours": {"median": 5, "min": 5, "max": 10},
        "other": {"median": 5, "min": 5, "max": 20},
    }


def test_a_race_runs_everybody_in_every_round() -> None:
    order: list[str] = []

    def contender(name: str) -> Contender:
        def run() -> None:
            order.append(name)
            end = sum(range(400_000))  # some milliseconds: repeated to fill a round
            assert end

        return Contender(name, lambda _size: run)

    seconds = race(Contest("two", (contender("a"), contender("b"))), MIB, 3)
    assert {name: len(times) for name, times in seconds.items()} == {"a": 3, "b": 3}
    assert all(0 < time < 1 for times in seconds.values() for time in times)
    turns = [name for i, name in enumerate(order) if i == 0 or order[i - 1] != name]
    assert turns == ["a", "b", "a", "b", "a", "b"]  # warm-up, then a b, b a, a b


def test_numbers_as_tables_show_them() -> None:
    assert [digits(x) for x in (0.5, 9.99, 9.996, 99.94, 100)] == [
        "0.50", "9.99", "10.0", "99.9", "100",
    ]  # fmt: skip
    assert [duration(x) for x in (2, 0.0456, 21e-6, 2e-9)] == [
        "2.00 s", "45.6 ms", "21.0 µs", "2.00 ns",
    ]  # fmt: skip
    assert reach([3, 1, 2]) == "1 to 3"
    assert reach(["x", "x"]) == "x"


def test_sizes_that_are_not_there_leave_a_gap() -> None:
    lines = [
        ("a", {1024: {"x": "1"}}, lambda row: row["x"]),
        ("b", {1024: {"x": "2"}, MIB: {"x": "3"}}, lambda row: row["x"]),
    ]
    assert by_size("t", lines).splitlines()[2:] == ["| a | 1 |  |", "| b | 2 | 3 |"]
