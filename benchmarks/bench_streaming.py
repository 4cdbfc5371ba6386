"""Blobs larger than memory: `walrus-core encode` and `decode`, held against copying as many bytes
to the same disk; writes benchmarks/results/streaming.json.

python benchmarks/bench_streaming.py                   all sizes: half an hour, 57 GiB of disk
python benchmarks/bench_streaming.py --size 1073741824 --rounds 1 --memory-limit 1073741824
                                                       a part; other rows stay as they are
       ... --add                                       these rounds count with those measured before

Each round encodes a file of random bytes into a directory, and copies as many bytes as the slivers
have; then decodes the blob from 334 random primary slivers, and copies these into one file. Both
find their input on the disk, not in memory, and both count until syncfs says that all they wrote is
on the disk. Every other round copies first. Needs Linux; --memory-limit needs root.
"""

import argparse
import filecmp
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from statistics import median

import numpy as np
from harness import GIB, MIB, OURS, Row, size_label, spread
from material import N_SHARDS
from observed import Observed, control_group, forget, observe, settle
from records import earlier_rows, now, revision, save

import walrus_core as wc

NAME = "streaming"
SIZES = (256 * MIB, GIB, 4 * GIB)
ROUNDS = 3
ROOM = 14  # times the blob: itself, its slivers, copies, temporary files
COPY = "copy"
TITLES = {"encode": "encode, file to directory", "decode": "decode, directory to file"}

# Reads its inputs again and again until it has written so many bytes.
COPY_PROGRAM = """
import sys
left, target, *sources = int(sys.argv[1]), *sys.argv[2:]
chunk = memoryview(bytearray(1 << 20))
with open(target, "wb", buffering=0) as writer:
    while left:
        for source in sources:
            with open(source, "rb", buffering=0) as reader:
                while size := min(reader.readinto(chunk), left):
                    left -= writer.write(chunk[:size])
"""

Measure = Callable[[], Observed]
Round = dict[str, Row]
"""What was observed of each contender."""


class Room:
    """A directory on the disk in question, with one blob; all processes run in `group`."""

    def __init__(self, directory: Path, size: int, group: Path | None) -> None:
        self._directory = directory
        self._size = size
        self._group = group
        self._blob = directory / "blob"
        self._slivers = directory / "slivers"
        self._decoded = directory / "decoded"
        self._others = directory / "others"
        chance = np.random.default_rng(size)
        with self._blob.open("wb") as file:
            for _ in range(0, size, MIB):
                file.write(chance.bytes(MIB))

    def encode(self, number: int) -> Round:
        """One round; leaves the slivers."""
        config = wc.EncodingConfig(N_SHARDS)
        n_bytes = sum(N_SHARDS * config.sliver_size(axis, self._size) for axis in wc.Axis)
        return self._take_turns(
            number,
            lambda: self._walrus_core("encode", self._blob, "--out", self._slivers),
            lambda: self._copy([self._blob], n_bytes, self._directory / "encode-copy"),
            [self._blob],
        )

    def decode(self, number: int) -> Round:
        """One round, with these slivers."""
        left = self._lose_slivers(number)
        n_bytes = sum(path.stat().st_size for path in left)
        found = self._take_turns(
            number,
            lambda: self._walrus_core("decode", self._slivers, "--out", self._decoded),
            lambda: self._copy(left, n_bytes, self._directory / "decode-copy"),
            left,
        )
        if not filecmp.cmp(self._blob, self._decoded, shallow=False):
            raise SystemExit("the blob did not come back")
        return found

    def clear(self) -> None:
        """Remove what a round has left."""
        for path in self._directory.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path != self._blob:
                path.unlink()

    def _take_turns(self, number: int, ours: Measure, copy: Measure, sources: list[Path]) -> Round:
        """Both; the copy first in every other round."""
        found = {}
        contenders = [(OURS, ours), (COPY, copy)]
        for name, measure in contenders if number % 2 == 0 else reversed(contenders):
            settle(self._directory)
            forget(*sources)
            found[name] = asdict(measure())
        return found

    def _walrus_core(self, *arguments: object) -> Observed:
        return observe(("-m", "walrus_core", *arguments), self._directory, self._group)

    def _copy(self, sources: Iterable[Path], n_bytes: int, target: Path) -> Observed:
        program = ("-c", COPY_PROGRAM, n_bytes, target, *sources)
        return observe(program, self._directory, self._group)

    def _lose_slivers(self, seed: int) -> list[Path]:
        """Leave as many random primary slivers as decoding needs, and no others; these."""
        (self._slivers / wc.Axis.SECONDARY).rename(self._others)
        needed = wc.EncodingConfig(N_SHARDS).n_primary_source_symbols
        paths = sorted((self._slivers / wc.Axis.PRIMARY).iterdir())
        random.Random(seed).shuffle(paths)
        for path in paths[needed:]:
            path.rename(self._others / f"primary-{path.name}")
        return sorted(paths[:needed])


def measure(size: int, numbers: Iterable[int], directory: Path, limit: int | None) -> list[Row]:
    """The rows of one size, from rounds of these numbers."""
    load = round(os.getloadavg()[0], 1)
    found: dict[str, list[Round]] = {"encode": [], "decode": []}
    with (
        control_group(limit) as group,
        tempfile.TemporaryDirectory(prefix="walrus-core-bench-", dir=directory) as name,
    ):
        if shutil.disk_usage(name).free < ROOM * size:
            raise SystemExit(f"{directory}: no room for {ROOM} x {size_label(size)}")
        room = Room(Path(name), size, group)
        for number in numbers:
            found["encode"].append(room.encode(number))
            found["decode"].append(room.decode(number))
            room.clear()
            print(f"{size_label(size)}: round {number}", file=sys.stderr, flush=True)
    about = {"size": size, "memory_limit": limit, "when": now(), "revision": revision()}
    return [
        {"contest": contest, "title": TITLES[contest], **about, "load": load, "observed": of}
        for contest, of in found.items()
    ]


def with_figures(row: Row) -> Row:
    """Seconds by contender, the factor between them in each round, and the peaks of all rounds."""
    rounds = row["observed"]
    seconds = {name: [found[name]["seconds"] for found in rounds] for name in (OURS, COPY)}
    factors = [ours / copy for ours, copy in zip(seconds[OURS], seconds[COPY], strict=True)]
    observed = [found[OURS] for found in rounds]
    peaks = ("anonymous_bytes", "resident_bytes", "open_files", "written_bytes")
    return row | {
        "rounds": len(rounds),
        "seconds": {name: spread(values) for name, values in seconds.items()},
        "factor": spread(factors) | {"median": median(seconds[OURS]) / median(seconds[COPY])},
        "peaks": {name: max(found[name] for found in observed) for name in peaks},
    }


def describe(row: Row) -> str:
    """A line for whoever waits."""
    factor, peak = row["factor"], row["peaks"]["anonymous_bytes"] / MIB
    times = " / ".join(f"{of['median']:.1f} s" for of in row["seconds"].values())
    return (
        f"{row['contest']}, {size_label(row['size'])}: {times} = {factor['median']:.2f}"
        f" ({factor['min']:.2f} to {factor['max']:.2f}); anonymous memory {peak:.0f} MiB"
    )


def main() -> None:
    """Measure what was asked for and merge it into the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--size", nargs="+", type=int, default=SIZES, metavar="BYTES")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    parser.add_argument("--add", action="store_true", help="to the rounds measured before")
    parser.add_argument("--memory-limit", type=int, metavar="BYTES", help="page cache included")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="/var/tmp")
    chosen = parser.parse_args()
    rows = {_key(row): row for row in earlier_rows(NAME)}
    for size in chosen.size:
        before = rows.get(("encode", chosen.memory_limit or 0, size)) if chosen.add else None
        first = before["rounds"] if before else 0
        numbers = range(first, first + chosen.rounds)
        for row in measure(size, numbers, chosen.directory, chosen.memory_limit):
            if before:
                row["observed"] = rows[_key(row)]["observed"] + row["observed"]
            rows[_key(row)] = row = with_figures(row)
            print(describe(row), file=sys.stderr, flush=True)
    save(NAME, [rows[key] for key in sorted(rows)])


def _key(row: Row) -> tuple[str, int, int]:
    return row["contest"], row["memory_limit"] or 0, row["size"]


if __name__ == "__main__":
    main()
