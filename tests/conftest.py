"""What every test shares: each engine of this CPU, one and two threads, and the known answers."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from known_answers import BUILT_IN, FILES, Entry, encoding_work, entries, is_small

from walrus_core import kernel

THREADS = (1, 2)
ENGINES = kernel.available_engines()  # best first
VALUES: dict[str, tuple[Any, ...]] = {"engine": ENGINES, "threads": THREADS}

# What an entry may cost (`encoding_work`) to run on each engine with one and two threads; on each
# engine with two. Dearer ones run on the best engine with two threads. `-m slow` runs the rest.
CHEAP, AFFORDABLE = 3_500_000, 10_000_000

# Fixture -> file of known answers, and which of its entries.
ANSWERS: dict[str, tuple[str, Callable[[Entry], bool]]] = {
    "encode_entry": ("encode.json", lambda _: True),
    "small_encode_entry": ("encode.json", is_small),
    "recovery_entry": ("recovery.json", lambda _: True),
}

FEW_SEEDS = range(24)  # of simulations, where nobody says which

# An engine stays the same over the examples of one test, so hypothesis need not ask for a fresh
# fixture each time.
settings.register_profile(
    "fast",
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile(
    "thorough", settings.get_profile("fast"), max_examples=1000, derandomize=False
)
settings.load_profile("fast")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vectors",
        metavar="DIR",
        type=Path,
        help=f"run the vector tests on DIR/{{{','.join(FILES)}}} too; any may be absent",
    )
    parser.addoption(
        "--seeds",
        metavar="A-B",
        type=_seeds,
        default=FEW_SEEDS,
        help="simulate the networks of these seeds; one number is one seed",
    )
    parser.addoption("--long", action="store_true", help="drills in their full form")


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def pytest_configure(config: pytest.Config) -> None:
    directory = config.getoption("--vectors")
    if directory and not any((directory / file).is_file() for file in FILES):
        raise pytest.UsageError(f"--vectors: {directory} has none of {', '.join(FILES)}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on every engine and number of threads that it asks for, and on known answers."""
    asked = [name for name in VALUES if name in metafunc.fixturenames]
    answers = [name for name in ANSWERS if name in metafunc.fixturenames]
    if not answers:
        for name in asked:
            metafunc.parametrize(name, VALUES[name], indirect=True)
    for fixture in answers:
        file, wanted = ANSWERS[fixture]
        extra = metafunc.config.getoption("--vectors")
        found = entries(file, [BUILT_IN, *([extra.resolve()] if extra else [])])
        chosen = {label: entry for label, entry in found.items() if wanted(entry)}
        metafunc.parametrize([fixture, *asked], list(_cases(chosen, asked)), indirect=asked)


def _cases(found: dict[str, Entry], asked: list[str]) -> Iterator[Any]:
    """Each entry with each engine and number of threads; the dear combinations are marked slow."""
    for label, entry in found.items():
        work = encoding_work(entry)
        for values in itertools.product(*(VALUES[name] for name in asked)):
            most_threads = THREADS[0] not in values
            best_engine = not set(values) & set(ENGINES[1:])
            fast = work <= CHEAP or (most_threads and (work <= AFFORDABLE or best_engine))
            marks = [] if fast else [pytest.mark.slow]
            yield pytest.param(entry, *values, marks=marks, id="-".join([label, *map(str, values)]))


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each engine that this CPU can run, in use until the test ends."""
    kernel.select_engine(request.param)
    yield request.param
    kernel.select_engine(None)


@pytest.fixture
def threads(request: pytest.FixtureRequest) -> int:
    """One thread and two."""
    return request.param
