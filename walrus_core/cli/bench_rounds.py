"""How `walrus-core bench` measures: in rounds, so that whatever else the machine does meets all.

In a round every contender does every operation, one after the other; every other round goes
backwards. A first round is not counted: it touches memory, builds tables, and tells how many more
fit the time. Results are freed off the clock.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from walrus_core import kernel
from walrus_core.cli.bench_bound import Rates, Work
from walrus_core.cli.bench_tasks import Contender, Task
from walrus_core.cli.output import Values
from walrus_core.cli.progress import Counter

SHORTEST = 0.02
"""Seconds that one measurement takes at least; quicker tasks are repeated."""

ENOUGH = 5
"""Rounds that nobody asked for; more would tell little."""


Place = tuple[str, Contender]
"""An operation, and who does it."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Measurement:
    """Seconds of one operation on one blob by one contender, one run for each counted round.

    `bound`: what the arithmetic alone takes on the contender's threads, where that is known.
    """

    operation: str
    size: int
    contender: Contender
    runs: Sequence[float]
    bound: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    @property
    def spread(self) -> float:
        """How far the runs lie apart, as a part of their median."""
        return (max(self.runs) - min(self.runs)) / self.median

    @property
    def share(self) -> float | None:
        """The part of the time that the arithmetic takes."""
        return None if self.bound is None else self.bound / self.median

    def values(self) -> Values:
        """For JSON."""
        return {
            "operation": self.operation,
            "unencodedLength": self.size,
            "contender": self.contender.name,
            "engine": self.contender.engine,
            "threads": self.contender.threads,
            "seconds": self.median,
            "spread": self.spread,
            "runs": list(self.runs),
            "boundSeconds": self.bound,
            "shareOfBound": self.share,
        }


def measure(
    contenders: Sequence[Contender], blob: bytes, n_shards: int, rounds: Iterable[int]
) -> list[Measurement]:
    """Every operation of every contender on `blob`; `rounds` gives 0 for the one not counted."""
    work = Work.of(blob, n_shards)
    runs: dict[Place, list[float]] = {
        (operation, contender): []
        for operation in contenders[0].tasks
        for contender in contenders
        if operation in contender.tasks
    }
    bounds: dict[str, list[float]] = {c.engine: [] for c in contenders if c.engine}
    with _undisturbed():
        for turn in rounds:
            taken = _round(list(runs) if turn % 2 else list(reversed(runs)))
            least = {engine: _bound(work, engine) for engine in bounds}
            gc.collect()
            if turn:
                _append(runs, taken)
                _append(bounds, least)
    return [
        Measurement(operation, len(blob), contender, times, _bound_of(operation, contender, bounds))
        for (operation, contender), times in runs.items()
    ]


def _round(places: Sequence[Place]) -> dict[Place, float]:
    seconds = {}
    for operation, contender in places:
        kernel.select_engine(contender.engine)
        seconds[operation, contender] = _seconds(contender.tasks[operation])
    return seconds


def _bound(work: Work, engine: str) -> float:
    kernel.select_engine(engine)
    return work.seconds(Rates.measured(work.symbol_size))


def _bound_of(
    operation: str, contender: Contender, bounds: Mapping[str, Sequence[float]]
) -> float | None:
    """The median of the rounds' bounds, on as many cores as the contender has threads."""
    if operation != "encode" or contender.engine is None:
        return None
    return statistics.median(bounds[contender.engine]) / contender.threads


def _append(series: Mapping[Key, list[float]], values: Mapping[Key, float]) -> None:
    for key, value in values.items():
        series[key].append(value)


def turns(wanted: int | None, until: float, counter: Counter) -> Iterator[int]:
    """0, then 1, 2, ... `wanted`, or as far as the time `until` allows, but at least to 1."""
    started = time.monotonic()
    yield 0
    each = time.monotonic() - started
    last = wanted or max(1, min(ENOUGH, int((until - time.monotonic()) / each)))
    counter.total = last + 1
    for turn in range(1, last + 1):
        counter.done = turn
        yield turn


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No collection of garbage meanwhile; in the end back to the automatic choice of the engine."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        kernel.select_engine(None)


def _seconds(task: Task) -> float:
    """Of one run: the median of as many as it takes to fill the shortest time worth measuring."""
    runs: list[float] = []
    while sum(runs) < SHORTEST:
        started = time.perf_counter()
        result = task()
        runs.append(time.perf_counter() - started)
        del result
    return statistics.median(runs)
