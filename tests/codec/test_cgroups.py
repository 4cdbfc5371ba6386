"""What control groups allow, in the layouts of both versions."""

from pathlib import Path

import pytest

from walrus_core.codec.cgroups import cgroup_cpus, cgroup_memory


def write(files: dict[str, str], root: Path) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


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
def test_cpus(files: dict[str, str], cpus: int | None, tmp_path: Path) -> None:
    write(files, tmp_path)
    assert cgroup_cpus(tmp_path / "membership", tmp_path) == cpus


@pytest.mark.parametrize(
    ("files", "size"),
    [
        pytest.param({}, None, id="no control groups"),
        pytest.param({"membership": "0::/a\n", "a/memory.max": "max\n"}, None, id="v2 unlimited"),
        pytest.param(
            {
                "membership": "0::/a/b\n",
                "a/b/memory.max": "8000000\n",
                "a/memory.max": "3000000\n",
            },
            3_000_000,
            id="v2, the parent allows less",
        ),
        pytest.param(
            {
                "membership": "3:cpu,cpuacct:/a\n2:memory:/b\n",
                "memory/b/memory.limit_in_bytes": "1073741824\n",
                "memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            1 << 30,
            id="v1",
        ),
        pytest.param(
            {
                "membership": "2:memory:/\n",
                "memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            None,
            id="v1 unlimited",
        ),
        pytest.param({"membership": "0::/\n", "memory.max": "\u00b2\n"}, None, id="unreadable"),
    ],
)
def test_memory(files: dict[str, str], size: int | None, tmp_path: Path) -> None:
    write(files, tmp_path)
    assert cgroup_memory(tmp_path / "membership", tmp_path) == size
