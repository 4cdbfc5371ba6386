"""pytest-benchmark over the contests of ratios.py: `python -m pytest benchmarks`, or one suite."""

from collections.abc import Callable, Iterator

import pytest
from contests import CONTESTS
from harness import MIB, Contender, enter, size_label
from pytest_benchmark.fixture import BenchmarkFixture

from walrus_core import kernel


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "contests(*names): run a benchmark for these of ratios.py")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One benchmark for each contest that is marked, size of blob and contender."""
    for mark in metafunc.definition.iter_markers("contests"):
        cases = [
            pytest.param(name, size, contender, id=f"{name}-{_id(size)}-{contender.name}")
            for name in mark.args
            for size in CONTESTS[name].sizes
            for contender in CONTESTS[name].contenders
        ]
        metafunc.parametrize(("contest", "size", "contender"), cases)


def _id(size: int) -> str:
    """Without a space, so that `-k 1KiB` finds it."""
    return size_label(size).replace(" ", "")


@pytest.fixture
def run(
    benchmark: BenchmarkFixture, contest: str, size: int, contender: Contender
) -> Iterator[Callable[[], None]]:
    """Time a contender, pinned to its CPUs, in a group with those it is compared with."""

    def run() -> None:
        enter(contender)
        prepared = contender.prepare(size)
        benchmark.group = f"{CONTESTS[contest].title}, {size_label(size)}"
        benchmark.name = contender.name
        rounds = 9 if size < 32 * MIB else 3
        benchmark.pedantic(prepared, rounds=rounds, warmup_rounds=1)

    yield run
    kernel.select_engine(None)
