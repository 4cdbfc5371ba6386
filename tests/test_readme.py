"""What the README tells people to type does what it says."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.serving import RunningServer, running_server
from localnet.running_network import RunningNetwork, running_network
from sui import official_sdk

import walrus_core as wc
from walrus_core.cli import serve

ADDRESS = "127.0.0.1:9186"
README = Path(__file__).parents[1] / "README.md"


def code_blocks(language: str) -> list[str]:
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNetwork]:
    with running_network(tmp_path_factory.mktemp("home")) as running:
        yield running


def run_in_shell(lines: list[str], directory: Path, environment: dict[str, str]) -> None:
    """Type these lines."""
    program = f'walrus-core() {{ {shlex.quote(sys.executable)} -m walrus_core "$@"; }}'
    script = "\n".join(["set -euo pipefail", program, *lines])
    subprocess.run(["bash", "-c", script], cwd=directory, env=environment, check=True)


@pytest.fixture(scope="module")
def server(
    network: RunningNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """With the network, at another address than it has by itself."""
    home = tmp_path_factory.mktemp("server")
    with running_server(home, environment=network.environment) as running:
        assert running.values["connected"]
        yield running


@pytest.mark.parametrize("example", code_blocks("python"))
def test_the_python_examples(
    example: str, network: RunningNetwork, request: pytest.FixtureRequest
) -> None:
    assert len(example.splitlines()) <= 22
    if ADDRESS in example:
        server: RunningServer = request.getfixturevalue("server")
        example = example.replace(ADDRESS, server.address)
    subprocess.run([sys.executable, "-c", example], env=network.environment, check=True)


def test_the_typescript_example(server: RunningServer, tmp_path: Path) -> None:
    """Its types are checked as far as they go, and it prints the right ID."""
    official = official_sdk.install()
    (example,) = code_blocks("typescript")
    assert len(example.splitlines()) <= 30
    (tmp_path / "node_modules").symlink_to(official / "node_modules")
    (tmp_path / "proto").symlink_to(README.parent / "proto")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "example.ts").write_text(example.replace(ADDRESS, server.address))
    compiler = official / "node_modules" / "typescript" / "bin" / "tsc"
    options = ["--target", "es2022", "--module", "nodenext", "--strict", "--skipLibCheck"]
    subprocess.run(["node", str(compiler), *options, "example.ts"], cwd=tmp_path, check=True)
    done = subprocess.run(
        ["node", "example.js"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(wc.compute_metadata(b"a blob " * 1000, 1000).blob_id)


def test_the_server_example() -> None:
    """Each command line is one that the program takes; the README's servers would never end."""
    (example,) = [block for block in code_blocks("sh") if "walrus-core serve" in block]
    for line in example.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        if program == "walrus-core":
            words = arguments[: arguments.index(">")] if ">" in arguments else arguments
            options = serve.command.make_context("serve", words[1:], obj=None).params
            assert options


@pytest.mark.parametrize("up", ["chain up", "network up"])
def test_the_chain_and_network_examples(up: str, network: RunningNetwork, tmp_path: Path) -> None:
    (example,) = [block for block in code_blocks("sh") if up in block]
    first, *lines = example.splitlines()
    assert up in first  # it runs already
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"not really a photo" * 1000)
    run_in_shell(lines, tmp_path, network.environment)
    if up == "network up":
        assert (tmp_path / "photo-again.jpg").read_bytes() == photo.read_bytes()
        assert (tmp_path / "start").read_bytes() == photo.read_bytes()[:100]


def test_the_operators_example(network: RunningNetwork, tmp_path: Path) -> None:
    """All but `serve`, which does not end by itself; `tests/daemon` has that."""
    (example,) = [block for block in code_blocks("sh") if "node init" in block]
    init, serve, *others = example.splitlines()
    assert "node serve" in serve
    run_in_shell([init], tmp_path, network.environment)
    assert (tmp_path / "mynode" / "node.yaml").exists()
    assert all("--config mynode/node.yaml" in line for line in others)


def test_what_if(tmp_path: Path) -> None:
    (example,) = [block for block in code_blocks("sh") if " simulate " in block]
    for line in example.splitlines():
        _, *arguments = shlex.split(line, comments=True)
        arguments = [str(README.parent / a) if a.startswith("examples/") else a for a in arguments]
        command = [sys.executable, "-m", "walrus_core", *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "shards.png").stat().st_size > 0


def test_the_shell_example(tmp_path: Path) -> None:
    (example,) = [block for block in code_blocks("sh") if " encode " in block]
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"not really a photo" * 1000)
    for line in example.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "walrus-core"
        command = [sys.executable, "-m", "walrus_core", *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "photo-again.jpg").read_bytes() == photo.read_bytes()


@pytest.mark.parametrize("purpose", [r"walrus-core demo", r"python -m pytest"])
def test_the_two_commands_are_one_line_each(purpose: str) -> None:
    """They set up and run; .ci/run takes the second from here."""
    setup = r"python3 -m venv \.venv && \.venv/bin/python -m pip install -e \S+"
    found = re.findall(
        rf"^{setup} && \.venv/bin/{purpose}$", README.read_text("utf-8"), re.MULTILINE
    )
    assert len(found) == 1
