"""How many threads a call uses."""

import os
from pathlib import Path

import pytest

import walrus_core as wc
from walrus_core.codec.cgroups import cgroup_cpus
from walrus_core.codec.threads import thread_count, usable_cpus


def write(files: dict[str, str], root: Path) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="ascii")


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        pytest.param({}, None, id="no control groups"),
        pytest.param({"membership": "0::/\n"}, None, id="v2 root without a quota"),
        pytest.param(
            {"membership": "0::/a/b\n", "a/b/cpu.max": "max 100000\n"}, None, id="v2 unlimited"
        ),
        pytest.param(
            {"membership": "0::/a\n", "a/cpu.max": "150000 100000\n"}, 2, id="v2, 1.5 CPUs"
        ),
        pytest.param(
            {
                "membership": "0::/a/b\n",
                "a/b/cpu.max": "800000 100000\n",
                "a/cpu.max": "300000 100000\n",
            },
            3,
            id="v2, the parent allows less",
        ),
        pytest.param(
            {"membership": "0::/only/the/host/sees/it\n", "cpu.max": "400000 100000\n"},
            4,
            id="v2 in a container",
        ),
        pytest.param(
            {
                "membership": "3:cpu,cpuacct:/a\n2:memory:/b\n",
                "cpu/a/cpu.cfs_quota_us": "250000\n",
                "cpu/a/cpu.cfs_period_us": "100000\n",
                "cpu/cpu.cfs_quota_us": "-1\n",
                "cpu/cpu.cfs_period_us": "100000\n",
            },
            3,
            id="v1",
        ),
        pytest.param({"membership": "0::/\n", "cpu.max": "what is this\n"}, None, id="unreadable"),
    ],
)
def test_control_groups(files: dict[str, str], cpus: int | None, tmp_path: Path) -> None:
    write(files, tmp_path)
    assert cgroup_cpus(tmp_path / "membership", tmp_path) == cpus


def test_the_default_is_what_this_process_may_use() -> None:
    assert thread_count(None) == usable_cpus()
    assert 1 <= usable_cpus() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no CPU affinity on this system")
def test_affinity_counts() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_a_given_number_is_taken() -> None:
    assert thread_count(7) == 7


@pytest.mark.parametrize("bad", [0, -1, 1025, 2**64, True, 1.0, "2"])
def test_bad_numbers_of_threads(bad: object) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="threads"):
        thread_count(bad)
    with pytest.raises(wc.InvalidArgumentError, match="threads"):
        wc.encode(b"", n_shards=4, threads=bad)
