"""`walrus-core chain up` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_SECONDS = 60
"""Far more than it takes, for machines that have much else to do."""


@dataclass(frozen=True)
class RunningChain:
    """`values` is what it printed when it was ready: the same as in network.json."""

    process: "subprocess.Popen[str]"
    home: Path
    values: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.values["suiUrl"])

    @property
    def address(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    @property
    def wallet(self) -> str:
        """The wallet's key as keystores have it."""
        [key] = json.loads(Path(self.values["wallet"]).read_text())
        return str(key)

    def stop(self) -> int:
        """By Ctrl-C; its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self._ended()

    def kill(self) -> None:
        """As a crash would."""
        self.process.kill()
        self._ended()

    def _ended(self) -> int:
        status = self.process.wait(READY_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


def start(home: Path, *options: str, port: int = 0) -> RunningChain:
    """Run it until it is ready."""
    command = [sys.executable, "-m", "walrus_core", "chain", "up", "--json"]
    process = subprocess.Popen(
        [*command, "--dir", str(home), "--port", str(port), *options],
        env={**os.environ, "WALRUS_CORE_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    return RunningChain(process, home, json.loads(line))
