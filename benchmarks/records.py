"""benchmarks/results/*.json: what was measured, when, on which machine and of which revision."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from harness import CPUS, Row

from walrus_core import kernel

RESULTS = Path(__file__).parent / "results"
SAME_MACHINE = ("cpu", "cpus", "system")


def now() -> str:
    """For the record: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def load(name: str | Path) -> Row:
    """The JSON of one benchmark, by its name or in a file somewhere else."""
    results: Row = json.loads(_file(name).read_text(encoding="utf-8"))
    return results


def earlier_rows(name: str | Path) -> list[Row]:
    """The rows of an earlier run on this machine; those of another one say nothing here."""
    if not _file(name).exists():
        return []
    results, here = load(name), machine()
    if any(results["machine"][field] != here[field] for field in SAME_MACHINE):
        print(f"{_file(name)} is from another machine: its rows are dropped", file=sys.stderr)
        return []
    rows: list[Row] = results["rows"]
    return rows


def save(name: str | Path, rows: list[Row]) -> None:
    """Write benchmarks/results/NAME.json, or another file."""
    RESULTS.mkdir(exist_ok=True)
    command = " ".join(["python", *sys.argv])
    result = {"when": now(), "command": command, "machine": machine(), "rows": rows}
    path = _file(name)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path}", file=sys.stderr)


def _file(name: str | Path) -> Path:
    return name if isinstance(name, Path) else RESULTS / f"{name}.json"


def machine() -> Row:
    """What a reader needs to judge the figures by."""
    return {
        "cpu": _cpu_model(),
        "cpus": len(CPUS),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "engine": kernel.engine_name(),
        "engines": list(kernel.available_engines()),
        "walrus_core": importlib.metadata.version("walrus-core"),
        "pysui_fastcrypto": importlib.metadata.version("pysui-fastcrypto"),
        "revision": revision(),
    }


def revision() -> str:
    """The commit that was measured, with a + if the tree held changes; empty outside a checkout."""
    command = ["git", "-C", str(RESULTS.parent), "describe", "--always", "--dirty=+"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def _cpu_model() -> str:
    """The vendor's name and, since virtual machines hide it, family and model numbers."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    fields = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
    name = fields.get("model name", platform.machine())
    return f"{name}, family {fields.get('cpu family', '?')} model {fields.get('model', '?')}"
