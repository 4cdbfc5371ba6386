"""Processes looked at while they run: the time until what they wrote is on the disk, and the most
memory and open files that they had meanwhile (Linux only).
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SAMPLING = 0.01  # seconds between two looks
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Observed:
    """One process. `resident_bytes` are all pages that it could see, those of mapped files, too;
    `anonymous_bytes` the ones among them that are no file's.
    """

    seconds: float
    cpu_seconds: float
    anonymous_bytes: int
    resident_bytes: int
    open_files: int
    written_bytes: int


def observe(
    program: Sequence[object],
    directory: Path,
    group: Path | None = None,
    stdout: int = subprocess.DEVNULL,
) -> Observed:
    """Run a Python program that writes below `directory`, perhaps in a control group."""
    join = None if group is None else lambda: _set(group / "cgroup.procs", 0)
    command = [sys.executable, *map(str, program)]
    settle(directory)
    anonymous = resident = n_files = 0
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=stdout, preexec_fn=join)
    while not _has_ended(process.pid):
        memory = _numbers(f"{process.pid}/status", "RssAnon", "VmHWM")
        anonymous, resident = max(anonymous, memory["RssAnon"]), max(resident, memory["VmHWM"])
        n_files = max(n_files, len(os.listdir(f"/proc/{process.pid}/fd")))  # noqa: PTH208
        time.sleep(SAMPLING)
    written = _numbers(f"{process.pid}/io", "write_bytes")["write_bytes"]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    settle(directory)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{command} ended with status {process.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    return Observed(seconds, cpu, anonymous << 10, resident << 10, n_files, written)


def settle(directory: Path) -> None:
    """Wait until the file system of `directory` has everything on its disk: syncfs."""
    subprocess.run(["sync", "--file-system", directory], check=True)


def forget(*paths: Path) -> None:
    """Have files, which are on the disk already, read from there the next time."""
    for path in paths:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def control_group(limit: int | None) -> Iterator[Path | None]:
    """A control group that allows `limit` bytes of memory, page cache included, and no swap; for
    the body. None for no limit. Takes root and a mounted hierarchy of either version.
    """
    if limit is None:
        yield None
        return
    second = (CGROUPS / "cgroup.controllers").exists()
    parent = CGROUPS if second else CGROUPS / "memory"
    group = parent / f"walrus-core-bench-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        raise SystemExit(f"no control group here ({error}): try as root, or leave it") from error
    try:
        _set(group / ("memory.max" if second else "memory.limit_in_bytes"), limit)
        if second:
            _set(group / "memory.swap.max", 0)
        yield group
    finally:
        group.rmdir()


def _set(path: Path, number: int) -> None:
    path.write_text(f"{number}\n", encoding="ascii")


def _has_ended(pid: int) -> bool:
    """Without burying it: what it has written is asked for afterwards."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _numbers(file: str, *names: str) -> dict[str, int]:
    """Some of the numbers in a file under /proc; 0 for what a process at its end has no more."""
    found = dict.fromkeys(names, 0)
    for line in Path("/proc", file).read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0])
    return found
