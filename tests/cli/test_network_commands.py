"""`network up` and `network status` as processes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli.command_line import Run
from localnet.running_network import RunningNetwork, places, running_network

from walrus_core.cli.exit_status import ExitStatus

OPTIONS = ["--nodes", "2", "--n-shards", "4"]


def status(running: RunningNetwork) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "walrus_core", "network", "status", "--json"],
        env=running.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    value: dict[str, object] = json.loads(done.stdout)
    return value


def processes(home: Path) -> list[int]:
    """Those that have to do with this directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(home) in path.read_text():
                found.append(int(path.parent.name))
        except OSError:  # it has ended
            continue
    return found


def test_a_network_goes_on_where_it_was(tmp_path: Path, run: Run) -> None:
    """After Ctrl-C, then after kill -9 of it; what is left of it ends by itself."""
    home = tmp_path / "home"
    with running_network(home, *OPTIONS) as first:
        assert len(first.values["nodes"]) == 2
        before = status(first)
        assert [node["status"] for node in before["nodes"]] == ["Active"] * 2  # type: ignore[attr-defined]
    assert processes(home) == []
    with running_network(home) as again:
        assert again.values["walletAddress"] == first.values["walletAddress"]
        assert shards(status(again)) == shards(before)
        refused = run("network", "up", "--dir", home)
        assert refused.status == ExitStatus.FAILED
        assert "another process serves its chain" in refused.stderr
    other = run("network", "up", "--dir", home, "--nodes", "5")
    assert other.status == ExitStatus.USAGE
    assert "has 2 nodes, not 5" in other.stderr


def shards(status: dict[str, object]) -> dict[str, object]:
    return {node["address"]: node["shards"] for node in status["nodes"]}  # type: ignore[attr-defined]


def test_nothing_is_left_of_one_that_was_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-m", "walrus_core", "network", "up", "--json", "--dir", str(home)]
    process = subprocess.Popen(
        [*command, *OPTIONS], env={**os.environ, **places(home)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    json.loads(process.stdout.readline())
    lost = [pid for pid in processes(home) if pid != process.pid]
    assert len(lost) == 3
    process.kill()
    process.wait(30)
    process.stdout.close()
    for pid in lost:
        _await_end(pid)
    with running_network(home) as again:
        assert status(again)["shardsDown"] == 0


def _await_end(pid: int) -> None:
    """At most half a minute."""
    for _ in range(600):
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return
        except FileNotFoundError:
            return
        signal.sigtimedwait([], 0.05)
    raise AssertionError(f"process {pid} is still there")


def test_a_chain_without_nodes_is_refused(tmp_path: Path, run: Run) -> None:
    (tmp_path / "chain").mkdir()
    outcome = run("network", "up", "--dir", tmp_path)
    assert outcome.status == ExitStatus.BAD_INPUT
    assert "began without nodes" in outcome.stderr


@pytest.mark.parametrize(
    "options", [["--nodes", "0"], ["--n-shards", "3"], ["--epoch-duration", "x"]]
)
def test_options_out_of_range(tmp_path: Path, run: Run, options: list[str]) -> None:
    outcome = run("network", "up", "--dir", tmp_path / "home", *options)
    assert outcome.status == ExitStatus.USAGE
    assert not (tmp_path / "home").exists()


def test_more_nodes_than_shards_is_said(tmp_path: Path, run: Run) -> None:
    outcome = run("network", "up", "--dir", tmp_path / "home", "--nodes", "5", "--n-shards", "4")
    assert outcome.status == ExitStatus.FAILED
    assert "4 shards < 5 founding nodes" in outcome.stderr


def test_status_without_a_network(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALRUS_CORE_HOME", str(tmp_path))
    outcome = run("network", "status")
    assert outcome.status == ExitStatus.BAD_INPUT
    assert "there is no local network" in outcome.stderr
