"""The official SDK, pinned in official/package-lock.json: installed once, then run offline."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

DIRECTORY = Path(__file__).parent / "official"
INSTALL = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]


def install() -> Path:
    """Its directory, with node_modules as locked; the test is skipped where there is no Node."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node and npm are needed to compare with the official SDK")
    lock, installed = DIRECTORY / "package-lock.json", DIRECTORY / "node_modules/.of"
    with (DIRECTORY / ".installing").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_bytes() != lock.read_bytes():
            done = subprocess.run(INSTALL, cwd=DIRECTORY, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            installed.write_bytes(lock.read_bytes())
    return DIRECTORY


def answers(scenes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What build.mjs makes of scenes."""
    command = ["node", str(install() / "build.mjs")]
    done = subprocess.run(command, input=json.dumps(scenes), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
