"""What the README tells people to type does what it says."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from localnet.sui_node.running_chain import RunningChain, start

README = Path(__file__).parents[1] / "README.md"


def code_blocks(language: str) -> list[str]:
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningChain]:
    running = start(tmp_path_factory.mktemp("home"))
    yield running
    running.stop()


def at(chain: RunningChain) -> dict[str, str]:
    return {**os.environ, "WALRUS_CORE_HOME": str(chain.home)}


@pytest.mark.parametrize("example", code_blocks("python"))
def test_the_python_examples(example: str, chain: RunningChain) -> None:
    assert len(example.splitlines()) <= 22
    subprocess.run([sys.executable, "-c", example], env=at(chain), check=True)


def test_the_chain_example(chain: RunningChain) -> None:
    (example,) = [block for block in code_blocks("sh") if "chain up" in block]
    _, *lines = example.splitlines()  # the chain runs already
    for line in lines:
        _, *arguments = shlex.split(line, comments=True)
        command = [sys.executable, "-m", "walrus_core", *arguments]
        subprocess.run(command, env=at(chain), check=True, capture_output=True)


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
