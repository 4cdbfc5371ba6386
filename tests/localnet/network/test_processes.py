"""Processes that are started, waited for, and ended."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from walrus_core.errors import ProcessFailedError
from walrus_core.localnet.network.processes import Process

GOOD = "import json, time; print(json.dumps({'pid': 1}), flush=True); time.sleep(60)"


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Process:
    """Runs the module `program` of this directory."""
    monkeypatch.chdir(tmp_path)
    return Process("it", tmp_path / "log")


def write(program: str) -> None:
    Path("program.py").write_text(textwrap.dedent(program))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_it_is_ready_when_it_says_so(process: Process) -> None:
    write(GOOD)

    async def scene() -> None:
        assert await process.start("program") == {"pid": 1}
        pid = process.pid
        assert pid is not None
        with pytest.raises(ProcessFailedError, match="runs already"):
            await process.start("program")
        assert await process.stop() == -signal.SIGTERM
        assert process.pid is None
        assert not is_alive(pid)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; sys.exit('no room')", r"ended with status 1 \(no room\)"),
        ("print('hello')", "ended with status 0"),
        ("""print('{"error": {"message": "no keys"}}')""", "no keys"),
        ("import time; time.sleep(60)", "was not ready within 0.5 s"),
    ],
)
def test_why_it_did_not_come_up(process: Process, program: str, reason: str) -> None:
    write(program)

    async def scene() -> None:
        with pytest.raises(ProcessFailedError, match=reason):
            await process.start("program", timeout=0.5 if "sleep" in program else 30)
        assert process.pid is None

    asyncio.run(scene())


def test_it_is_forced_if_it_does_not_listen(process: Process) -> None:
    write("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + GOOD)

    async def scene() -> None:
        await process.start("program")
        assert await process.stop(timeout=0.2) == -signal.SIGKILL

    asyncio.run(scene())


def test_one_that_is_paused_can_be_stopped(process: Process) -> None:
    write(GOOD)

    async def scene() -> None:
        await process.start("program")
        process.pause()
        assert await process.stop() == -signal.SIGTERM

    asyncio.run(scene())


def test_who_watches_hears_of_a_crash_alone(process: Process) -> None:
    write(GOOD)

    async def scene(crash: bool) -> list[ProcessFailedError]:
        heard: list[ProcessFailedError] = []
        await process.start("program")
        watching = asyncio.create_task(process.watch(heard.append))
        await asyncio.sleep(0)
        if crash:
            os.kill(process.pid or 0, signal.SIGKILL)
        else:
            await process.stop()
        await watching
        await process.kill()
        return heard

    assert [error.name for error in asyncio.run(scene(True))] == ["it"]
    assert asyncio.run(scene(False)) == []


@pytest.mark.usefixtures("process")
def test_it_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    """However that one ended."""
    write(GOOD)
    starter = textwrap.dedent(
        f"""
        import asyncio, os
        from pathlib import Path
        from walrus_core.localnet.network.processes import Process

        async def scene():
            process = Process("it", Path({str(tmp_path / "log")!r}))
            await process.start("program")
            print(process.pid, flush=True)
            os.kill(os.getpid(), 9)

        asyncio.run(scene())
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", starter], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)
