"""How many threads a call uses: by default as many as this process may use CPUs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from walrus_core.types import checked_int

MAX_THREADS = 1024
"""More than any machine this meets has CPUs; a larger number is a mistake."""

CGROUP_MEMBERSHIP = Path("/proc/self/cgroup")
CGROUP_ROOT = Path("/sys/fs/cgroup")


def thread_count(threads: int | None) -> int:
    """`threads` if given, 1..1024 (InvalidArgumentError); else the CPUs this process may use."""
    return usable_cpus() if threads is None else checked_int("threads", threads, 1, MAX_THREADS)


def usable_cpus() -> int:
    """The CPUs of this process's affinity mask, or fewer if its control group allows less time."""
    if hasattr(os, "sched_getaffinity"):
        n_cpus = len(os.sched_getaffinity(0))
    else:  # macOS has neither affinity nor control groups
        n_cpus = os.cpu_count() or 1
    return max(1, min(n_cpus, cgroup_cpus() or n_cpus, MAX_THREADS))


@cache  # reading these files takes longer than verifying a sliver
def cgroup_cpus(membership: Path = CGROUP_MEMBERSHIP, root: Path = CGROUP_ROOT) -> int | None:
    """The least CPU quota of this process's control groups and all above them, rounded up.

    None if there is no quota, or nothing that can be read.
    """
    quotas = [_cpu_quota(directory) for directory in _cgroup_directories(membership, root)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _cgroup_directories(membership: Path, root: Path) -> Iterator[Path]:
    """The directories that may limit this process, in the layouts of both versions.

    A line of the membership file is `hierarchy:controllers:path`, in version 2 without controllers.
    In a container the path may be one that only the host sees; the root's own files count then.
    """
    for line in _read(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top = root
        elif "cpu" in controllers.split(","):
            top = root / "cpu"
        else:
            continue
        directory = top / path.lstrip("/")
        yield directory
        while directory != top:
            directory = directory.parent
            yield directory


def _cpu_quota(directory: Path) -> int | None:
    """CPUs' worth of time: `cpu.max` is "quota period" in version 2; version 1 has two files."""
    words = _read(directory / "cpu.max").split()
    if not words:
        words = [_read(directory / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
    if not all(word.isdecimal() for word in words):  # "max", "-1", or no such file
        return None
    quota, period = map(int, words)
    return -(-quota // period)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
