"""`import walrus_core` is cheap: heavy libraries load when something needs them."""

import subprocess
import sys
from pathlib import Path

import walrus_core as wc

ROOT = Path(wc.__file__).parents[1]

PROGRAM = """
import sys, time
started = time.perf_counter()
import walrus_core
print((time.perf_counter() - started) * 1000)
print(*sorted(sys.modules.keys() & {"numpy", "click", "rich"}))
"""


def test_import_loads_no_heavy_library(record_property: object) -> None:
    """The time is reported (`--junit-xml`), not asserted: it depends on the machine and what else
    it does.
    """
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    milliseconds, heavy = run.stdout.splitlines()
    record_property("import_milliseconds", milliseconds)
    assert heavy == ""


def test_public_names_are_sorted_and_there() -> None:
    assert list(wc.__all__) == sorted(wc.__all__)
    for name in wc.__all__:
        assert getattr(wc, name) is not None
    assert set(wc.__all__) <= set(dir(wc))
