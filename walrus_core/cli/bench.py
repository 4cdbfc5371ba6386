"""`walrus-core bench`: what this machine does, beside the official encoder if that is installed.

The contenders take turns, round by round, so that whatever else the machine does meets all of them;
the table shows medians. `pysui-fastcrypto` is the official Rust encoder in a Python package; this
is the only module of the product that looks for it.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module, metadata, util
from itertools import product

import click

from walrus_core import kernel
from walrus_core.cli.arguments import Command, n_shards, size_in_bytes
from walrus_core.cli.output import Report, Table, Values
from walrus_core.cli.progress import Counter, progress_bar
from walrus_core.cli.quantities import count_text, duration_text, size_text
from walrus_core.codec.decoder import decode
from walrus_core.codec.encoder import EncodedBlob, encode
from walrus_core.codec.recovery import recover_sliver
from walrus_core.codec.slivers import Sliver, VerifiedSliver, verify_sliver
from walrus_core.codec.symbols import recovery_symbol
from walrus_core.codec.threads import thread_count
from walrus_core.types import Axis

RIVAL = "pysui-fastcrypto"
DEFAULT_SIZES = ("1KiB", "1MiB", "32MiB")
SEED = 17

SHORTEST = 0.02
"""Seconds that one measurement takes at least; quicker tasks are repeated."""

Task = Callable[[], object]
Tasks = dict[str, Task]


@dataclass(frozen=True, slots=True)
class Material:
    """A blob, and what decoding it takes: k1 random primary slivers, the same for everybody."""

    blob: bytes
    encoded: EncodedBlob
    slivers: list[VerifiedSliver]

    @classmethod
    def of(cls, size: int, n_shards: int) -> Material:
        """Reproducible material, made with the engine in use."""
        blob = hashlib.shake_128(b"walrus-core bench").digest(size)
        encoded = encode(blob, n_shards)
        needed = encoded.metadata.config.n_slivers_needed(Axis.PRIMARY)
        pairs = random.Random(SEED).sample(range(n_shards), needed)
        return cls(blob, encoded, [encoded.primary(pair) for pair in pairs])


@dataclass(frozen=True, slots=True)
class Measurement:
    """Seconds of one operation on one blob, one run for each round."""

    operation: str
    size: int
    contender: str
    runs: list[float]

    @property
    def median(self) -> float:
        """What the table shows."""
        return statistics.median(self.runs)

    def values(self) -> Values:
        """For JSON."""
        return {
            "operation": self.operation,
            "unencodedLength": self.size,
            "contender": self.contender,
            "seconds": self.median,
            "runs": self.runs,
        }


@click.command("bench", cls=Command)
@click.option(
    "--size",
    "sizes",
    multiple=True,
    default=DEFAULT_SIZES,
    show_default=True,
    callback=lambda ctx, param, texts: [size_in_bytes(ctx, param, text) for text in texts],
    metavar="N",
    help="Size of a blob: bytes, or a number with KiB, MiB, GiB; several times if you like.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, metavar="N")
@click.option("--threads", type=int, default=1, show_default=True, metavar="N")
@n_shards
def command(sizes: list[int], rounds: int, threads: int, n_shards: int) -> Report:
    """Measure encoding, decoding, verification and recovery here.

    \b
    encode   a blob into all its slivers and metadata
    decode   the blob from random primary slivers that need no authentication
    verify   one primary sliver, read from BCS, against the metadata
    recover  one primary sliver from recovery symbols, each verified

    Every engine of this CPU, and pysui-fastcrypto (the official encoder, which has one thread and
    no recovery) if it is installed. Medians of the rounds.
    """  # noqa: D301 (click takes a backspace for "leave these lines alone")
    thread_count(threads)
    measurements = [
        measurement
        for size in sizes
        for measurement in measure(Material.of(size, n_shards), threads, rounds)
    ]
    rival = f"{RIVAL} {metadata.version(RIVAL)}" if util.find_spec(_module(RIVAL)) else None
    values: Values = {
        "nShards": n_shards,
        "threads": threads,
        "rounds": rounds,
        "rival": rival,
        "results": [measurement.values() for measurement in measurements],
    }
    return Report(
        values,
        headline=f"{n_shards:,} shards, {count_text(threads, 'thread')}, medians of {rounds}",
        table=table_of(measurements),
        remarks=[] if rival else [f"  pip install {RIVAL} adds the official encoder to the table"],
    )


def measure(material: Material, threads: int, rounds: int) -> list[Measurement]:
    """All operations of all contenders on one blob."""
    engines = kernel.available_engines()
    contenders = dict.fromkeys(engines, our_tasks(material, threads))
    if util.find_spec(_module(RIVAL)):
        contenders[RIVAL] = rival_tasks(material)
    runs: dict[tuple[str, str], list[float]] = {
        (operation, name): [] for name, tasks in contenders.items() for operation in tasks
    }
    label = f"measuring {size_text(len(material.blob))}"
    with progress_bar(label, counter := Counter(rounds * len(runs))), _engine_restored():
        for _ in range(rounds):
            for (operation, name), seconds in runs.items():
                kernel.select_engine(name if name in engines else None)
                seconds.append(_seconds(contenders[name][operation]))
                counter.done += 1
    size = len(material.blob)
    return [Measurement(operation, size, name, times) for (operation, name), times in runs.items()]


def our_tasks(material: Material, threads: int) -> Tasks:
    """The operations with whichever engine is selected."""
    metadata = material.encoded.metadata
    n_shards = metadata.n_shards
    needed = metadata.config.n_sliver_symbols(Axis.PRIMARY)
    sources = [material.encoded.secondary(pair) for pair in range(needed)]
    symbols = [recovery_symbol(source, 0, n_shards) for source in sources]
    sliver = material.slivers[0].to_bcs()
    return {
        "encode": lambda: encode(material.blob, n_shards, threads),
        "decode": lambda: decode(metadata, material.slivers, "skip", threads),
        "verify": lambda: verify_sliver(metadata, Sliver.from_bcs(Axis.PRIMARY, sliver)),
        "recover": lambda: recover_sliver(metadata, Axis.PRIMARY, 0, symbols),
    }


def rival_tasks(material: Material) -> Tasks:
    """The operations that the rival has, on the same material."""
    rival = import_module(_module(RIVAL))
    n_shards, size = material.encoded.metadata.n_shards, len(material.blob)
    known = rival.redstuff_verify_metadata(material.encoded.metadata.to_bcs_with_id(), n_shards)
    slivers = [sliver.to_bcs() for sliver in material.slivers]
    return {
        "encode": lambda: rival.redstuff_encode(material.blob, n_shards),
        "decode": lambda: rival.redstuff_decode(slivers, size, n_shards, "primary"),
        "verify": lambda: rival.redstuff_verify_sliver(slivers[0], known, "primary"),
    }


def table_of(measurements: Sequence[Measurement]) -> Table:
    """A row for each operation and size, a column for each contender, and the first one's lead."""
    medians = {(m.operation, m.size, m.contender): m.median for m in measurements}
    contenders, operations, sizes = (
        list(dict.fromkeys(names))
        for names in zip(*((c, o, s) for o, s, c in medians), strict=True)
    )
    header = ["operation", "blob", *contenders]
    if RIVAL in contenders:
        header.append(f"{contenders[0]} is")
    rows = []
    for operation, size in product(operations, sizes):
        times = [medians.get((operation, size, name)) for name in contenders]
        cells = ["-" if time is None else duration_text(time) for time in times]
        if RIVAL in contenders:
            cells.append(f"{times[-1] / times[0]:.1f} x as fast" if times[0] and times[-1] else "")
        rows.append([operation, size_text(size), *cells])
    return Table(header, rows, n_labels=2)


def _seconds(task: Task) -> float:
    """Mean seconds of one run, over as many runs as it takes to measure them."""
    started = time.perf_counter()
    n_runs = 0
    while (elapsed := time.perf_counter() - started) < SHORTEST:
        task()
        n_runs += 1
    return elapsed / n_runs


@contextmanager
def _engine_restored() -> Iterator[None]:
    """Go back to the automatic choice of the engine in the end."""
    try:
        yield
    finally:
        kernel.select_engine(None)


def _module(package: str) -> str:
    return package.replace("-", "_")
