"""pytest-benchmark over the same contests as ratios.py: `python -m pytest benchmarks`."""

import pytest
from contests import CONTESTS
from harness import MIB, SIZES, Contender, Race, pin, size_label
from pytest_benchmark.fixture import BenchmarkFixture


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each benchmark all sizes; the place of a contender is enough to find it again."""
    if "size" in metafunc.fixturenames:
        metafunc.parametrize("size", SIZES, ids=size_label)


@pytest.fixture
def race(benchmark: BenchmarkFixture) -> Race:
    """Time one contender of a contest, pinned to its CPUs, in a group with its rivals."""

    def run(contest: str, size: int, place: int) -> None:
        contender: Contender = CONTESTS[contest](size)[place]
        pin(contender.cpus)
        benchmark.group = f"{contest}, {size_label(size)}"
        benchmark.name = contender.name
        rounds = 11 if size < 32 * MIB else 3
        benchmark.pedantic(contender.run, rounds=rounds, warmup_rounds=1)

    return run
