"""Where the time of a contest goes, by function: Linux's `perf`, attached while the work repeats.

python benchmarks/hotspots.py encode 33554432                  ours, that is, the first contender
python benchmarks/hotspots.py encode_by_engine 1024 avx2
python benchmarks/hotspots.py encode 1024 pysui-fastcrypto

Needs the package linux-perf and permission to use it (sysctl kernel.perf_event_paranoid <= 2). C
functions appear by name without debug information; what the compiler inlined counts where it is.
`perf annotate -i FILE` shows instructions; for lines of C build with CFLAGS=-g.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contests import CONTESTS
from harness import Run, enter

ATTACHING = 0.5
"""Seconds that perf takes to begin."""


def record(run: Run, seconds: float, data: Path) -> int:
    """Profile repeated runs into a file; returns how many there were."""
    command = ["perf", "record", "-q", "-F", "997", "-o", str(data), "-p", str(os.getpid())]
    perf = subprocess.Popen(command)
    time.sleep(ATTACHING)
    n_runs, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        run()
        n_runs += 1
    perf.send_signal(signal.SIGINT)
    perf.wait()
    return n_runs


def report(data: Path, percent: float) -> str:
    """Functions of this process that took at least so much of the time."""
    command = ["perf", "report", "-q", "--stdio", "--no-children", "--sort", "symbol,dso"]
    command += ["-i", str(data), "--percent-limit", str(percent), "--column-widths", "8,72,40"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return "\n".join(line.rstrip(" -") for line in run.stdout.splitlines() if line.strip())


def main() -> None:
    """Profile one contender."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("contest", choices=CONTESTS, metavar="contest")
    parser.add_argument("size", type=int, help="of the blob, in bytes")
    parser.add_argument("contender", nargs="?", help="default: the first")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--percent", type=float, default=0.5, help="leave out what is below")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="for perf annotate")
    chosen = parser.parse_args()
    contenders = {c.name: c for c in CONTESTS[chosen.contest].contenders}
    contender = contenders[chosen.contender or next(iter(contenders))]
    enter(contender)
    run = contender.prepare(chosen.size)
    run()
    with tempfile.TemporaryDirectory() as directory:
        data = chosen.keep or Path(directory, "perf.data")
        n_runs = record(run, chosen.seconds, data)
        print(f"{chosen.contest}, {contender.name}: {n_runs} runs", file=sys.stderr)
        print(report(data, chosen.percent))


if __name__ == "__main__":
    main()
