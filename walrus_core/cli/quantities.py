"""Numbers with their units, as people read them."""

from __future__ import annotations

import math

from walrus_core.types import FROST_PER_WAL

_BINARY_UNITS = ("KiB", "MiB", "GiB", "TiB")


def size_text(n_bytes: float) -> str:
    """Bytes in the largest binary unit that keeps the number at least 1: `17 bytes`, `2.4 MiB`."""
    if n_bytes < 1024:
        return count_text(int(n_bytes), "byte")
    exponent = min(int(math.log(n_bytes, 1024)), len(_BINARY_UNITS))
    return f"{_three_digits(n_bytes / 1024**exponent)} {_BINARY_UNITS[exponent - 1]}"


def duration_text(seconds: float) -> str:
    """Seconds, milliseconds or microseconds, three digits: `1.24 s`, `85.0 ms`, `310 µs`."""
    if seconds >= 1:
        return f"{_three_digits(seconds)} s"
    if seconds >= 1e-3:
        return f"{_three_digits(seconds * 1e3)} ms"
    return f"{_three_digits(seconds * 1e6)} µs"


def rate_text(n_bytes: int, seconds: float) -> str:
    """Throughput: `81.3 MiB/s`."""
    return f"{size_text(n_bytes / max(seconds, 1e-9))}/s"


def wal_text(frost: int) -> str:
    """Money: `1,234.5678 WAL`, cut after four decimals; below 0.001 WAL in FROST."""
    if frost < FROST_PER_WAL // 1000:
        return f"{frost:,} FROST"
    whole, rest = divmod(frost // 100_000, 10_000)
    return f"{whole:,}.{rest:04} WAL"


def count_text(count: int, noun: str) -> str:
    """A counted noun: `1 sliver`, `2,000 slivers`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _three_digits(value: float) -> str:
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f}"
