"""Many small networks, each with other troubles: `pytest -m simulation --seeds 0-999`."""

from __future__ import annotations

import pytest
from simulation.scenario import simulate

pytestmark = pytest.mark.simulation


def test_nothing_that_is_certified_is_lost(seed: int) -> None:
    try:
        simulate(seed)
    except Exception as error:
        error.add_note(f"again: python -m pytest -m simulation --seeds {seed}")
        raise
