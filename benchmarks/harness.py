"""How things are timed: pinned to a core, warmed up, in interleaved rounds; medians and spread.

Times of two runs are never compared: machines differ, and one machine differs from minute to
minute. Contenders therefore take turns within one run, and what is reported is the ratio of their
medians, with the least and the largest ratio that any round gave.
"""

import gc
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from walrus_core import kernel

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SIZES = (KIB, MIB, 32 * MIB, 256 * MIB)
MIN_ROUND = 0.05  # seconds: shorter runs are repeated
OURS, RIVAL = "walrus-core", "pysui-fastcrypto"

CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]

Row = dict[str, Any]
Run = Callable[[], object]
Series = dict[str, list[float]]
"""Seconds of each round, by contender."""


@dataclass(frozen=True)
class Contender:
    """One way of doing the work. `prepare` makes, off the clock, what is timed for a size of blob;
    what that returns is freed off the clock.
    """

    name: str
    prepare: Callable[[int], Run]
    cpus: int = 1
    engine: str | None = None


@dataclass(frozen=True)
class Contest:
    """Ways of doing one thing, in which all others are held against the last.

    `sizes`: of the blobs. `derive` may turn what was measured into more: see bound.py.
    """

    title: str
    contenders: tuple[Contender, ...]
    sizes: Sequence[int] = SIZES
    derive: Callable[[int, Series], Row] | None = None


def size_label(size: int) -> str:
    """1 KiB, 32 MiB, 4 GiB, ..."""
    for unit, scale in (("GiB", GIB), ("MiB", MIB)):
        if size >= scale:
            return f"{size // scale} {unit}"
    return f"{size // KIB} KiB"


def enter(contender: Contender) -> None:
    """Its engine; and this process and its future threads on its CPUs, the first of all (Linux)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, CPUS[: contender.cpus])
    kernel.select_engine(contender.engine)


def seconds_of(run: Run, repetitions: int = 1) -> float:
    """The median of some runs in a row, each without the time to free its result."""
    seconds = []
    for _ in range(repetitions):
        started = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - started)
        del result
    return statistics.median(seconds)


def race(contest: Contest, size: int, rounds: int) -> Series:
    """Every contender in every round; every other round goes backwards.

    A first run, off the record, touches memory, builds tables, and tells how often a run has to be
    repeated to fill a round.
    """
    contenders = contest.contenders
    runs, repetitions = {}, {}
    for contender in contenders:
        enter(contender)
        runs[contender.name] = run = contender.prepare(size)
        repetitions[contender.name] = max(1, round(MIN_ROUND / seconds_of(run)))
    seconds: Series = {contender.name: [] for contender in contenders}
    gc.disable()
    try:
        for turn in range(rounds):
            for contender in contenders if turn % 2 == 0 else reversed(contenders):
                name = contender.name
                enter(contender)
                seconds[name].append(seconds_of(runs[name], repetitions[name]))
            gc.collect()
    finally:
        gc.enable()
        kernel.select_engine(None)
    return seconds


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and extremes."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratios(seconds: Series) -> Row:
    """How many times as fast as the last contender each other one is: the ratio of the medians, and
    the least and the largest ratio within a round.
    """
    *others, last = seconds
    return {
        name: spread([b / a for a, b in zip(seconds[name], seconds[last], strict=True)])
        | {"median": statistics.median(seconds[last]) / statistics.median(seconds[name])}
        for name in others
    }
