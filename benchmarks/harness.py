"""How things are timed: pinned to a core, warmed up, in interleaved rounds; medians and spread.

Times of two runs are never compared: machines differ, and one machine differs from minute to
minute. Contenders therefore take turns within one run, and what is reported is the ratio of their
medians.
"""

import gc
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from walrus_core import kernel

RESULTS = Path(__file__).parent / "results"
KIB, MIB = 1 << 10, 1 << 20
SIZES = (KIB, MIB, 32 * MIB, 256 * MIB)
OURS, RIVAL = "walrus-core", "pysui-fastcrypto"

Row = dict[str, Any]
Race = Callable[[str, int, int], None]
"""Contest, size, place of the contender; see conftest.py."""


@dataclass(frozen=True)
class Contender:
    """One way of doing the work; `run` takes nothing, and its result is freed off the clock."""

    name: str
    run: Callable[[], object]
    cpus: int = 1
    engine: str | None = None


def size_label(size: int) -> str:
    """1 KiB, 32 MiB, ..."""
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"


def pin(cpus: int) -> None:
    """Keep this process and its future threads on the first `cpus` of its CPUs (Linux only)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, CPUS[:cpus])


CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


def once(contender: Contender) -> float:
    """Seconds of one run, without the time to free its result."""
    pin(contender.cpus)
    kernel.select_engine(contender.engine)
    started = time.perf_counter()
    result = contender.run()
    seconds = time.perf_counter() - started
    del result
    return seconds


def race(contenders: Sequence[Contender], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round of each contender; they take turns, and every other round in reverse
    order.
    """
    for contender in contenders:
        once(contender)  # first touch of memory and tables
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    gc.disable()
    try:
        for turn in range(rounds):
            for contender in contenders if turn % 2 == 0 else reversed(contenders):
                seconds[contender.name].append(once(contender))
            gc.collect()
    finally:
        gc.enable()
        kernel.select_engine(None)
    return seconds


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, extremes and the number of rounds, in seconds."""
    return {
        "median": statistics.median(seconds),
        "min": min(seconds),
        "max": max(seconds),
        "rounds": len(seconds),
    }


def machine() -> dict[str, Any]:
    """What a reader needs to judge the figures by."""
    return {
        "cpu": _cpu_model(),
        "cpus": len(CPUS),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "engine": kernel.engine_name(),
        "engines": list(kernel.available_engines()),
        "walrus_core": importlib.metadata.version("walrus-core"),
        "pysui_fastcrypto": importlib.metadata.version("pysui-fastcrypto"),
        "revision": _revision(),
    }


def _cpu_model() -> str:
    """The vendor's name and, since virtual machines hide it, family and model numbers."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    fields = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
    name = fields.get("model name", platform.machine())
    return f"{name}, family {fields.get('cpu family', '?')} model {fields.get('model', '?')}"


def _revision() -> str:
    """The commit that was measured, with a + if the tree held changes; empty outside a checkout."""
    command = ["git", "-C", str(RESULTS.parent), "describe", "--always", "--dirty=+"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def save(name: str, rows: list[Row]) -> None:
    """Write benchmarks/results/NAME.json: when, where, and the rows."""
    RESULTS.mkdir(exist_ok=True)
    result = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python", *sys.argv]),
        "machine": machine(),
        "rows": rows,
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path}", file=sys.stderr)
