"""`walrus-core bench`: what this machine does, beside the official encoder if that is installed.

bench_tasks says what is measured, bench_rounds how, bench_bound what could be had at best;
bench_plot draws it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import product

import click

from walrus_core.cli import bench_plot
from walrus_core.cli.arguments import Command, n_shards, size_in_bytes
from walrus_core.cli.bench_rounds import Measurement, measure, turns
from walrus_core.cli.bench_tasks import RIVAL, Material, contenders, rival_version
from walrus_core.cli.output import Report, Table, Values
from walrus_core.cli.progress import Counter, progress_bar
from walrus_core.cli.quantities import duration_text, size_text
from walrus_core.codec.threads import thread_count, usable_cpus

DEFAULT_SIZES = ("1KiB", "1MiB", "32MiB")

PATIENCE = 42.0
"""Seconds that the default number of rounds fits into, all sizes together."""


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
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    metavar="N",
    help="How often everything is measured.  [default: up to 5 times within a minute]",
)
@click.option(
    "--threads",
    type=int,
    metavar="N",
    help="Measure with this many threads, too.  [default: 2, if there are as many CPUs]",
)
@click.option(
    "--plot",
    "picture",
    callback=bench_plot.check_picture,
    metavar="FILE",
    help="Draw the results: a .png, .svg or .pdf. Needs matplotlib.",
)
@n_shards
def command(
    sizes: list[int], rounds: int | None, threads: int | None, picture: str | None, n_shards: int
) -> Report:
    """Measure encoding, decoding, verification and recovery here.

    \b
    encode   a blob into all its slivers and metadata
    decode   the blob from random primary slivers that need no authentication
    verify   one primary sliver, read from BCS, against the metadata
    symbol   one recovery symbol, with its proof, from a secondary sliver
    symbols  all that the sliver has to give: cut out, when asked for, of one tree
    recover  one primary sliver from recovery symbols, each verified

    By every engine of this CPU, and by pysui-fastcrypto (the official encoder, which has one thread
    and no recovery) if it is installed; in turns, medians. The bound is what hashing and transforms
    alone would take at the rates that this CPU has in them.
    """  # noqa: D301 (click takes a backspace for "leave these lines alone")
    n_threads = min(2, usable_cpus()) if threads is None else thread_count(threads)
    measurements = measure_sizes(sizes, n_shards, n_threads, rounds)
    if picture is not None:
        bench_plot.draw(picture, measurements, title_of(n_shards, measurements))
    version = rival_version()
    values: Values = {
        "nShards": n_shards,
        "threads": n_threads,
        "rounds": min(len(measurement.runs) for measurement in measurements),
        "rival": version and f"{RIVAL} {version}",
        "plot": picture,
        "results": [measurement.values() for measurement in measurements],
    }
    return Report(
        values,
        headline=title_of(n_shards, measurements),
        table=table_of(measurements),
        remarks=remarks_of(measurements, picture),
    )


def measure_sizes(
    sizes: Sequence[int], n_shards: int, threads: int, rounds: int | None
) -> list[Measurement]:
    """All measurements, size by size; each size may use its part of the time that is left."""
    deadline = time.monotonic() + PATIENCE
    measurements = []
    for i, size in enumerate(sizes):
        until = time.monotonic() + (deadline - time.monotonic()) / (len(sizes) - i)
        counter = Counter(0)
        with progress_bar(f"measuring {size_text(size)}", counter):
            material = Material(size, n_shards)
            rivals = contenders(material, threads)
            measurements += measure(rivals, material.blob, n_shards, turns(rounds, until, counter))
    return measurements


def table_of(measurements: Sequence[Measurement]) -> Table:
    """A row for each operation and size: medians, and how to read those of the best engine."""
    by_place = {(m.operation, m.size, m.contender.name): m for m in measurements}
    operations, sizes, names = map(list, map(dict.fromkeys, zip(*by_place, strict=True)))
    best, *others = names
    lead = [f"{best} is"] if RIVAL in names else []
    rows = []
    for operation, size in product(operations, sizes):
        ours = by_place[operation, size, best]
        theirs = [by_place.get((operation, size, name)) for name in others]
        rows.append(
            [
                operation,
                size_text(size),
                duration_text(ours.median),
                _percent(ours.spread if len(ours.runs) > 1 else None),
                _percent(ours.share),
                *(duration_text(m.median) if m else "-" for m in theirs),
                *(_lead(ours, theirs[-1]) for _ in lead),
            ]
        )
    header = ["operation", "blob", best, "spread", "of bound", *others, *lead]
    return Table(header, rows, n_labels=2)


def title_of(n_shards: int, measurements: Sequence[Measurement]) -> str:
    """What all measurements have in common."""
    rounds = sorted({len(m.runs) for m in measurements})
    n_rounds = " to ".join(map(str, dict.fromkeys([rounds[0], rounds[-1]])))
    return f"{n_shards:,} shards, one thread unless it says otherwise, medians of {n_rounds}"


def remarks_of(measurements: Sequence[Measurement], picture: str | None) -> list[str]:
    """What the columns mean, and what could be added."""
    best = measurements[0].contender.name
    remarks = [
        f"  spread: of {best}'s runs, slowest less fastest over median",
        "  of bound: what bare hashing and transforms would take here, of that time",
    ]
    if not rival_version():
        remarks.append(f"  pip install {RIVAL} adds the official encoder to the table")
    if picture is not None:
        remarks.append(f"  drawn in {picture}")
    return remarks


def _percent(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.0f} %"


def _lead(ours: Measurement, rival: Measurement | None) -> str:
    return f"{rival.median / ours.median:.1f} x as fast" if rival else ""
