"""The benchmark of blobs larger than memory, with one that is not."""

import sys
from pathlib import Path

import pytest
from bench_streaming import measure, with_figures
from harness import GIB, KIB, MIB, size_label
from observed import observe

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

PROGRAM = """
import sys, time
memory = bytearray(64 << 20)
with open(sys.argv[1], "wb") as first, open(sys.argv[1] + "2", "wb") as second:
    first.write(bytes(8 << 20))
    first.flush()
    time.sleep(0.3)
"""


def test_a_process_is_seen_with_its_memory_files_and_time(tmp_path: Path) -> None:
    seen = observe(("-c", PROGRAM, tmp_path / "file"), tmp_path)
    assert 64 * MIB < seen.anonymous_bytes < 128 * MIB
    assert seen.anonymous_bytes < seen.resident_bytes
    assert seen.open_files >= 5
    assert seen.seconds > 0.3
    assert 0 < seen.cpu_seconds < seen.seconds + 1


def test_a_process_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="status 3"):
        observe(("-c", "raise SystemExit(3)"), tmp_path)


def test_a_round_of_each_order(tmp_path: Path) -> None:
    encode, decode = map(with_figures, measure(MIB, range(2), tmp_path, None))
    assert list(tmp_path.iterdir()) == []
    for row in (encode, decode):
        assert row["rounds"] == 2
        assert row["factor"]["min"] <= row["factor"]["median"] <= row["factor"]["max"]
        assert MIB < row["peaks"]["anonymous_bytes"] < 512 * MIB
    assert [encode["contest"], decode["contest"]] == ["encode", "decode"]


def test_labels_of_sizes() -> None:
    assert [size_label(size) for size in (KIB, 32 * MIB, 4 * GIB)] == ["1 KiB", "32 MiB", "4 GiB"]
