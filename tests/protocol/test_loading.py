"""The library of signatures loads when a signature is needed, and says so where it is missing."""

import subprocess
import sys
from pathlib import Path

import walrus_core as wc

ROOT = Path(wc.__file__).parents[1]

WITHOUT = """
import sys
sys.modules["py_arkworks_bls12381"] = None  # as if it were not installed
import walrus_core as wc
from walrus_core.protocol import messages, quorum, signers
print(bytes(wc.Confirmation(21, wc.BlobId(bytes(32)))).hex()[:14], wc.Threshold.QUORUM.least(1000))
try:
    wc.KeyPair
except wc.MissingDependencyError as error:
    print(error.extra, "pip install 'walrus-core[protocol]'" in str(error))
"""

LAZY = """
import sys, walrus_core
from walrus_core.protocol import fields, messages, quorum, signers, wire
print("py_arkworks_bls12381" in sys.modules, "numpy" in sys.modules)
walrus_core.KeyPair
print("py_arkworks_bls12381" in sys.modules, "numpy" in sys.modules)
"""


def output_of(program: str) -> list[str]:
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def test_messages_need_no_library() -> None:
    assert output_of(WITHOUT) == ["01000315000000 667", "protocol True"]


def test_the_library_loads_late() -> None:
    assert output_of(LAZY) == ["False False", "True False"]
