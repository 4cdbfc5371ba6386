"""The tables of `bench_network.py`, rendered from results/network.json."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from harness import MIB, Row, size_label
from records import load
from tables import digits, duration, reach, table

GOALS: Mapping[str, float] = {
    "network up": 6.0,
    "demo": 20.0,
    "memory": 1.5,
    "range": 3.0,
    "healing": 1.2,
}
"""What was asked for, at most: seconds, seconds, times the blob, MiB, times k symbols a sliver."""


@cache
def rows() -> list[Row]:
    found: list[Row] = load("network")["rows"]
    return found


def of(contest: str, **fields: object) -> list[Row]:
    """The rows of a contest that have these values."""
    wanted = {"contest": contest, **fields}
    return [row for row in rows() if all(row.get(name) == value for name, value in wanted.items())]


def spread_text(seconds: Row) -> str:
    """The median, and between which values it lies."""
    ends = f"{duration(seconds['min'])} to {duration(seconds['max'])}"
    return f"{duration(seconds['median'])} ({ends})"


def mebibytes(size: float) -> str:
    return f"{size / MIB:,.2f} MiB" if size < 10 * MIB else f"{size / MIB:,.0f} MiB"


def goals() -> str:
    """What was asked for, and what was reached."""

    def line(name: str, goal: str, figure: float, text: str, unit: str) -> list[str]:
        missed = "" if figure <= GOALS[goal] else ": **miss**"
        return [name, f"{text}{missed}", f"{GOALS[goal]:g}{unit}"]

    lines = []
    for which in ("new", "again"):
        [row] = of("start", which=which)
        seconds = row["seconds"]
        name = f"`network up`, 7 nodes, {which}"
        lines.append(line(name, "network up", seconds["median"], spread_text(seconds), " s"))
    [row] = of("demo")
    seconds = row["seconds"]
    lines.append(line("`demo`", "demo", seconds["median"], spread_text(seconds), " s"))
    largest = max(of("store"), key=lambda row: row["size"])
    share = largest["peaks"]["resident_bytes"] / largest["size"]
    name = f"`store` of {size_label(largest['size'])}: peak memory / blob"
    lines.append(line(name, "memory", share, digits(share), ""))
    most = max(row["received"] for row in of("range", dead_shards=0)) / MIB
    name = f"1 MiB of {size_label(largest['size'])}: the most that nodes sent"
    lines.append(line(name, "range", most, f"{digits(most)} MiB", " MiB"))
    [row] = of("healing")
    name = f"one shard of {row['blobs']} blobs of {size_label(row['size'])}: symbols read / needed"
    lines.append(line(name, "healing", row["factor"], digits(row["factor"]), ""))
    return table(["", "reached", "at most"], lines)


def stores() -> str:
    """Where the time of a store goes, against a copy."""

    def cells(row: Row) -> Iterable[str]:
        seconds, factor, peaks = row["seconds"], row["factor"], row["peaks"]
        yield size_label(row["size"])
        yield spread_text(seconds["total"])
        for phase in ("encode", "chain", "upload", "confirm", "tail", "certify"):
            yield duration(seconds[phase]["median"])
        yield spread_text(seconds["copy"])
        yield f"{digits(factor['median'])} ({digits(factor['min'])} to {digits(factor['max'])})"
        yield mebibytes(row["sent_bytes"])
        yield mebibytes(peaks["anonymous_bytes"])
        yield mebibytes(peaks["resident_bytes"])

    header = (
        "`store`", "in all", "encode", "chain", "upload", "confirm", "tail", "certify",
        "copy", "factor", "sent", "anonymous", "resident",
    )  # fmt: skip
    return table(header, map(cells, of("store")))


def reads() -> str:
    """Whole blobs."""

    def cells(row: Row) -> Iterable[str]:
        yield f"{size_label(row['size'])}, {row['dead_shards'] or 'no'} shards dead"
        yield spread_text(row["seconds"])
        yield f"{digits(row['size'] / row['seconds']['median'] / 1e6)} MB/s"
        yield mebibytes(row["received"])
        yield mebibytes(row["peaks"]["anonymous_bytes"])
        yield mebibytes(row["peaks"]["resident_bytes"])

    header = ("read to a file", "time", "rate", "nodes sent", "anonymous", "resident")
    return table(header, map(cells, of("read")))


def ranges() -> str:
    """1 MiB of a large blob from several places."""
    lines: list[list[str]] = []
    for row in of("range"):
        dead = f"{row['dead_shards'] or 'no'} shards dead"
        moved = [mebibytes(row["received"]), mebibytes(row["loopback"])]
        lines.append([f"{row['place']}, {dead}", f"{row['start']:,}", *moved, _time(row)])
    size = size_label(of("range")[0]["size"])
    header = (f"1 MiB of {size}", "from byte", "nodes sent", "over the loopback", "time")
    return table(header, lines)


def _time(row: Row) -> str:
    return duration(row["seconds"])


def healing() -> str:
    """One lost shard."""
    [row] = of("healing")
    lines = [
        ["slivers put back", f"{row['slivers']:,}, {mebibytes(row['healed_bytes'])}"],
        ["k symbols of each", mebibytes(row["needed_bytes"])],
        ["symbols and proofs taken from nodes", mebibytes(row["received_bytes"])],
        ["factor", digits(row["factor"])],
        ["healing at work", duration(row["seconds"])],
        ["slivers put back in a second", f"{row['rate'] / 1e6:.1f} MB/s"],
        ["since the process was started", duration(row["since_start_seconds"])],
    ]
    title = f"one shard of {row['blobs']} blobs of {size_label(row['size'])}"
    return table([f"{title}, {row['n_shards']} shards", ""], lines)


def durable() -> str:
    """Stores against plain files."""

    def cells(row: Row) -> Iterable[str]:
        yield row["which"]
        yield from (spread_text(row["seconds"][name]) for name in ("store", "plain files"))
        yield digits(row["factor"])
        yield f"{row['size'] / row['seconds']['store']['median'] / 1e6:,.0f} MB/s"

    header = ("slivers written durably", "store", "plain files", "factor", "rate of the store")
    return table(header, map(cells, of("durable")))


def latency() -> str:
    """Small blobs."""
    lines = [
        [f"{row['call']}, {row['n_shards']:,} shards", spread_text(row["seconds"])]
        for row in of("latency")
    ]
    return table([f"{size_label(of('latency')[0]['size'])}, one after the other", "p50"], lines)


def conditions() -> str:
    """When, on what and under which load."""
    results = load("network")
    machine = results["machine"]
    return (
        f"{machine['cpu']}; {machine['cpus']} CPUs, {machine['memory_gib']} GiB;"
        f" {machine['system']}; Python {machine['python']}; engine `{machine['engine']}`;"
        f" {reach(row['when'][:10] for row in rows())};"
        f" {reach(row['rounds'] for row in rows() if 'rounds' in row)} rounds;"
        f" load average, ours included, {reach(row['load'] for row in rows())}."
    )


NETWORK: dict[str, Callable[[], str]] = {
    "network_conditions": conditions,
    "network_goals": goals,
    "network_stores": stores,
    "network_reads": reads,
    "network_ranges": ranges,
    "network_healing": healing,
    "network_latency": latency,
    "network_durable": durable,
}
