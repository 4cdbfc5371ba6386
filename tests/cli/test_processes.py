"""What only a real process shows: signals, pipes, full disks, limits, the engine variable."""

import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.command_line import files_in

from walrus_core import kernel
from walrus_core.cli.exit_status import ExitStatus

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and /dev/full are Linux's")

WALRUS_CORE = [sys.executable, "-m", "walrus_core"]


def run(*args: object, **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
    line = [*WALRUS_CORE, *map(str, args)]
    return subprocess.run(line, check=False, **({"capture_output": True} | kwargs))


def wait_for(condition: Any, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def large_blob(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large enough that there is time to interrupt its encoding."""
    path = tmp_path_factory.mktemp("large") / "blob"
    path.write_bytes(os.urandom(1 << 20) * 32)
    return path


@pytest.fixture
def started(tmp_path: Path, large_blob: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An encoding under way."""
    line = [*WALRUS_CORE, "encode", large_blob, "--out", tmp_path / "out", "--json"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def interrupted(process: subprocess.Popen[bytes], with_signal: signal.Signals) -> None:
    process.send_signal(with_signal)
    stdout, _ = process.communicate(timeout=30)
    assert process.returncode == ExitStatus.INTERRUPTED
    assert json.loads(stdout)["error"]["type"] == "KeyboardInterrupt"


def has_mapped(process: subprocess.Popen[bytes], file: Path) -> bool:
    """Whether the work has begun: imports are over, and may swallow a signal no more."""
    return str(file) in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_encoding_writes_nothing(
    started: subprocess.Popen[bytes],
    tmp_path: Path,
    large_blob: Path,
    with_signal: signal.Signals,
) -> None:
    wait_for(lambda: has_mapped(started, large_blob))
    interrupted(started, with_signal)
    assert files_in(tmp_path) == {}


def test_an_interrupted_text_command_says_so(large_blob: Path) -> None:
    line = [*WALRUS_CORE, "blob-id", large_blob]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: has_mapped(process, large_blob))
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == ExitStatus.INTERRUPTED
    assert stdout == b""
    assert b"interrupted:" in stderr
    assert b"Traceback" not in stderr


def test_a_full_disk(slivers: Path) -> None:
    done = run("decode", slivers, "--out", "/dev/full", "--json")
    assert done.returncode == ExitStatus.FAILED
    error = json.loads(done.stdout)["error"]
    assert error["path"] == "/dev/full"
    assert "free some space" in error["message"]


@pytest.mark.parametrize("line", [["--version"], ["about", "--json"], ["blob-id", "-"]])
def test_a_full_disk_behind_standard_output(line: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(*line, stdin=subprocess.DEVNULL, **_output_to(full))
    assert done.returncode == ExitStatus.FAILED
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def _output_to(stream: Any) -> dict[str, Any]:
    return {"capture_output": False, "stdout": stream, "stderr": subprocess.PIPE}


def test_a_limit_on_file_sizes_leaves_nothing_behind(
    tmp_path: Path, slivers: Path, blob_file: Path
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))

    (tmp_path / "back").write_bytes(b"old")
    before = files_in(tmp_path)
    done = run("decode", slivers, "--out", tmp_path / "back", preexec_fn=limit)
    assert done.returncode == ExitStatus.FAILED
    assert b"File too large" in done.stderr
    assert files_in(tmp_path) == before
    out = tmp_path / "out"
    done = run("encode", blob_file, "--out", out, "--n-shards", 10, preexec_fn=limit)
    assert done.returncode == ExitStatus.FAILED
    assert files_in(out) == {}


def test_a_reader_who_leaves_early(slivers: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        for line in (["decode", slivers, "--out", "-"], ["about"], ["about", "--json"]):
            done = run(*line, **_output_to(pipe))
            assert done.returncode == ExitStatus.FAILED
            assert done.stderr == b""


@pytest.mark.parametrize(("line", "closed"), [("about", 1), ("about", 2), ("blob-id -", 0)])
def test_closed_standard_streams(line: str, closed: int) -> None:
    script = f"exec {shlex.join(WALRUS_CORE)} {line} {closed}>&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=False)
    assert done.returncode == (ExitStatus.FAILED if closed else ExitStatus.BAD_INPUT)
    assert b"Traceback" not in done.stderr


def test_pipes_on_both_ends(tmp_path: Path, blob: bytes) -> None:
    out = tmp_path / "out"
    assert run("encode", "-", "--out", out, "--n-shards", 10, input=blob).returncode == 0
    assert run("decode", out, "--out", "-").stdout == blob


def test_named_pipes_on_both_ends(tmp_path: Path, blob: bytes) -> None:
    source, target, out = tmp_path / "source", tmp_path / "target", tmp_path / "out"
    os.mkfifo(source)
    os.mkfifo(target)
    writer = threading.Thread(target=source.write_bytes, args=(blob,))
    writer.start()
    assert run("encode", source, "--out", out, "--n-shards", 10).returncode == 0
    writer.join()
    with subprocess.Popen([*WALRUS_CORE, "decode", out, "--out", target], stdout=subprocess.PIPE):
        assert target.read_bytes() == blob
    assert target.is_fifo()


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, large_blob: Path) -> None:
    changing = tmp_path / "changing"
    changing.write_bytes(large_blob.read_bytes())
    line = [*WALRUS_CORE, "blob-id", changing, "--json"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE)
    wait_for(lambda: has_mapped(process, changing))
    with changing.open("r+b") as stream:
        stream.write(b"other")
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == ExitStatus.BAD_INPUT
    assert "changed while it was read" in json.loads(stdout)["error"]["message"]


def test_slivers_that_vanish_are_missing(tmp_path: Path, large_blob: Path) -> None:
    out = tmp_path / "out"
    assert run("encode", large_blob, "--out", out, "--n-shards", 100).returncode == 0
    line = [*WALRUS_CORE, "decode", out, "--out", tmp_path / "back", "--json"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE)
    wait_for(lambda: has_mapped(process, Path("_kernel")))
    for pair in range(40, 100):
        (out / "primary" / f"{pair:05}.bcs").unlink()
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == ExitStatus.DONE
    assert json.loads(stdout)["badSlivers"] == []
    assert (tmp_path / "back").read_bytes() == large_blob.read_bytes()


@pytest.mark.parametrize("name", kernel.available_engines())
def test_the_variable_chooses_the_engine(name: str, blob: bytes) -> None:
    environment = os.environ | {"WALRUS_CORE_ENGINE": name}
    line = ("blob-id", "-", "--n-shards", 10, "--json")
    values = json.loads(run(*line, input=blob, env=environment).stdout)
    assert values["engine"] == name


def test_an_unknown_engine(tmp_path: Path, blob: bytes) -> None:
    environment = os.environ | {"WALRUS_CORE_ENGINE": "abacus"}
    for line in (["about", "--json"], ["encode", "-", "--out", tmp_path / "out", "--json"]):
        done = run(*line, input=blob, env=environment)
        assert done.returncode == ExitStatus.USAGE
        error = json.loads(done.stdout)["error"]
        assert error["type"] == "UnknownEngineError"
        assert error["available"] == list(kernel.available_engines())
