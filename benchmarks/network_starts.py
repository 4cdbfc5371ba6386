"""How soon a network is there, and how long the demo takes: whole processes, as a user has them."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Row, spread

PROGRAM = (sys.executable, "-m", "walrus_core")


def starts(directory: Path, rounds: int) -> list[Row]:
    """`network up` with 7 nodes from the start of Python until all serve: new, and once more."""
    found: dict[str, list[float]] = {"new": [], "again": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=directory) as home:
            for seconds in found.values():
                seconds.append(_up(Path(home)))
    return [
        {"contest": "start", "which": which, "nodes": 7, "rounds": rounds, "seconds": spread(of)}
        for which, of in found.items()
    ]


def demos(rounds: int) -> Row:
    """`walrus-core demo` from the start of Python to its end, in a directory of its own."""
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run([*PROGRAM, "demo"], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - started)
    return {"contest": "demo", "nodes": 7, "rounds": rounds, "seconds": spread(seconds)}


def _up(home: Path) -> float:
    """Seconds until it says that all nodes serve; then it is stopped."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [*PROGRAM, "network", "up", "--json", "--nodes", "7", "--dir", str(home)],
        env=os.environ | {"WALRUS_CORE_HOME": str(home)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        if not process.stdout.readline():
            raise SystemExit("the network did not come up")
        return time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        process.stdout.close()
