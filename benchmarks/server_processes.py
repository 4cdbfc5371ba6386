"""The server to be measured, and one that only moves as many bytes in as many messages; each in a
process of its own.

python benchmarks/server_processes.py        the latter; prints its address
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

RAW_METHOD = "/raw.Stream/Move"
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
def raw_served() -> Iterator[Server]:
    with running(str(Path(__file__))) as (process, line):
        yield Server(process, line.strip())


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A connection that nobody shares."""
    with grpc.insecure_channel(address, OPTIONS) as channel:
        yield channel


def call(channel: Any, method: str, messages: Iterable[bytes]) -> list[int]:
    """One call of bare messages; the sizes of the answers, which are thrown away."""
    return [len(answer) for answer in channel.stream_stream(method)(iter(messages))]


async def _move(requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
    """The first message says how long the answers are to be."""
    sizes: list[int] = json.loads(await anext(requests))
    async for _request in requests:
        pass
    answers = {size: bytes(size) for size in set(sizes)}
    for size in sizes:
        yield answers[size]


async def _serve_raw() -> None:
    server = grpc.aio.server()
    service, name = RAW_METHOD[1:].split("/")
    handlers = {name: grpc.stream_stream_rpc_method_handler(_move)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve_raw())
