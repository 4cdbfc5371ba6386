"""What `bench_network.py` measures of a running network, a row for each figure."""

import asyncio
import filecmp
import json
import os
import random
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median

import numpy as np
from harness import KIB, MIB, Row, spread
from observed import Observed, forget, observe, settle

from walrus_core.client import AsyncClient
from walrus_core.codec.config import EncodingConfig
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.types import Axis, BlobId, shard_to_pair

CLIENT = Path(__file__).with_name("network_client.py")
N_LATENCIES = 20
PHASES = ("encode", "chain", "upload", "confirm", "tail", "certify", "total")


class Place:
    """A directory on the disk in question, with a network of 7 nodes in it."""

    def __init__(self, directory: Path, network: LocalNetwork, n_shards: int) -> None:
        self.directory = directory
        self.network = network
        self.n_shards = n_shards
        self.state = directory / "state"

    @property
    def about(self) -> Row:
        """What every row says of where it comes from."""
        return {"n_shards": self.n_shards, "nodes": len(self.network.nodes)}

    def client(self) -> AsyncClient:
        return AsyncClient(self.network.network, state=self.state)

    def blob(self, size: int) -> Path:
        """A new file of random bytes, on the disk and not in memory."""
        path = self.directory / "blob"
        with path.open("wb") as file:
            for at in range(0, size, MIB):
                file.write(np.random.bytes(min(MIB, size - at)))
        settle(self.directory)
        forget(path)
        return path

    async def run_client(self, *arguments: object) -> tuple[Row, Observed]:
        """One call of a client; what it said, and what was seen of it."""
        answer = self.directory / "answer.json"
        call, *rest = arguments
        program = (CLIENT, call, self.network.network, self.state, *rest)
        with answer.open("wb") as file:
            observed = await asyncio.to_thread(
                observe, program, self.directory, None, file.fileno()
            )
        found: Row = json.loads(answer.read_text(encoding="utf-8"))
        return found, observed

    def written(self) -> int:
        """Bytes that all nodes have had written to disk so far."""
        return sum(_written(node.process.pid) for node in self.network.nodes if node.process.pid)

    @asynccontextmanager
    async def dead_nodes(self, blob_id: str) -> AsyncIterator[int]:
        """Nodes that together hold as many of the f shards as whole nodes can are killed, for the
        body; how many shards these are. It is those that hold most of the blob itself: its source
        slivers, without which it has to be decoded.
        """
        shards = await self.network.shards()
        n_source = EncodingConfig(self.n_shards).n_primary_source_symbols
        blob = BlobId.from_str(blob_id)

        def harm(number: int) -> int:
            pairs = [shard_to_pair(blob, shard, self.n_shards) for shard in shards[number]]
            return sum(pair < n_source for pair in pairs)

        left, chosen = (self.n_shards - 1) // 3, []
        for number in sorted(range(len(shards)), key=harm, reverse=True):
            if len(shards[number]) <= left:
                chosen.append(number)
                left -= len(shards[number])
        nodes = [self.network.node(number) for number in chosen]
        for node in nodes:
            await node.kill()
        yield sum(len(shards[number]) for number in chosen)
        await asyncio.gather(*[node.start() for node in nodes])


@asynccontextmanager
async def network_at(directory: Path, n_shards: int) -> AsyncIterator[Place]:
    """A new network of 7 nodes in processes of their own; for the body."""
    home = directory / f"network-{n_shards}"
    async with LocalNetwork(7, n_shards, home) as network:
        yield Place(directory, network, n_shards)
    shutil.rmtree(home)


async def stored(place: Place, size: int, rounds: int) -> tuple[Row, str]:
    """`store` held against copying as many bytes as nodes were sent into one file, with fsync; and
    the ID of the last blob, which is left in the file "blob".
    """
    found: list[Row] = []
    for turn in range(rounds):
        blob = place.blob(size)
        written = place.written()
        if turn % 2:
            copied = await asyncio.to_thread(_copied, blob, found[0]["sent_bytes"])
        outcome, observed = await place.run_client("store", blob)
        if turn % 2 == 0:
            copied = await asyncio.to_thread(_copied, blob, outcome["sent_bytes"])
        found.append(
            outcome | {
                "copy_seconds": copied,
                "client": asdict(observed),
                "nodes_written_bytes": place.written() - written,
            }
        )  # fmt: skip
    seconds = {
        phase: spread([each["seconds"][phase] for each in found]) for phase in PHASES
    } | {"copy": spread([each["copy_seconds"] for each in found])}  # fmt: skip
    factors = [each["seconds"]["total"] / each["copy_seconds"] for each in found]
    peaks = {
        name: max(each["client"][name] for each in found)
        for name in ("anonymous_bytes", "resident_bytes")
    }
    row = {
        "contest": "store",
        "size": size,
        **place.about,
        "rounds": rounds,
        "seconds": seconds,
        "factor": spread(factors) | {"median": _ratio(seconds["total"], seconds["copy"])},
        "sent_bytes": found[0]["sent_bytes"],
        "nodes_written_bytes": round(median(each["nodes_written_bytes"] for each in found)),
        "client_cpu_seconds": median(each["client"]["cpu_seconds"] for each in found),
        "peaks": peaks,
        "confirmed": min(each["confirmed"] for each in found),
    }
    return row, found[-1]["blob_id"]


async def read(place: Place, blob_id: str, blob: Path, rounds: int, dead: int) -> Row:
    """A whole blob to a file, held against what was stored."""
    found: list[Row] = []
    peaks: list[Observed] = []
    for _ in range(rounds):
        out = place.directory / "out"
        outcome, observed = await place.run_client("read", blob_id, out)
        if not filecmp.cmp(blob, out, shallow=False):
            raise SystemExit("the blob did not come back")
        out.unlink()
        found.append(outcome)
        peaks.append(observed)
    size = blob.stat().st_size
    return {
        "contest": "read",
        "size": size,
        **place.about,
        "dead_shards": dead,
        "rounds": rounds,
        "seconds": spread([each["seconds"] for each in found]),
        "received": max(each["received"] for each in found),
        "peaks": {
            "anonymous_bytes": max(each.anonymous_bytes for each in peaks),
            "resident_bytes": max(each.resident_bytes for each in peaks),
        },
    }


async def ranges(place: Place, blob_id: str, blob: Path, dead: int) -> list[Row]:
    """1 MiB at several places, each by a client that knows nothing of the blob yet."""
    size = blob.stat().st_size
    length = min(MIB, size // 2)
    row = EncodingConfig(place.n_shards).sliver_size(Axis.PRIMARY, size)
    middle = size // 2 // row * row
    places = {
        "start": 0,
        "first byte of a sliver": middle,
        "last byte of a sliver": middle - 1,
        "end": size - length,
        "anywhere": random.randrange(size - length),
    }
    rows = []
    with blob.open("rb") as file:
        for name, start in places.items():
            async with place.client() as client:
                reader = await client.reader()
                before, started = _loopback(), time.perf_counter()
                outcome = await reader.read(BlobId.from_str(blob_id), start, start + length - 1)
                seconds, moved = time.perf_counter() - started, _loopback() - before
            file.seek(start)
            if outcome.content != file.read(length):
                raise SystemExit(f"the range at {start} did not come back")
            rows.append(
                {
                    "contest": "range",
                    "size": size,
                    **place.about,
                    "dead_shards": dead,
                    "place": name,
                    "start": start,
                    "length": length,
                    "received": outcome.received,
                    "loopback": moved,
                    "seconds": seconds,
                }
            )
    return rows


async def latencies(place: Place, size: int = KIB, count: int = N_LATENCIES) -> list[Row]:
    """One small blob after the other, stored and read by one client that is connected."""
    storing, reading = [], []
    async with place.client() as client:
        for number in range(-1, count):  # the first one is not counted: it connects
            content = random.randbytes(size)
            started = time.perf_counter()
            outcome = await client.store(content, epochs=5)
            stored_at = time.perf_counter()
            back = await client.read(outcome.blob_id)
            if number >= 0:
                storing.append(stored_at - started)
                reading.append(time.perf_counter() - stored_at)
            if back != content:
                raise SystemExit("a small blob did not come back")
    about = {"contest": "latency", "size": size, **place.about, "rounds": count}
    return [
        about | {"call": "store", "seconds": spread(storing)},
        about | {"call": "read", "seconds": spread(reading)},
    ]


def describe(row: Row) -> str:
    """A line for whoever waits."""
    return ", ".join(f"{name} {_told(value)}" for name, value in row.items())


def _told(value: object) -> str:
    if isinstance(value, dict):
        if "median" in value:
            return _told(value["median"])
        return " ".join(f"{name}={_told(each)}" for name, each in value.items())
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _ratio(ours: Row, other: Row) -> float:
    return float(ours["median"] / other["median"])


def _copied(source: Path, n_bytes: int) -> float:
    """Seconds to copy a file again and again until one has so many bytes on disk."""
    target = source.with_name("copy")
    settle(source.parent)
    forget(source)
    chunk = memoryview(bytearray(MIB))
    started = time.perf_counter()
    left = n_bytes
    with target.open("wb", buffering=0) as writer:
        while left:
            with source.open("rb", buffering=0) as reader:
                while size := min(reader.readinto(chunk) or 0, left):
                    left -= writer.write(chunk[:size])
        os.fsync(writer.fileno())
    seconds = time.perf_counter() - started
    target.unlink()
    return seconds


def _written(pid: int) -> int:
    for line in Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "write_bytes":
            return int(value)
    return 0


def _loopback() -> int:
    """Bytes that came in over the loopback so far: whatever anybody on this machine said."""
    for line in Path("/proc/net/dev").read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        if name.strip() == "lo":
            return int(rest.split()[0])
    return 0
