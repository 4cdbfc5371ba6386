"""Whole processes, from file to file."""

from collections.abc import Callable

import pytest


@pytest.mark.contests("process_encode", "process_decode")
def test_process(run: Callable[[], None]) -> None:
    run()
