"""Draw benchmarks/results/{ratios,server}.json as benchmarks/plots/*.png, for the README.

python benchmarks/plot.py
"""

import sys
from pathlib import Path
from typing import Any

from harness import OURS, RIVAL, Row, size_label
from matplotlib.figure import Figure
from records import load
from server_tables import GOALS
from targets import TARGETS

PLOTS = Path(__file__).parent / "plots"
DUELS = ("encode", "decode_trusted", "decode_checked", "verify_sliver")
WIDTH = 0.19  # of a bar; a group of four is one apart from the next


def rows_of(contest: str) -> list[Row]:
    return [row for row in load("ratios")["rows"] if row["contest"] == contest]


def draw_ratios(panel: Any) -> None:
    """How many times as fast as the rival: bars, the range of the rounds, and what was wanted."""
    wanted = {t.contest: t.wanted for t in TARGETS if t.contender == OURS}
    for number, contest in enumerate(DUELS):
        rows = rows_of(contest)
        if not rows:
            continue
        ratios = [row["ratios"][OURS] for row in rows]
        places = [place + WIDTH * (number - 1.5) for place in range(len(rows))]
        medians = [ratio["median"] for ratio in ratios]
        reach = [
            [max(0, ratio["median"] - ratio["min"]) for ratio in ratios],
            [max(0, ratio["max"] - ratio["median"]) for ratio in ratios],
        ]
        panel.bar(places, medians, WIDTH * 0.9, yerr=reach, capsize=2, label=rows[0]["title"])
        panel.plot(places, [wanted[contest][row["size"]] for row in rows], "k_", markersize=11)
        panel.set_xticks(range(len(rows)), [size_label(row["size"]) for row in rows])
    panel.plot([], [], "k_", markersize=11, label="wanted")
    panel.axhline(1, color="grey", linewidth=0.8)
    panel.set_yscale("log")
    panel.set_ylim(bottom=0.8)
    panel.yaxis.set_major_formatter("{x:g}x")
    panel.set_title(f"times as fast as {RIVAL}, one core")


def draw_encode(panel: Any) -> None:
    """Time of an encode by engine and threads, the rival's, and the bound of the best engine."""
    lines = {
        **series("encode_by_engine"),
        "2 threads": series("encode_by_threads").get("2 threads", {}),
        "bound of one core": series("bound").get("bound", {}),
    }
    sizes = sorted({size for line in lines.values() for size in line})
    for name, line in lines.items():
        style = "k_:" if name.startswith("bound") else "o-"
        places = [sizes.index(size) for size in line]
        milliseconds = [1000 * seconds for seconds in line.values()]
        panel.plot(places, milliseconds, style, markersize=5, label=name)
    panel.set_xticks(range(len(sizes)), [size_label(size) for size in sizes])
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter("{x:g} ms")
    panel.set_title("encode, 1000 shards")


def series(contest: str) -> dict[str, dict[int, float]]:
    """Medians by contender and size."""
    found: dict[str, dict[int, float]] = {}
    for row in rows_of(contest):
        for name, of in row["seconds"].items():
            found.setdefault(name, {})[row["size"]] = of["median"]
    return found


def draw_streams(panel: Any) -> None:
    """What the server takes of a bare stream and the kernel, one after the other."""
    rows = [row for row in load("server")["rows"] if row["contest"] == "stream"]
    sizes = sorted({row["size"] for row in rows})
    calls = list(dict.fromkeys(row["call"] for row in rows))
    for number, name in enumerate(calls):
        factors = {row["size"]: row["factor"] for row in rows if row["call"] == name}
        places = [sizes.index(size) + WIDTH * (number - (len(calls) - 1) / 2) for size in factors]
        reach = [
            [each["median"] - each["min"] for each in factors.values()],
            [each["max"] - each["median"] for each in factors.values()],
        ]
        medians = [each["median"] for each in factors.values()]
        panel.bar(places, medians, WIDTH * 0.9, yerr=reach, capsize=2, label=name)
    panel.axhline(GOALS["stream"], color="black", linewidth=0.8, label="wanted, at most")
    panel.set_xticks(range(len(sizes)), [size_label(size) for size in sizes])
    panel.yaxis.set_major_formatter("{x:g}x")
    panel.set_title("gRPC server / (bare gRPC stream + kernel alone)")


def draw_callers(panel: Any) -> None:
    """Latency of `ComputeBlobId` by the number of callers, and how many are answered a second."""
    rows = [row for row in load("server")["rows"] if row["contest"] == "throughput"]
    for number, size in enumerate(sorted({row["size"] for row in rows})):
        of_size = [row for row in rows if row["size"] == size]
        callers = [row["callers"] for row in of_size]
        for quantile, style in {"p50": "o-", "p99": "^:"}.items():
            seconds = [row[quantile] for row in of_size]
            label = f"{size_label(size)}, {quantile}"
            panel.plot(callers, seconds, style, color=f"C{number}", markersize=5, label=label)
        for row in of_size:
            panel.annotate(
                f"{row['rate']:.0f}/s",
                (row["callers"], row["p50"]),
                (0, -11),
                textcoords="offset points",
                ha="center",
                fontsize="x-small",
            )
    panel.set_xscale("log", base=2)
    panel.set_xticks(callers, [str(count) for count in callers])
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter(lambda seconds, _: f"{1000 * seconds:g} ms")
    panel.set_xlabel("callers at once")
    panel.set_title("ComputeBlobId: p50 and p99, answers a second")


DRAWN = {
    "ratios": draw_ratios,
    "encode": draw_encode,
    "server": draw_streams,
    "callers": draw_callers,
}


def main() -> None:
    """Write a picture of each."""
    PLOTS.mkdir(exist_ok=True)
    for name, draw in DRAWN.items():
        figure = Figure(figsize=(7.5, 4.2), layout="constrained")
        panel = figure.subplots()
        draw(panel)
        panel.grid(visible=True, axis="y", alpha=0.3)
        figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="small")
        path = PLOTS / f"{name}.png"
        figure.savefig(path, dpi=110, metadata={"Software": None})  # same results, same bytes
        print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
