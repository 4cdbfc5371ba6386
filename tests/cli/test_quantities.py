"""Numbers as people read them."""

import pytest

from walrus_core.cli.quantities import count_text, duration_text, rate_text, size_text, wal_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1.00 KiB"),
        (85_297, "83.3 KiB"),
        (1024**2 - 1, "1,024 KiB"),
        (1024**2, "1.00 MiB"),
        (14_599_533_452, "13.6 GiB"),
        (1024**4, "1.00 TiB"),
        (1024**6, "1,048,576 TiB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.000_31, "310 µs"),
        (0.085, "85.0 ms"),
        (0.999_96, "1,000 ms"),
        (1.236, "1.24 s"),
        (9.996, "10.0 s"),
        (754.2, "754 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("frost", "text"),
    [
        (0, "0 FROST"),
        (999_999, "999,999 FROST"),
        (1_000_000, "0.0010 WAL"),
        (1_234_567_899_999, "1,234.5678 WAL"),
        (5 * 10**18, "5,000,000,000.0000 WAL"),
    ],
)
def test_money(frost: int, text: str) -> None:
    assert wal_text(frost) == text


def test_rates_and_counts() -> None:
    assert rate_text(32 << 20, 0.25) == "128 MiB/s"
    assert rate_text(0, 0.0) == "0 bytes/s"
    assert count_text(1, "sliver") == "1 sliver"
    assert count_text(2000, "sliver") == "2,000 slivers"
