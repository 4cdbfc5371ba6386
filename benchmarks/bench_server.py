"""`walrus-core serve` in a process of its own, on loopback; writes benchmarks/results/server.json.

python benchmarks/bench_server.py                 all figures: about 6 minutes
python benchmarks/bench_server.py --only stream --size 1048576 --rounds 1
                                                  a part; other rows stay as they are
       ... --json FILE                            somewhere else

stream      Encode of a blob to all its slivers, and Decode of 334 primary slivers, against a bare
            gRPC stream of as many bytes in as many messages, and the kernel alone, by turns
reconstruct Reconstruct from a local network of 7 nodes, against a bare stream of what comes from
            the nodes and what goes to the caller, and the kernel alone, by turns
id          ComputeBlobId of 1 KiB, with and without the metadata in the answer, against the kernel
throughput  ComputeBlobId of small and large blobs, by the number of callers
workers     2 workers of one kernel thread each, against one
memory      8 encodings of 256 MiB at once

1000 shards, one kernel thread where the kernel alone is beside it. Load by others spoils everything
here. Needs Linux.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness import KIB, MIB, Row
from records import RESULTS, earlier_rows, now, revision, save
from server_bare import bare
from server_processes import served
from server_reconstruct import reconstructions
from server_requests import described
from server_rounds import (
    CALLERS,
    THROUGHPUT_SIZES,
    memory,
    naming_latency,
    stream,
    throughput,
    workers,
)

NAME = "server"
SIZES = (MIB, 32 * MIB, 256 * MIB)
ROUNDS = {MIB: 15, 32 * MIB: 15, 256 * MIB: 9}
ID_ROUNDS, WORKER_ROUNDS = 31, 3
MEMORY = 1280 * MIB
FIGURE = ("call", "answer", "size", "callers")
"""What makes two rows of a contest rows of the same figure."""


def measured(chosen: argparse.Namespace, directory: Path) -> Iterator[Row]:
    """All that was chosen."""
    for contest, measure in MEASURED.items():
        if contest in chosen.only:
            yield from measure(chosen, directory)


def _streams(chosen: argparse.Namespace, directory: Path) -> Iterator[Row]:
    with served(directory, "--threads", "1") as server, bare("stream") as (raw, _):
        for size, rounds in _rounds(chosen).items():
            for which in ("Encode", "Decode"):
                yield stream(server, raw, which, size, rounds)


def _reconstructions(chosen: argparse.Namespace, directory: Path) -> Iterator[Row]:
    yield from reconstructions(directory, _rounds(chosen))


def _latency(chosen: argparse.Namespace, directory: Path) -> Iterator[Row]:
    with served(directory, "--threads", "1") as server:
        for id_only in (True, False):
            yield naming_latency(server, KIB, chosen.rounds or ID_ROUNDS, id_only=id_only)


def _throughput(_: argparse.Namespace, directory: Path) -> Iterator[Row]:
    with served(directory) as server:
        for size in THROUGHPUT_SIZES:
            throughput(server, size, 1, 0.5)  # what is loaded when it is needed first
            for callers in CALLERS:
                yield throughput(server, size, callers)


def _workers(chosen: argparse.Namespace, directory: Path) -> Iterator[Row]:
    with (
        served(directory, "--workers", "1", "--threads", "1") as one,
        served(directory, "--workers", "2", "--threads", "2") as two,
    ):
        yield workers([one, two], chosen.rounds or WORKER_ROUNDS)


def _memory(_: argparse.Namespace, directory: Path) -> Iterator[Row]:
    with served(directory, "--memory", str(MEMORY)) as server:
        yield memory(server, MEMORY)


MEASURED = {
    "stream": _streams,
    "reconstruct": _reconstructions,
    "id": _latency,
    "throughput": _throughput,
    "workers": _workers,
    "memory": _memory,
}


def _rounds(chosen: argparse.Namespace) -> dict[int, int]:
    """By size."""
    return {size: chosen.rounds or ROUNDS.get(size, 3) for size in chosen.size}


def main() -> None:
    """Measure what was asked for and merge it into the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", nargs="+", choices=MEASURED, default=MEASURED, metavar="CONTEST")
    parser.add_argument("--size", nargs="+", type=int, default=SIZES, metavar="BYTES")
    parser.add_argument("--rounds", type=int, help="default: by size")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="/var/tmp")
    parser.add_argument("--json", type=Path, default=RESULTS / f"{NAME}.json", metavar="FILE")
    chosen = parser.parse_args()
    rows = {_key(row): row for row in earlier_rows(chosen.json)}
    with tempfile.TemporaryDirectory(prefix="walrus-core-bench-", dir=chosen.directory) as name:
        try:
            for row in measured(chosen, Path(name)):
                print(described(row), file=sys.stderr, flush=True)
                load = round(os.getloadavg()[0], 1)
                about = {"n_shards": 1000, "when": now(), "revision": revision(), "load": load}
                rows[_key(row)] = row | about
        finally:
            save(chosen.json, [rows[key] for key in sorted(rows)])


def _key(row: Row) -> tuple[str, ...]:
    order = str(list(MEASURED).index(row["contest"]))
    return order, *(f"{row.get(name, ''):>015}" for name in FIGURE)


if __name__ == "__main__":
    main()
