"""What is in deploy/ fits the server that it is for."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from walrus_core.cli.app import app
from walrus_core.daemon.gateway.metrics import GatewayMetrics
from walrus_core.rpc.attendants import Method, Visit
from walrus_core.services.engine import Pool

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
METRIC = re.compile(r"\b((?:grpc_server|walrus_core|process|python)_[a-z_]+)\b")


@pytest.fixture(scope="module")
def told() -> set[str]:
    """The names of the metrics that a server tells, once there has been a call."""
    pool = Pool()
    metrics = GatewayMetrics(pool)
    metrics.attend(Visit(Method("s", "m", "k", "unary"), "", {})).ended("OK", 0.1)
    text = metrics.text().decode()
    pool.close()
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
