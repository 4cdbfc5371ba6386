"""The same seed is the same simulation, whatever ran before it, and however sets are ordered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from simulation.scenario import simulate

TESTS = Path(__file__).parents[1]
SEEDS = 3, 21, 47

PROGRAM = """
from simulation.scenario import simulate
for seed in {seeds}:
    print(simulate(seed).trace.digest())
"""

pytestmark = pytest.mark.simulation


def test_the_same_seed_gives_the_same_trace() -> None:
    digests = [simulate(seed).trace.digest() for seed in SEEDS]
    assert len(set(digests)) == len(SEEDS)
    for hash_seed in "1", "2":
        assert digests_in_a_process(hash_seed) == digests


def digests_in_a_process(hash_seed: str) -> list[str]:
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(seeds=SEEDS[::-1])],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()[::-1]
