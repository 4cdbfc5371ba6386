"""`walrus-core serve` in processes of its own, and what it has while callers do what they like."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from walrus_core.localnet.network.processes import Process

MIB = 1 << 20
LOOK_SECONDS = 0.1
IDLE_SECONDS = 60.0

BUSY = ("grpc_server_in_flight", "gateway_jobs", "gateway_spool_bytes", "gateway_memory_")
"""Beginnings of the names of metrics that are 0 when nobody calls, after `walrus_core_`."""

SLACK = 96 * MIB
"""What the C library keeps of freed memory, per thread, and the first calls load."""


@dataclass
class Most:
    """Of what was seen, and how often it was looked."""

    anonymous: list[int]
    open_files: int = 0

    @property
    def peak(self) -> int:
        return max(self.anonymous)

    def halves(self) -> tuple[float, float]:
        """The mean of the memory in the second and in the last quarter of the time."""
        quarter = max(1, len(self.anonymous) // 4)
        second, last = self.anonymous[quarter : 2 * quarter], self.anonymous[-quarter:]
        return sum(second) / max(1, len(second)), sum(last) / len(last)


class Gateway:
    """One server; `values` are its configuration's, `environment` is added to its own."""

    def __init__(
        self, directory: Path, environment: Mapping[str, str] | None = None, **values: object
    ) -> None:
        self.directory = directory
        self.log = directory / "gateway.log"
        self.values: dict[str, object] = {
            "listen_address": "127.0.0.1:0",
            "metrics_address": "127.0.0.1:0",
            "directory": str(directory / "gateway"),
            "shutdown_notice_seconds": 0.1,
            **values,
        }
        self.process = Process("gateway", self.log, environment)
        self.address = ""
        self._metrics: list[str] = []

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    async def start(self) -> None:
        """It serves when this returns; a network that it was given is there."""
        config = self.directory / "gateway.yaml"
        config.write_text(json.dumps(self.values), encoding="utf-8")
        said = await self.process.start("walrus_core", "serve", "--json", "--config", str(config))
        self.address, self._metrics = said["address"], said["metrics"]
        assert said["connected"] == ("network" in self.values)

    def pids(self) -> list[int]:
        """The server's processes: the first one, then its workers."""
        pid = self.process.pid
        assert pid is not None, "the server is gone"
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [pid, *map(int, children.split())]

    def anonymous(self) -> int:
        """Bytes of memory that belong to no file."""
        total = 0
        for pid in self.pids():
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            found = re.search(r"RssAnon:\s+(\d+) kB", status)
            total += int(found[1]) << 10 if found else 0
        return total

    def open_files(self) -> int:
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in self.pids())

    async def busy(self) -> dict[str, float]:
        """Which places are taken, bytes lent and calls in flight, of all its processes."""
        found: dict[str, float] = {}
        for url in self._metrics:
            page = await asyncio.to_thread(_page, url)
            for line in page.splitlines():
                name, _, value = line.rpartition(" ")
                if name.removeprefix("walrus_core_").startswith(BUSY) and float(value):
                    found[name] = found.get(name, 0) + float(value)
        return found

    async def idle(self) -> None:
        """Wait until all that was lent is back."""
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                while await self.busy():
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise AssertionError(f"not given back: {await self.busy()}") from None

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Most]:
        """Look at its memory and open files again and again while the body runs."""
        most = Most([self.anonymous()], self.open_files())

        async def look() -> None:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                most.anonymous.append(self.anonymous())
                most.open_files = max(most.open_files, self.open_files())

        looking = asyncio.create_task(look())
        try:
            yield most
        finally:
            looking.cancel()

    def failures(self) -> list[str]:
        """What it logged that it should never have to."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if '"level": "error"' in line or "Traceback" in line]


def _page(url: str) -> str:
    with urlopen(url, timeout=30) as answer:
        text: str = answer.read().decode("utf-8")
        return text


@asynccontextmanager
async def gateway(
    directory: Path, environment: Mapping[str, str] | None = None, **values: object
) -> AsyncIterator[Gateway]:
    """One that serves while the body runs."""
    server = Gateway(directory, environment, **values)
    await server.start()
    try:
        yield server
    finally:
        await server.process.stop()
