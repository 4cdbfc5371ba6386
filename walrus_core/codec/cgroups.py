"""What this process's control groups (containers, systemd units) allow it to use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

MEMBERSHIP = Path("/proc/self/cgroup")
ROOT = Path("/sys/fs/cgroup")

NO_LIMIT = 1 << 62
"""Bytes of memory that no machine has."""


@cache  # reading these files takes longer than verifying a sliver
def cgroup_cpus(membership: Path = MEMBERSHIP, root: Path = ROOT) -> int | None:
    """The least CPU quota of this process's control groups and all above them, rounded up.

    None if there is no quota, or nothing that can be read.
    """
    return _least(_cpu_quota(directory) for directory in _directories("cpu", membership, root))


@cache
def cgroup_memory(membership: Path = MEMBERSHIP, root: Path = ROOT) -> int | None:
    """The least memory limit of this process's control groups and all above them, in bytes.

    None if there is no limit, or nothing that can be read.
    """
    return _least(
        _memory_limit(directory) for directory in _directories("memory", membership, root)
    )


def _least(limits: Iterable[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _directories(controller: str, membership: Path, root: Path) -> Iterator[Path]:
    """The directories that may limit this process, in the layouts of both versions.

    A line of the membership file is `hierarchy:controllers:path`, in version 2 without controllers.
    In a container the path may be one that only the host sees; the root's own files count then.
    """
    for line in _read(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top = root
        elif controller in controllers.split(","):
            top = root / controller
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


def _memory_limit(directory: Path) -> int | None:
    """Bytes: `memory.max` in version 2, "max" for no limit; version 1 then has nearly 2**63."""
    text = _read(directory / "memory.max") or _read(directory / "memory.limit_in_bytes")
    return int(text) if text.strip().isdecimal() and int(text) < NO_LIMIT else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
