"""The tables of `bench_server.py`, rendered from results/server.json."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from harness import MIB, Row, size_label
from network_tables import mebibytes, spread_text
from records import RESULTS, load
from tables import digits, duration, reach, table

GOALS: Mapping[str, float] = {"stream": 1.25, "id": 0.003, "workers": 1.6}
"""What was asked for: at most 1.25 times stream and kernel, at most 3 ms, at least 1.6 times."""

ASKED = ("Encode", "Reconstruct")
"""The calls that the first of these is about."""

NONE = "(not measured)"


@cache
def results() -> Row:
    """Nothing before it is measured."""
    if not (RESULTS / "server.json").exists():
        return {"rows": []}
    return load("server")


def of(contest: str) -> list[Row]:
    return [row for row in results()["rows"] if row["contest"] == contest]


def factor_text(factor: Row) -> str:
    return f"{digits(factor['median'])} ({digits(factor['min'])} to {digits(factor['max'])})"


def verdict(text: str, *, is_missed: bool) -> str:
    return f"{text}: **miss**" if is_missed else text


def goals() -> str:
    """What was asked for, and what was reached."""
    lines = []
    for row in of("stream"):
        text, is_asked = factor_text(row["factor"]), row["call"] in ASKED
        missed = is_asked and row["factor"]["median"] > GOALS["stream"]
        name = f"`{row['call']}` of {size_label(row['size'])} / (bare stream + kernel alone)"
        goal = f"≤ {GOALS['stream']:g}" if is_asked else "-"
        lines.append([name, verdict(text, is_missed=missed), goal])
    for row in of("id"):
        above = {name: f"{1000 * value:.1f}" for name, value in row["above"].items()}
        text = f"{above['median']} ms ({above['min']} to {above['max']} ms)"
        missed = row["above"]["median"] > GOALS["id"]
        answer = f"with the {row['answer']} for answer"
        name = f"`ComputeBlobId` of {size_label(row['size'])} above the kernel, {answer}"
        lines.append([name, verdict(text, is_missed=missed), f"≤ {duration(GOALS['id'])}"])
    for row in of("workers"):
        text, missed = factor_text(row["factor"]), row["factor"]["median"] < GOALS["workers"]
        name = f"calls of {size_label(row['size'])} in a second, 2 workers / 1"
        lines.append([name, verdict(text, is_missed=missed), f"≥ {GOALS['workers']:g}"])
    for row in of("memory"):
        text = mebibytes(row["peak"] - row["before"])
        name = f"memory for {row['callers']} encodings of {size_label(row['size'])} at once"
        missed = row["peak"] - row["before"] > row["allowed"]
        lines.append([name, verdict(text, is_missed=missed), f"≤ {mebibytes(row['allowed'])}"])
    return table(["", "reached", "asked for"], lines) if lines else NONE


def streams() -> str:
    """Where the time goes."""

    def cells(row: Row) -> Iterable[str]:
        yield f"`{row['call']}` of {size_label(row['size'])}"
        yield from (spread_text(row["seconds"][name]) for name in ("server", "raw", "kernel"))
        yield factor_text(row["factor"])
        yield from (f"{size / MIB:,.1f} MiB" for size in row["bytes"])
        yield " + ".join(f"{count:,}" for count in row["messages"])

    header = ("", "server", "bare stream", "kernel alone", "factor", "in", "out", "messages")
    return table(header, map(cells, of("stream"))) if of("stream") else NONE


def throughput() -> str:
    """By the number of callers."""

    def cells(row: Row) -> Iterable[str]:
        yield f"{size_label(row['size'])}, {row['callers']}"
        yield f"{row['rate']:,.1f}"
        yield f"{row['rate'] * row['size'] / 1e6:,.3g} MB/s"
        yield duration(row["p50"])
        yield duration(row["p99"])

    header = ("`ComputeBlobId`, callers", "calls in a second", "bytes", "p50", "p99")
    return table(header, map(cells, of("throughput"))) if of("throughput") else NONE


def memory() -> str:
    """Eight large encodings at once."""

    def cells(row: Row) -> Iterable[str]:
        yield f"{row['callers']} x {size_label(row['size'])}"
        yield from (mebibytes(row[name]) for name in ("allowed", "before", "peak", "after"))
        yield duration(row["seconds"])

    header = ("`Encode` at once", "allowed for buffers", "before", "peak", "after", "time")
    return table(header, map(cells, of("memory"))) if of("memory") else NONE


def conditions() -> str:
    """When, on what and under which load."""
    rows = results()["rows"]
    if not rows:
        return NONE
    machine = results()["machine"]
    return (
        f"{machine['cpu']}; {machine['cpus']} CPUs, {machine['memory_gib']} GiB;"
        f" {machine['system']}; Python {machine['python']}; engine `{machine['engine']}`;"
        f" {reach(row['when'][:10] for row in rows)};"
        f" load average, ours included, {reach(row['load'] for row in rows)}."
    )


SERVER: dict[str, Callable[[], str]] = {
    "server_conditions": conditions,
    "server_goals": goals,
    "server_streams": streams,
    "server_throughput": throughput,
    "server_memory": memory,
}
