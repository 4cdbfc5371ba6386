"""Slivers to blob, trusted and untrusted."""

from collections.abc import Callable

import pytest


@pytest.mark.contests("decode_trusted", "decode_checked")
def test_decode(run: Callable[[], None]) -> None:
    run()
