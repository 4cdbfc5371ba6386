"""The figures that issue 4 asks for, and what was reached of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness import KIB, MIB, OURS, SIZES, Row


@dataclass(frozen=True)
class Target:
    """At least, or at most, these ratios of the last contender's time to this one's, by size."""

    title: str
    contest: str
    contender: str
    wanted: Mapping[int, float]
    at_most: bool = False

    def verdict(self, row: Row) -> str:
        """Nothing if the ratio is what was wanted; else "miss", or "miss within spread" if some
        round reached it.
        """
        ratio, wanted = row["ratios"][self.contender], self.wanted[row["size"]]
        reached, best = ratio["median"] >= wanted, ratio["max"] >= wanted
        if self.at_most:
            reached, best = ratio["median"] <= wanted, ratio["min"] <= wanted
        return "" if reached else "miss within spread" if best else "miss"


def by_size(*wanted: float) -> Mapping[int, float]:
    """For 1 KiB, 1 MiB, 32 MiB and 256 MiB."""
    return dict(zip(SIZES, wanted, strict=True))


MAX_COPY_FACTOR = 1.5
"""Of the time to copy as many bytes, for what streams."""

TARGETS = (
    Target("encode", "encode", OURS, by_size(14, 8, 5, 10)),
    Target("decode, unchecked", "decode_trusted", OURS, by_size(300, 150, 10, 7)),
    Target("decode, proven", "decode_checked", OURS, by_size(20, 12, 8, 10)),
    Target("verify a primary sliver", "verify_sliver", OURS, by_size(5, 5, 4, 3)),
    Target("encode: share of the bound", "bound", OURS, by_size(0.75, 0.85, 0.65, 0.65)),
    Target("two threads over one", "encode_by_threads", "2 threads", by_size(1.8, 1.8, 1.8, 1.8)),
    Target("encode with AVX2", "encode_by_engine", "avx2", by_size(6, 4, 3, 5)),
    Target("encode with portable C", "encode_by_engine", "scalar", {MIB: 1}),
    Target(
        "all recovery symbols over one",
        "recovery_symbols",
        "one",
        by_size(1.5, 1.5, 1.5, 1.5),
        at_most=True,
    ),
    Target("many blobs in one call", "encode_many", "in one call", {10 * KIB: 1}),
)


def targets_of(row: Row) -> list[Target]:
    """Those that a row of ratios.json has something to say about."""
    return [
        target
        for target in TARGETS
        if target.contest == row["contest"]
        and row["size"] in target.wanted
        and target.contender in row["ratios"]
    ]
