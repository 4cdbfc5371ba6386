"""What `bench_storage.py` finds: durable writes into a store against plain files, as rows."""

import json
import subprocess
import sys
from pathlib import Path

from harness import Row, spread

SUITE = Path(__file__).with_name("bench_storage.py")
WRITES = "test_durable_writes"


def durable_writes(directory: Path) -> list[Row]:
    """A row for each size and number of slivers in a call; rounds of both take turns by case."""
    results = directory / "durable-writes.json"
    program = [sys.executable, "-m", "pytest", "-q", str(SUITE), "-k", WRITES]
    options = [f"--benchmark-json={results}", f"--basetemp={directory / 'pytest'}"]
    subprocess.run(
        [*program, *options], check=True, stdout=subprocess.DEVNULL, cwd=SUITE.parent.parent
    )
    rows: dict[str, Row] = {}
    for each in json.loads(results.read_text(encoding="utf-8"))["benchmarks"]:
        row = rows.setdefault(
            each["group"],
            {
                "contest": "durable",
                "which": each["group"],
                "size": each["extra_info"]["bytes"],
                "rounds": each["stats"]["rounds"],
                "seconds": {},
            },
        )
        row["seconds"][each["name"]] = spread(each["stats"]["data"])
    return [row | {"factor": _factor(row["seconds"])} for row in rows.values()]


def _factor(seconds: Row) -> float:
    """The store's median over that of plain files."""
    return float(seconds["store"]["median"] / seconds["plain files"]["median"])
