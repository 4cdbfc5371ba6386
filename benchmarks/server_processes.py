"""The server to be measured, in a process of its own, and how it is called."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

OPTIONS = [("grpc.use_local_subchannel_pool", 1)]
SAMPLING = 0.02  # seconds between two looks at memory


class Server:
    """A process that serves at an address."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address

    def anonymous_bytes(self) -> int:
        """Of its memory, what belongs to no file."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"RssAnon:\s+(\d+) kB", status)
        return int(found[1]) << 10 if found else 0

    @contextmanager
    def watched(self) -> Iterator[list[int]]:
        """Its memory again and again, while the body runs."""
        seen, over = [self.anonymous_bytes()], threading.Event()

        def look() -> None:
            while not over.wait(SAMPLING):
                seen.append(self.anonymous_bytes())

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            thread.join()


@contextmanager
def running(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python program, and the first line that it prints."""
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline()
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def served(directory: Path, *options: str, network: str | None = None) -> Iterator[Server]:
    """`walrus-core serve` with these options; the engine alone, or with a network's blobs."""
    command = ["-m", "walrus_core", "serve", "--json", "--listen", "127.0.0.1:0"]
    command += ["--no-network"] if network is None else ["--network", network]
    spool = directory / "-".join(["spool", *options]).replace("-", "")
    with running(*command, "--spool", str(spool), *options) as (process, line):
        yield Server(process, json.loads(line)["address"])


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A connection that nobody shares."""
    with grpc.insecure_channel(address, OPTIONS) as channel:
        yield channel


def call(channel: Any, method: str, messages: Iterable[bytes]) -> list[int]:
    """One call of bare messages; the sizes of the answers, which are thrown away."""
    return [len(answer) for answer in channel.stream_stream(method)(iter(messages))]
