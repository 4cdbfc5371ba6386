"""Run the contests and write benchmarks/results/ratios.json.

python benchmarks/ratios.py                                all of it: about half an hour
python benchmarks/ratios.py --only encode bound --size 1024 1048576
                                                           a part; other rows stay as they are
"""

import argparse
import os
import sys

from contests import CONTESTS
from harness import SIZES, Row, race, ratios, size_label, spread
from records import earlier_rows, now, revision, save
from targets import targets_of

NAME = "ratios"
ROUNDS = 9


def measure(name: str, size: int, rounds: int) -> Row:
    """One row: the spread of each contender, and how many times as fast as the last it is.

    `load`: what else the machine did, as its load average; 1 of it may be the contest before.
    """
    contest = CONTESTS[name]
    load = round(os.getloadavg()[0], 1)
    seconds = race(contest, size, rounds)
    derived = contest.derive(size, seconds) if contest.derive else {}
    return {
        "contest": name,
        "title": contest.title,
        "size": size,
        "when": now(),
        "revision": revision(),
        "rounds": rounds,
        "load": load,
        "seconds": {contender: spread(values) for contender, values in seconds.items()},
        "ratios": ratios(seconds),
        **derived,
    }


def describe(row: Row) -> str:
    """A line for whoever waits."""
    times = ", ".join(f"{name} {1000 * of['median']:.4g} ms" for name, of in row["seconds"].items())
    found = (
        f"{name} {of['median']:.3g}x ({of['min']:.3g} to {of['max']:.3g})"
        for name, of in row["ratios"].items()
    )
    verdicts = (
        f"{target.verdict(row).upper() or 'reached'} {target.wanted[row['size']]:g}x"
        for target in targets_of(row)
    )
    line = f"{row['contest']}, {size_label(row['size'])}: {times}"
    return "; ".join([line, *found, *verdicts])


def main() -> None:
    """Measure what was asked for and merge it into the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CONTESTS, metavar="CONTEST")
    parser.add_argument("--size", nargs="+", type=int, metavar="BYTES", help="default: all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    chosen = parser.parse_args()
    sizes = chosen.size or sorted({*SIZES, *(s for c in CONTESTS.values() for s in c.sizes)})
    rows = {(row["contest"], row["size"]): row for row in earlier_rows(NAME)}
    for size in sizes:  # all contests of a size share its material
        for name in chosen.only or CONTESTS:
            if size in CONTESTS[name].sizes:
                rows[name, size] = row = measure(name, size, chosen.rounds)
                print(describe(row), file=sys.stderr, flush=True)
    places = {name: place for place, name in enumerate(CONTESTS)}
    kept = [row for row in rows.values() if row["contest"] in places]
    save(NAME, sorted(kept, key=lambda row: (places[row["contest"]], row["size"])))


if __name__ == "__main__":
    main()
