"""Large work in real processes: bounded memory, few files, and what an interruption leaves."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.command_line import flip_bit

import walrus_core as wc
from walrus_core.cli.exit_status import ExitStatus

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

WALRUS_CORE = [sys.executable, "-m", "walrus_core"]
MIB = 1 << 20


def start(*args: object, **kwargs: Any) -> subprocess.Popen[bytes]:
    line = [*WALRUS_CORE, *map(str, args), "--json"]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)


def run(*args: object, **kwargs: Any) -> dict[str, Any]:
    """What a command reports that has to succeed."""
    process = start(*args, **kwargs)
    stdout, stderr = process.communicate(timeout=600)
    assert process.returncode == ExitStatus.DONE, (stdout, stderr)
    report: dict[str, Any] = json.loads(stdout)
    return report


def random_file(path: Path, size: int) -> Path:
    with path.open("wb") as stream:
        for _ in range(size // MIB):
            stream.write(os.urandom(MIB))
    return path


@pytest.fixture(scope="module")
def large_blob(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_file(tmp_path_factory.mktemp("large") / "blob", 32 * MIB)


SIGNAL_IN_THE_MIDST = """
import os, sys
from walrus_core.codec import {module}
from walrus_core.cli.app import main

def with_signal(*arguments):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), {signal})
    return wrapped(*arguments)

left, wrapped = {call}, {module}.{function}
{module}.{function} = with_signal
main()
"""
"""The command line, in a process that gets a signal at a certain call of a function: from outside
the moment cannot be met, least on a busy machine."""

WRITE = ("directory_sink", "DirectorySink.write")
PLACE = ("directory_sink", "Path.replace")
WRITE_ROW = ("reconstruction", "write_at")


def signalled(number: signal.Signals, where: tuple[str, str], call: int, *args: object) -> bytes:
    """What a command prints that is hit at this call."""
    module, function = where
    program = SIGNAL_IN_THE_MIDST.format(
        module=module, function=function, call=call, signal=int(number)
    )
    line = [sys.executable, "-c", program, *map(str, args), "--json"]
    process = subprocess.run(line, capture_output=True, timeout=120, check=False)
    killed = number == signal.SIGKILL
    assert process.returncode == (-number if killed else ExitStatus.INTERRUPTED), process
    return process.stdout


def interrupted(where: tuple[str, str], call: int, *args: object) -> None:
    stdout = signalled(signal.SIGINT, where, call, *args)
    assert json.loads(stdout)["error"]["type"] == "KeyboardInterrupt"


@pytest.mark.parametrize("call", [1, 50, 1700, 2600])
def test_an_interrupted_encoding_leaves_nothing(
    tmp_path: Path, large_blob: Path, call: int
) -> None:
    interrupted(WRITE, call, "encode", large_blob, "--out", tmp_path / "new" / "slivers")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_completion_leaves_what_was_there(tmp_path: Path, large_blob: Path) -> None:
    out = tmp_path / "slivers"
    run("encode", large_blob, "--out", out)
    for pair in range(0, 1000, 3):
        (out / "primary" / f"{pair:05}.bcs").unlink()
        flip_bit(out / "secondary" / f"{pair:05}.bcs", position=-40)
    before = {path: path.stat() for path in out.rglob("*")}
    interrupted(WRITE, 1000, "encode", large_blob, "--out", out)
    assert {path: path.stat() for path in out.rglob("*")}.keys() == before.keys()
    completed = run("encode", large_blob, "--out", out)
    assert completed["writtenFiles"] == 2 * 334
    assert run("verify", out)["goodSlivers"] == 2000


@pytest.mark.parametrize(
    ("where", "call", "n_placed"),
    [(WRITE, 1, 0), (WRITE, 1700, 0), (PLACE, 1, 0), (PLACE, 2, 1), (PLACE, 1502, 1501)],
)
def test_a_killed_encoding_leaves_no_sliver_that_is_not_whole(
    tmp_path: Path, large_blob: Path, where: tuple[str, str], call: int, n_placed: int
) -> None:
    """What is in its place is right; the same command puts the rest there."""
    out = tmp_path / "slivers"
    signalled(signal.SIGKILL, where, call, "encode", large_blob, "--out", out)
    placed = list(out.glob("*.bcs")) + list(out.glob("[ps]*/*.bcs"))
    assert len(placed) == n_placed
    if n_placed:
        assert run("verify", out)["goodSlivers"] == n_placed - 1  # and the metadata
    assert run("encode", large_blob, "--out", out)["keptFiles"] == n_placed
    assert run("verify", out)["goodSlivers"] == 2000


def test_an_interrupted_decoding_leaves_the_old_file(tmp_path: Path, large_blob: Path) -> None:
    out, back = tmp_path / "slivers", tmp_path / "back"
    run("encode", large_blob, "--out", out)
    back.write_bytes(b"old")
    for call in (1, 200):
        interrupted(WRITE_ROW, call, "decode", out, "--out", back)
        assert {path.name for path in tmp_path.iterdir()} == {"slivers", "back"}
        assert back.read_bytes() == b"old"
    signalled(signal.SIGKILL, WRITE_ROW, 200, "decode", out, "--out", back)
    assert back.read_bytes() == b"old"


SCRIPT = """
import sys, walrus_core as wc
print("ready", flush=True)
try:
    while True:
        {call}
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    "call",
    [
        "wc.encode_into(sys.argv[1], wc.CallbackSink(lambda *_: None))",
        "list(wc.encode_many([sys.argv[1]] * 5))",
        "wc.compute_metadata(sys.argv[1])",
    ],
)
def test_an_interrupted_call_ends_at_once(large_blob: Path, call: str) -> None:
    line = [sys.executable, "-c", SCRIPT.format(call=call), str(large_blob)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    stdout, _ = process.communicate(timeout=30)
    assert stdout == b"interrupted\n"
    assert time.monotonic() - started < 5


def limited(kind: int, value: int) -> dict[str, Any]:
    def limit() -> None:
        resource.setrlimit(kind, (value, value))

    return {"preexec_fn": limit}


def test_a_disk_that_fills_up_in_the_midst(tmp_path: Path, large_blob: Path) -> None:
    """Files may grow to 20 KiB here, the slivers would be larger."""
    out = tmp_path / "slivers"
    full = limited(resource.RLIMIT_FSIZE, 20 << 10)
    process = start("encode", large_blob, "--out", out, **full)
    stdout, _ = process.communicate(timeout=60)
    error = json.loads(stdout)["error"]
    assert process.returncode == ExitStatus.FAILED
    assert "File too large" in error["message"]
    assert error["path"].startswith(str(out / "primary"))
    assert list(tmp_path.iterdir()) == []
    run("encode", large_blob, "--out", out)
    (out / "secondary" / "00500.bcs").unlink()
    before = {path: path.stat() for path in out.rglob("*")}
    process = start("encode", large_blob, "--out", out, **full)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == ExitStatus.FAILED
    assert {path: path.stat() for path in out.rglob("*")}.keys() == before.keys()


def test_few_files_are_open(tmp_path: Path, large_blob: Path) -> None:
    """And still every sliver is written, verified and used."""
    few = limited(resource.RLIMIT_NOFILE, 24)
    out, back = tmp_path / "slivers", tmp_path / "back"
    run("encode", large_blob, "--out", out, **few)
    assert run("verify", out, **few)["goodSlivers"] == 2000
    run("decode", out, "--out", back, **few)
    shutil.rmtree(out / "primary")
    run("decode", out, "--out", back, **few)
    assert back.read_bytes() == large_blob.read_bytes()


def peak_anonymous_memory(*args: object) -> int:
    """The most bytes of its own that a command has in memory at any time, about."""
    peak = 0
    process = start(*args)
    while process.poll() is None:
        peak = max(peak, anonymous_memory(process.pid))
        time.sleep(0.005)
    stdout, stderr = process.communicate()
    assert process.returncode == ExitStatus.DONE, (stdout, stderr)
    return peak


def anonymous_memory(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) << 10
    return 0  # the process has ended


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A directory whose large content does not outlive the test."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("size", [64 * MIB, pytest.param(1024 * MIB, marks=pytest.mark.slow)])
def test_memory_does_not_grow_with_the_blob(room: Path, size: int) -> None:
    if shutil.disk_usage(room).free < 8 * size:
        pytest.skip("not enough room on the disk")
    blob, out, back = random_file(room / "blob", size), room / "slivers", room / "back"
    commands = (
        ("encode", blob, "--out", out),
        ("blob-id", blob),
        ("verify", out),
        ("decode", out, "--out", back),
        ("decode", out, "--out", back, "--check", "strict"),
    )
    for command in commands:
        assert peak_anonymous_memory(*command) <= 512 * MIB, command
    metadata = wc.UnverifiedMetadata.from_bcs_with_id((out / "metadata.bcs").read_bytes()).verify()
    assert wc.compute_metadata(back) == metadata
