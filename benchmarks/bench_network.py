"""A network of 7 nodes on this machine, each a process of its own; writes
benchmarks/results/network.json.

python benchmarks/bench_network.py                all figures: some minutes, 30 GiB of disk
python benchmarks/bench_network.py --only store --size 1048576 --rounds 1
                                                  a part; other rows stay as they are
       ... --json FILE                            somewhere else

start    `network up` with 7 nodes until all serve, new and once more
demo     the whole `walrus-core demo`
store    blobs of several sizes, 1000 shards: where the time goes, the client's memory, and a copy
         of as many bytes as nodes are sent, with fsync, to the same disk in turns
read     the last of them, to a file, with all nodes and without those of f shards
range    1 MiB of the largest: bytes that nodes send
latency  blobs of 1 KiB, one after the other, at 100 and at 1000 shards
healing  a node loses one shard of 64 blobs of 16 MiB at 100 shards
durable  what a node does when it stores, against plain files with fsync: `bench_storage.py`

Needs Linux. What was asked for is in `targets.py`; load by others spoils everything here.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from durable_writes import durable_writes
from harness import MIB, Row
from network_healing import healing
from network_rounds import Place, describe, latencies, network_at, ranges, read, stored
from network_starts import demos, starts
from records import RESULTS, earlier_rows, now, revision, save

NAME = "network"
SIZES = (MIB, 32 * MIB, 256 * MIB)
ROUNDS = 5
LARGE, SMALL = 1000, 100
"""Shards: of Walrus, and of a local network unless told otherwise."""
BLOBS, BLOB_SIZE = 64, 16 * MIB
CONTESTS = ("start", "demo", "store", "read", "range", "latency", "healing", "durable")
FIGURE = ("n_shards", "which", "call", "place")
"""What makes two rows of a contest and a size rows of the same figure; and if shards were dead."""


class Run:
    """One run of the benchmark: what was chosen, and the rows so far."""

    def __init__(self, chosen: argparse.Namespace, directory: Path) -> None:
        self._chosen = chosen
        self._directory = directory
        self.rows: list[Row] = []

    def add(self, rows: Sequence[Row]) -> None:
        load = round(os.getloadavg()[0], 1)
        for row in rows:
            print(describe(row), file=sys.stderr, flush=True)
            self.rows.append(row | {"when": now(), "revision": revision(), "load": load})

    def wants(self, *contests: str) -> bool:
        return any(contest in self._chosen.only for contest in contests)

    async def measure(self) -> None:
        """All that was chosen; contests that share a network one after the other."""
        rounds = self._chosen.rounds
        await asyncio.to_thread(starts, self._directory, 1)  # writes bytecode
        if self.wants("start"):
            self.add(await asyncio.to_thread(starts, self._directory, rounds))
        if self.wants("demo"):
            await asyncio.to_thread(demos, 1)
            self.add([await asyncio.to_thread(demos, rounds)])
        if self.wants("store", "read", "range", "latency"):
            async with network_at(self._directory, LARGE) as place:
                await self._of_large(place)
        if self.wants("latency", "healing"):
            async with network_at(self._directory, SMALL) as place:
                if self.wants("healing"):  # first: no other blobs shall be there
                    self.add([await healing(place, self._chosen.blob_size, self._chosen.blobs)])
                if self.wants("latency"):
                    self.add(await latencies(place))

        if self.wants("durable"):
            self.add(await asyncio.to_thread(durable_writes, self._directory))

    async def _of_large(self, place: Place) -> None:
        rounds = self._chosen.rounds
        if self.wants("latency"):
            self.add(await latencies(place))
        for size in sorted(self._chosen.size):
            if not self.wants("store", "read", "range"):
                continue
            row, blob_id = await stored(place, size, rounds)
            self.add([row])
            await self._read(place, blob_id, 0, is_largest=size == max(self._chosen.size))
            if self.wants("read", "range"):
                async with place.dead_nodes(blob_id) as dead:
                    is_largest = size == max(self._chosen.size)
                    await self._read(place, blob_id, dead, is_largest=is_largest)

    async def _read(self, place: Place, blob_id: str, dead: int, *, is_largest: bool) -> None:
        blob = place.directory / "blob"
        if self.wants("read"):
            self.add([await read(place, blob_id, blob, self._chosen.rounds, dead)])
        if self.wants("range") and is_largest:
            self.add(await ranges(place, blob_id, blob, dead))


@contextmanager
def room(directory: Path) -> Iterator[Path]:
    """A directory on that disk, for everything that is written; also by clients' spools.

    There is the bytecode of all modules, too, as an installed package has it.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="walrus-core-bench-", dir=directory) as name:
        os.environ["TMPDIR"] = tempfile.tempdir = name
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(name, "bytecode"))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        try:
            yield Path(name)
        finally:
            tempfile.tempdir = None
            os.environ.clear()
            os.environ.update(before)


def main() -> None:
    """Measure what was asked for and merge it into the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", nargs="+", choices=CONTESTS, default=CONTESTS, metavar="CONTEST")
    parser.add_argument("--size", nargs="+", type=int, default=SIZES, metavar="BYTES")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    parser.add_argument("--blobs", type=int, default=BLOBS, help=f"to heal: {BLOBS}")
    parser.add_argument("--blob-size", type=int, default=BLOB_SIZE, metavar="BYTES")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="/var/tmp")
    parser.add_argument("--json", type=Path, default=RESULTS / f"{NAME}.json", metavar="FILE")
    chosen = parser.parse_args()
    rows = {_key(row): row for row in earlier_rows(chosen.json)}
    with room(chosen.directory) as directory:
        run = Run(chosen, directory)
        try:
            asyncio.run(run.measure())
        finally:
            rows |= {_key(row): row for row in run.rows}
            save(chosen.json, [rows[key] for key in sorted(rows)])


def _key(row: Row) -> tuple[str, ...]:
    order = str(CONTESTS.index(row["contest"]))
    size = f"{row.get('size', 0):015}"
    dead = str(bool(row.get("dead_shards")))
    return order, size, dead, *(str(row.get(name, "")) for name in FIGURE)


if __name__ == "__main__":
    main()
