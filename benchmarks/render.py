"""Render benchmarks/results/*.json into the documents, so that nobody types a measured number by
hand.

python benchmarks/render.py             rewrite what stands between <!-- rendered:NAME --> and <!--
/rendered --> python benchmarks/render.py --check     exit with status 1 if that would change
anything
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from harness import MIB, OURS, RESULTS, RIVAL, Row, size_label

HERE = Path(__file__).parent
DOCUMENTS = (HERE / "README.md", HERE.parent / "README.md")
MARKED = re.compile(r"(<!-- rendered:(\w+) -->\n).*?(<!-- /rendered -->)", re.DOTALL)
HEADLINE_SIZE = 32 * MIB

OPERATIONS = {
    "encode": "encode",
    "decode_trusted": "decode 334 random primary slivers, unchecked",
    "decode_checked": "the same from untrusted bytes, result proven",
    "verify_sliver": "verify one primary sliver",
}
OURS_ALONE = {
    "blob_id": "blob ID and hashes only",
    "recovery_symbols": "all 1000 recovery symbols of one sliver, with proofs",
    "recover_sliver": "rebuild a primary sliver from 667 symbols, each verified",
}


def load(name: str) -> Row:
    """The JSON of one benchmark."""
    results: Row = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return results


def duration(seconds: float) -> str:
    """Milliseconds or seconds, to three digits."""
    milliseconds = 1000 * seconds
    if milliseconds < 1:
        return f"{milliseconds:.2f} ms"
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{seconds:.2f} s"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    header = list(header)
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def medians(row: Row) -> dict[str, float]:
    """Each contender's median, in seconds."""
    return {name: of["median"] for name, of in row["seconds"].items()}


def rows_of(contest: str) -> dict[int, Row]:
    """The rows of one contest by blob size."""
    return {row["size"]: row for row in load("ratios")["rows"] if row["contest"] == contest}


def headline() -> str:
    """The one number of the README's first screen."""
    row = rows_of("encode")[HEADLINE_SIZE]
    time = duration(row["seconds"][OURS]["median"])
    return (
        f"One core encodes {size_label(HEADLINE_SIZE)} for 1000 shards in **{time}**:"
        f" **{row['ratio']:.1f} times** as fast as the official Rust encoder (`{RIVAL}`)"
        " on the same core in the same run."
    )


def comparison() -> str:
    """Operations by size: our median, the rival's, and the ratio."""
    by_contest = {contest: rows_of(contest) for contest in OPERATIONS}
    sizes = sorted({size for rows in by_contest.values() for size in rows})

    def cell(contest: str, size: int) -> str:
        row = by_contest[contest].get(size)
        if row is None:
            return ""
        ours, rival = (duration(medians(row)[name]) for name in (OURS, RIVAL))
        return f"{ours} / {rival} = **{row['ratio']:.1f}x**"

    header = [f"{OURS} / {RIVAL}", *map(size_label, sizes)]
    lines = ([name, *(cell(key, size) for size in sizes)] for key, name in OPERATIONS.items())
    return table(header, lines)


def alone() -> str:
    """Operations that the rival does not have."""
    by_contest = {contest: rows_of(contest) for contest in OURS_ALONE}
    sizes = sorted({size for rows in by_contest.values() for size in rows})
    lines = (
        [name, *(duration(medians(by_contest[key][size])[OURS]) for size in sizes)]
        for key, name in OURS_ALONE.items()
    )
    return table([OURS, *map(size_label, sizes)], lines)


def contenders_by_size(contest: str, title: str) -> str:
    """One line for each contender of a contest."""
    rows = rows_of(contest)
    names = list(next(iter(rows.values()))["seconds"])
    lines = ([name, *(duration(medians(rows[size])[name]) for size in rows)] for name in names)
    return table([title, *map(size_label, rows)], lines)


def spreads() -> str:
    """How far the rounds of a comparison lay apart: (max - min) / median."""
    rows = [row for contest in OPERATIONS for row in rows_of(contest).values()]

    def percent(row: Row, name: str) -> str:
        of = row["seconds"][name]
        return f"{100 * (of['max'] - of['min']) / of['median']:.0f} %"

    lines = (
        [
            f"{OPERATIONS[row['contest']]}, {size_label(row['size'])}",
            str(row["seconds"][OURS]["rounds"]),
            percent(row, OURS),
            percent(row, RIVAL),
        ]
        for row in rows
    )
    return table(["spread (max - min) / median", "rounds", OURS, RIVAL], lines)


def memory() -> str:
    """Peak resident memory of a process that encodes one blob."""
    lines = (
        [size_label(row["size"]), *(f"{peak / MIB:.0f} MiB" for peak in row["peak_bytes"].values())]
        for row in load("memory")["rows"]
    )
    return table(["encode, peak resident memory", OURS, RIVAL], lines)


def machine() -> str:
    """Where and when the ratios were measured."""
    results = load("ratios")
    of = results["machine"]
    return (
        f"{of['cpu']}; {of['cpus']} CPUs, {of['memory_gib']} GiB; {of['system']};"
        f" Python {of['python']}; engine `{of['engine']}`;"
        f" {RIVAL} {of['pysui_fastcrypto']}; {results['when'][:10]}."
    )


RENDERED: dict[str, Callable[[], str]] = {
    "headline": headline,
    "machine": machine,
    "comparison": comparison,
    "alone": alone,
    "engines": lambda: contenders_by_size("encode_by_engine", "encode, one thread, by engine"),
    "threads": lambda: contenders_by_size("encode_by_threads", "encode"),
    "spreads": spreads,
    "memory": memory,
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
