"""`demo` on a network of processes, and what it leaves behind: nothing."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli.command_line import Run

import walrus_core as wc
from walrus_core.cli.demo_fate import LIES, Fate
from walrus_core.cli.exit_status import ExitStatus

WITHOUT_GRPC = """
import sys
sys.modules["grpc"] = None
sys.argv[0] = "walrus-core"
from walrus_core.cli.app import main
main()
"""


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    directory = tmp_path / "temporary"
    directory.mkdir()
    return directory


def demo(temporary: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "walrus_core", "demo", *options],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_below(directory: Path) -> list[str]:
    """Command lines that name the directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        if str(directory) in line:
            found.append(line)
    return found


def test_a_file_survives(temporary: Path, blob_file: Path, blob: bytes) -> None:
    running = demo(temporary, str(blob_file), "--seed", "5", "--json")
    out, errors = running.communicate(timeout=240)
    assert running.returncode == 0, (out, errors)
    values = json.loads(out)
    assert values["blobId"] == str(wc.compute_metadata(blob, 100).blob_id)
    assert values["identical"] is True
    assert values["costFrost"] > 0
    assert (values["nNodes"], values["nShards"], values["forgivenShards"]) == (7, 100, 33)
    assert 28 <= values["failedShards"] <= 33
    assert len(values["killed"]) == 1
    assert values["liar"] not in values["killed"]
    assert values["healedSlivers"] in (28, 30)
    assert not {values["liar"], *values["killed"]} & set(values["killedNext"])
    acts = {"network", "store", "kill", "lie", "read", "heal", "total"}
    assert values["seconds"].keys() == acts
    assert list(temporary.iterdir()) == []
    assert processes_below(temporary) == []


def test_the_story_and_ctrl_c(temporary: Path) -> None:
    """Lines come as things happen; cut off, it leaves no process and no file."""
    running = demo(temporary)
    assert running.stdout is not None
    told = []
    for line in running.stdout:
        told.append(line.split()[0])
        if told[-1] == "read":
            running.send_signal(signal.SIGINT)
            break
    _, errors = running.communicate(timeout=60)
    assert told == ["network", "encode", "pay", "upload", "store", "kill", "lie", "read"]
    assert running.returncode == ExitStatus.INTERRUPTED
    assert "interrupted: nothing of the demo is left" in errors
    assert "Traceback" not in errors
    assert list(temporary.iterdir()) == []
    assert processes_below(temporary) == []


def test_what_cannot_be_shown(run: Run, tmp_path: Path) -> None:
    assert run("demo", tmp_path / "absent", "--json").status == ExitStatus.BAD_INPUT
    assert run("demo", "--n-shards", 3).status == ExitStatus.USAGE
    assert run("demo", "--threads", 2).status == ExitStatus.USAGE


def test_an_install_without_the_network(blob_file: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_GRPC, "demo", str(blob_file)]
    failed = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert failed.returncode == ExitStatus.FAILED
    assert "walrus-core[all]" in failed.stderr
    assert "demo --offline" in failed.stderr
    offline = subprocess.run(
        [*command, "--offline", "--n-shards", "10"], capture_output=True, text=True, timeout=60
    )
    assert offline.returncode == 0


WEIGHTS = [
    ([15, 15, 14, 14, 14, 14, 14], 33, 30),
    ([10] * 10, 33, 30),
    ([3, 3, 3, 1], 3, 3),
    ([25] * 4, 33, 25),
    ([33, 20, 20, 13, 14], 33, 33),
]


@pytest.mark.parametrize(("weights", "n_faulty", "expected"), WEIGHTS)
def test_fate_strikes_as_many_shards_as_are_forgiven(
    weights: list[int], n_faulty: int, expected: int
) -> None:
    for seed in range(20):
        chance = random.Random(seed)
        fate = Fate.plan(weights, n_faulty, chance)
        struck = [*fate.killed, *([] if fate.liar is None else [fate.liar])]
        assert len(set(struck)) == len(struck)
        assert sum(weights[node] for node in struck) == fate.n_shards == expected
        assert fate.killed
        assert fate.lie in LIES
        again = fate.strike_again(weights, n_faulty, chance)
        assert not set(again) & set(struck)
        lying = 0 if fate.liar is None else weights[fate.liar]
        assert lying + sum(weights[node] for node in again) <= n_faulty
        assert Fate.plan(weights, n_faulty, random.Random(seed)) == fate


def test_nodes_too_heavy_to_lose() -> None:
    with pytest.raises(wc.InvalidArgumentError, match="more than the 3 shards"):
        Fate.plan([4, 4], 3, random.Random(1))
