"""What is in deploy/ fits the server that it is for."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tomllib
from ctypes.util import find_library
from pathlib import Path

import pytest
import yaml
from cli.serving import BLOB_ID, name_blob, places
from click.testing import CliRunner
from rpc.certificates_made import Authority

from deploy import errors_document
from walrus_core.cli.app import app
from walrus_core.daemon.gateway.caller_file import load_callers
from walrus_core.daemon.gateway.metrics import GatewayMetrics
from walrus_core.rpc.attendants import Method, Visit
from walrus_core.rpc.certificates import LiveCertificate
from walrus_core.rpc.gateway_options import CertificateFiles
from walrus_core.services.engine import Pool
from walrus_core.services.uploads import UploadState
from walrus_core.services.uploads.room import Usage

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
METRIC = re.compile(r"\b((?:grpc_server|walrus_core|process|python)_[a-z_]+)\b")


class NoUploads:
    """A server that has nothing to store."""

    async def census(self) -> dict[UploadState, Usage]:
        return {UploadState.FAILED: Usage()}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the metrics that a server with all files tells, once there has been a call."""
    pool = Pool()
    metrics = GatewayMetrics(pool)
    files = CertificateFiles(*Authority().write(tmp_path_factory.mktemp("certificate")))
    metrics.follow(None, LiveCertificate(files))
    metrics.connected(NoUploads())  # type: ignore[arg-type]
    metrics.attend(Visit(Method("s", "m", "k", "unary"), "", {})).ended("OK", 0.1)
    text = asyncio.run(metrics.page()).decode()
    pool.close()
    assert "_created" not in text
    return set(re.findall(r"^([a-z_]+)[ {]", text, re.MULTILINE))


def expressions() -> list[str]:
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    board = json.loads((DEPLOY / "grafana.json").read_text())
    rules = [rule["expr"] for group in groups for rule in group["rules"]]
    panels = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    variables = [str(each["query"]) for each in board["templating"]["list"]]
    return [*rules, *panels, *variables]


def test_every_metric_that_is_named_is_told(told: set[str]) -> None:
    named = {name for text in expressions() for name in METRIC.findall(text)}
    assert len(named) >= 12
    assert named <= told


def test_every_metric_of_its_own_is_on_the_board(told: set[str]) -> None:
    board = (DEPLOY / "grafana.json").read_text()
    own = {name for name in told if name.startswith("walrus_core_gateway_")}
    assert {name for name in own if name not in board} <= {"walrus_core_gateway_jobs"}


def test_alerts_say_what_to_do() -> None:
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    for group in groups:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("page", "ticket")
            assert rule["annotations"].keys() == {"summary", "description"}


def test_each_alert_fires_when_it_should() -> None:
    """And not when it should not: Prometheus' own tool says so, if it is there."""
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    names = {rule["alert"] for group in rules for rule in group["rules"]}
    cases = yaml.safe_load((DEPLOY / "alerts_test.yaml").read_text())["tests"]
    asked = [expression for case in cases for expression in case["promql_expr_test"]]
    fires = "".join(each["expr"] for each in asked if each["exp_samples"])
    assert {name for name in names if f'"{name}"' not in fires} == set()
    if not shutil.which("promtool"):
        pytest.skip("promtool is needed: Debian has it in prometheus")
    subprocess.run(["promtool", "check", "rules", "alerts.yaml"], cwd=DEPLOY, check=True)
    subprocess.run(["promtool", "test", "rules", "alerts_test.yaml"], cwd=DEPLOY, check=True)


def test_the_unit_forbids_nothing_that_is_needed(tmp_path: Path) -> None:
    """The server answers under its filter of system calls."""
    if not shutil.which("systemd-analyze") or not find_library("seccomp"):
        pytest.skip("systemd-analyze and libseccomp are needed")
    unit = DEPLOY / "walrus-core-serve.service"
    program = [sys.executable, "-m", "walrus_core", "serve", "--json", "--listen", "127.0.0.1:0"]
    command = [sys.executable, str(Path(__file__).with_name("confined.py")), str(unit), *program]
    log = tmp_path / "log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, env=places(tmp_path), stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, log.read_text()
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert "Seccomp:\t2" in status
            assert name_blob(json.loads(line)["address"]) == bytes(BLOB_ID)
        finally:
            process.terminate()
    assert process.returncode == 0, log.read_text()


def test_the_errors_are_those_of_the_table() -> None:
    """Written by tests/deploy/errors_document.py."""
    assert errors_document.DOCUMENT.read_text(encoding="utf-8") == errors_document.rendered()


def test_the_callers_of_the_readme(tmp_path: Path) -> None:
    text = (TOP / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(callers:.*?)^```", text, re.DOTALL | re.MULTILINE)
    file = tmp_path / "callers.yaml"
    file.write_text(example)
    book = load_callers(file)
    assert [caller.name for caller in book.by_token.values()] == ["ingest"]
    assert [caller.name for caller in book.by_certificate.values()] == ["reader"]


def test_the_unit_is_one(tmp_path: Path) -> None:
    """As systemd sees it, but for where the program is."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is needed")
    text = (DEPLOY / "walrus-core-serve.service").read_text()
    [start] = re.findall(r"^ExecStart=(\S+) (.*)$", text, re.MULTILINE)
    unit = tmp_path / "walrus-core-serve.service"
    unit.write_text(text.replace(start[0], shutil.which("true") or "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
    )
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, complaints) == (0, [])
    assert_options_exist(start[1].split())


def test_the_container_installs_what_there_is() -> None:
    """It is not built here; but what it names exists."""
    text = (DEPLOY / "Containerfile").read_text()
    extras = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"'\.\[(\w+)\]'", text)) <= extras.keys()
    for copied in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE):
        assert all((TOP / name).exists() for name in copied.split())
    [entry] = re.findall(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)
    assert_options_exist(json.loads(entry)[1:])


def assert_options_exist(words: list[str]) -> None:
    assert words[0] == "serve"
    help_text = CliRunner().invoke(app, ["serve", "--help"]).output
    for word in words:
        assert not word.startswith("--") or word in help_text
