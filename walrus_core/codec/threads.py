"""How many threads a call uses: by default as many as this process may use CPUs."""

from __future__ import annotations

import os

from walrus_core.codec.cgroups import cgroup_cpus
from walrus_core.types import checked_int

MAX_THREADS = 1024
"""More than any machine this meets has CPUs; a larger number is a mistake."""


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
