"""`walrus-core network up` as a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

END_SECONDS = 60


@dataclass(frozen=True)
class RunningNetwork:
    """`values` is what it printed when it was ready."""

    process: "subprocess.Popen[str]"
    home: Path
    values: dict[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        """In which `--network local` means this one, and clients remember beside it."""
        return {**os.environ, **places(self.home)}


def places(home: Path) -> dict[str, str]:
    return {"WALRUS_CORE_HOME": str(home), "WALRUS_CORE_STATE": str(home / "client")}


@contextlib.contextmanager
def running_network(home: Path, *options: str) -> Iterator[RunningNetwork]:
    """Run it until the body is done; then Ctrl-C."""
    command = [sys.executable, "-m", "walrus_core", "network", "up", "--json", "--dir", str(home)]
    process = subprocess.Popen(
        [*command, *options],
        env={**os.environ, **places(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        values = json.loads(process.stdout.readline())
        yield RunningNetwork(process, home, values)
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(END_SECONDS)
        process.stdout.close()
    assert status == 0
