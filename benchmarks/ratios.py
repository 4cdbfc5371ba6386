"""Run the contests and write benchmarks/results/ratios.json.

python benchmarks/ratios.py                                  all of it: about a quarter of an hour
python benchmarks/ratios.py --contest encode --size 1024     a part; other rows of the file stay as
they are
"""

import argparse
import json
import sys

from contests import CONTESTS
from harness import MIB, OURS, RESULTS, RIVAL, SIZES, Row, race, save, size_label, spread

NAME = "ratios"


def measure(contest: str, size: int, rounds: int) -> Row:
    """One row: the spread of each contender, and the rival's median over ours where there is a
    rival.
    """
    seconds = race(CONTESTS[contest](size), rounds)
    row: Row = {"contest": contest, "size": size}
    row["seconds"] = {name: spread(values) for name, values in seconds.items()}
    if RIVAL in seconds:
        row["ratio"] = row["seconds"][RIVAL]["median"] / row["seconds"][OURS]["median"]
    return row


def describe(row: Row) -> str:
    """A line for whoever waits."""
    times = (f"{name} {1000 * of['median']:.1f} ms" for name, of in row["seconds"].items())
    ratio = f"  {row['ratio']:.1f}x" if "ratio" in row else ""
    return f"{row['contest']}, {size_label(row['size'])}: {', '.join(times)}{ratio}"


def earlier_rows() -> dict[tuple[str, int], Row]:
    """What the file holds already."""
    path = RESULTS / f"{NAME}.json"
    if not path.exists():
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return {(row["contest"], row["size"]): row for row in rows}


def main() -> None:
    """Measure what was asked for and merge it into the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contest", action="append", choices=CONTESTS, help="default: all")
    parser.add_argument(
        "--size", action="append", type=int, help="bytes; default: 1 KiB to 256 MiB"
    )
    parser.add_argument("--rounds", type=int, help="default: 11, and 5 from 32 MiB on")
    chosen = parser.parse_args()
    partial = chosen.contest or chosen.size
    rows = earlier_rows() if partial else {}
    for size in chosen.size or SIZES:
        for contest in chosen.contest or CONTESTS:
            rounds = chosen.rounds or (11 if size < 32 * MIB else 5)
            row = measure(contest, size, rounds)
            rows[contest, size] = row
            print(describe(row), file=sys.stderr)
    order = list(CONTESTS)
    save(NAME, sorted(rows.values(), key=lambda row: (order.index(row["contest"]), row["size"])))


if __name__ == "__main__":
    main()
