"""The transforms alone, by engine; and the one-dimensional code against reed-solomon-leopard."""

from collections.abc import Callable

import pytest


@pytest.mark.contests("transforms")
def test_transforms(run: Callable[[], None]) -> None:
    run()


@pytest.mark.contests("code_extend", "code_decode")
def test_code(run: Callable[[], None]) -> None:
    pytest.importorskip("reed_solomon_leopard", reason="no wheel for this Python")
    run()
