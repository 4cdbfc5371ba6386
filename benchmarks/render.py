"""Render benchmarks/results/*.json into the documents, so that nobody types a measured number.

python benchmarks/render.py            rewrite what is between <!-- rendered:NAME --> and
                                       <!-- /rendered -->
python benchmarks/render.py --check    exit with status 1 if that would change anything
"""

import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from harness import MIB, OURS, RIVAL, Row, size_label
from network_tables import NETWORK
from records import load
from server_tables import SERVER
from tables import digits, duration, reach, table
from targets import MAX_COPY_FACTOR, TARGETS, Target

HERE = Path(__file__).parent
DOCUMENTS = (HERE / "README.md", HERE.parent / "README.md")
MARKED = re.compile(r"(<!-- rendered:(\w+) -->\n).*?(<!-- /rendered -->)", re.DOTALL)
HEADLINE_SIZE = 32 * MIB

Rows = dict[int, Row]
"""Of one contest, by blob size."""

Line = tuple[str, Rows, Callable[[Row], str]]
"""A line of a table: its label, and how each row becomes the cell of its size."""


@cache
def results() -> Row:
    return load("ratios")


def rows_of(contest: str) -> Rows:
    return {row["size"]: row for row in results()["rows"] if row["contest"] == contest}


def title_of(rows: Rows) -> str:
    title: str = next(iter(rows.values()))["title"]
    return title


def median(row: Row, contender: str) -> str:
    return duration(row["seconds"][contender]["median"])


def factor(row: Row, contender: str) -> str:
    return f"**{digits(row['ratios'][contender]['median'])}x**"


def by_size(title: str, lines: Iterable[Line]) -> str:
    """A table with a column for each size that any of the lines has."""
    lines = [line for line in lines if line[1]]
    sizes = sorted({size for _, rows, _ in lines for size in rows})
    cells = (
        [label, *(cell(rows[size]) if size in rows else "" for size in sizes)]
        for label, rows, cell in lines
    )
    return table([title, *map(size_label, sizes)], cells)


def duels(title: str, *contests: str) -> str:
    """Contests of two: ours / theirs = how many times as fast."""

    def cell(row: Row) -> str:
        ours, theirs = row["seconds"]
        return f"{median(row, ours)} / {median(row, theirs)} = {factor(row, ours)}"

    found = filter(None, map(rows_of, contests))
    return by_size(title, ((title_of(rows), rows, cell) for rows in found))


def contenders(contest: str) -> str:
    """A line for each contender: the time and, but for the last, how many times as fast it is."""

    def cell(name: str) -> Callable[[Row], str]:
        return lambda row: " = ".join(
            [median(row, name), *([factor(row, name)] if name in row["ratios"] else [])]
        )

    rows = rows_of(contest)
    if not rows:
        return "(not measured)"
    names = next(iter(rows.values()))["seconds"]
    return by_size(title_of(rows), ((name, rows, cell(name)) for name in names))


def alone(*contests: str) -> str:
    """Contests of one."""
    found = filter(None, map(rows_of, contests))
    return by_size(OURS, ((title_of(rows), rows, lambda row: median(row, OURS)) for rows in found))


def headline() -> str:
    """The one number of the README's first screen."""
    row = rows_of("encode")[HEADLINE_SIZE]
    return (
        f"One core encodes {size_label(HEADLINE_SIZE)} for 1000 shards in"
        f" **{median(row, OURS)}**: **{digits(row['ratios'][OURS]['median'])} times** as fast as"
        f" the official Rust encoder (`{RIVAL}`) on the same core in the same run."
    )


def targets() -> str:
    """What was asked for, what was reached, and between which rounds it lay."""

    def cell(target: Target) -> Callable[[Row], str]:
        def reached(row: Row) -> str:
            ratio, wanted = row["ratios"][target.contender], target.wanted[row["size"]]
            reach = f"{digits(ratio['min'])} to {digits(ratio['max'])}"
            sign = "≤" if target.at_most else "≥"
            verdict = target.verdict(row)
            found = f"{digits(ratio['median'])} ({reach}) {sign} {wanted:g}"
            return f"{found}: **{verdict}**" if verdict else found

        return reached

    def rows(target: Target) -> Rows:
        of_contest = rows_of(target.contest).items()
        return {
            size: row
            for size, row in of_contest
            if size in target.wanted and target.contender in row["ratios"]
        }

    return by_size("ratio (range of rounds)", ((t.title, rows(t), cell(t)) for t in TARGETS))


def bound() -> str:
    """What the arithmetic of an encode takes, and its share of the time."""

    def part(count: str, rate: str) -> Callable[[Row], str]:
        def cell(row: Row) -> str:
            each, n = row["rates"][rate]["median"], row["work"][count]
            return f"{n:,} x {duration(each)} = {duration(n * each)}" if n else "from a table"

        return cell

    rows = rows_of("bound")
    return by_size(
        "encode, one thread",
        [
            ("compressions of leaves", rows, part("leaves", "leaves")),
            ("compressions of inner nodes", rows, part("parents", "parents")),
            ("butterflies of 128 bytes", rows, part("butterflies", "transforms")),
            ("bound", rows, lambda row: median(row, "bound")),
            ("measured", rows, lambda row: median(row, OURS)),
            ("share", rows, lambda row: f"**{100 * row['ratios'][OURS]['median']:.0f} %**"),
        ],
    )


def memory() -> str:
    """Peak resident memory of a process that encodes one blob."""
    lines = (
        [size_label(row["size"]), *(f"{peak / MIB:.0f} MiB" for peak in row["peak_bytes"].values())]
        for row in load("memory")["rows"]
    )
    return table(["encode, peak resident memory", OURS, RIVAL], lines)


def streaming() -> str:
    """Blobs larger than memory: times held against a copy, and the most that a process had."""

    def line(row: Row) -> Iterable[str]:
        factor, limit = row["factor"], row["memory_limit"]
        missed = "" if factor["median"] <= MAX_COPY_FACTOR else ": **miss**"
        within = " within spread" if missed and factor["min"] <= MAX_COPY_FACTOR else ""
        yield f"{row['contest']} {size_label(row['size'])}"
        yield size_label(limit) if limit else "none"
        yield f"{median(row, OURS)} / {median(row, 'copy')}"
        reach = f"{digits(factor['min'])} to {digits(factor['max'])}"
        yield f"{digits(factor['median'])} ({reach}){missed}{within}"
        yield f"{row['rounds']}, {row['load']}"
        for name in ("anonymous_bytes", "resident_bytes", "written_bytes"):
            yield f"{row['peaks'][name] / MIB:,.0f} MiB"
        yield f"{row['peaks']['open_files']}"

    header = (
        "memory limit", "time / copy's", "factor", "rounds, load",
        "anonymous", "resident", "written", "open files",
    )  # fmt: skip
    return table(["", *header], map(line, load("streaming")["rows"]))


def machine() -> str:
    """Where and when the ratios were measured, and how busy it was there."""
    of, rows = results()["machine"], results()["rows"]
    return (
        f"{of['cpu']}; {of['cpus']} CPUs, {of['memory_gib']} GiB; {of['system']};"
        f" Python {of['python']}; engine `{of['engine']}`; {RIVAL} {of['pysui_fastcrypto']};"
        f" {reach(row['when'][:10] for row in rows)};"
        f" {reach(row['rounds'] for row in rows)} rounds;"
        f" load average {reach(row['load'] for row in rows)}."
    )


RENDERED: dict[str, Callable[[], str]] = {
    "headline": headline,
    "machine": machine,
    "comparison": lambda: duels(
        f"{OURS} / {RIVAL}", "encode", "decode_trusted", "decode_checked", "verify_sliver"
    ),
    "targets": targets,
    "bound": bound,
    "engines": lambda: contenders("encode_by_engine"),
    "threads": lambda: contenders("encode_by_threads"),
    "many": lambda: contenders("encode_many"),
    "symbols": lambda: contenders("recovery_symbols"),
    "alone": lambda: alone("blob_id", "recover_sliver"),
    "layers": lambda: duels(
        f"{OURS} / rival", "hash_leaves", "hash_parents", "hash_tree", "code_extend", "code_decode"
    ),
    "processes": lambda: duels(f"{OURS} / {RIVAL}", "process_encode", "process_decode"),
    "memory": memory,
    "streaming": streaming,
    **NETWORK,
    **SERVER,
}


def render(text: str) -> str:
    """The document with every marked part written anew."""
    return MARKED.sub(lambda found: f"{found[1]}{RENDERED[found[2]]()}\n{found[3]}", text)


def main() -> int:
    """Rewrite the documents, or check that they are what the results say."""
    stale = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        fresh = render(text)
        if fresh != text:
            stale.append(path)
            if "--check" not in sys.argv:
                path.write_text(fresh, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print("stale; run python benchmarks/render.py:", *stale, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
