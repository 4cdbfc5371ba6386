"""Cells and tables of the documents."""

from collections.abc import Iterable


def digits(value: float) -> str:
    """Three of them."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def duration(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * scale >= 1:
            return f"{digits(seconds * scale)} {unit}"
    return f"{digits(seconds * 1e9)} ns"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    header = list(header)
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def reach(values: Iterable[object]) -> str:
    """The least and the largest, or the one value that there is."""
    found = sorted(set(values))
    return " to ".join(map(str, dict.fromkeys([found[0], found[-1]])))
