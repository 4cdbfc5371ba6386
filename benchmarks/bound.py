"""How much of an encode's time its arithmetic needs: the honest figure on any CPU.

The bound is what walrus_core/cli/bench_bound.py counts (compressions over leaves and inner nodes,
butterflies), times what the engine's inner functions take for each on data in the nearest cache,
measured in the same rounds as the encode.
"""

from collections.abc import Callable
from dataclasses import asdict

from harness import OURS, Contender, Contest, Row, Run, Series, spread
from material import N_SHARDS, blob, symbol_size

import walrus_core as wc
from walrus_core import kernel
from walrus_core.cli.bench_bound import LARGEST_BARE_SYMBOL, Bare, Rates, Work

ROUNDS: dict[Bare, int] = {"leaves": 500, "parents": 5000, "transforms": 100}
"""A run of each takes about a millisecond on a fast engine."""


def bare(what: Bare) -> Callable[[int], Run]:
    """An inner function alone, for symbols as a blob of this size has them."""

    def prepare(size: int) -> Run:
        measured = min(symbol_size(size), LARGEST_BARE_SYMBOL)
        return lambda: kernel.run_bare(what, ROUNDS[what], measured)

    return prepare


def encode(size: int) -> Run:
    data = blob(size)
    return lambda: wc.encode(data, n_shards=N_SHARDS, threads=1)


def hold_against_bound(size: int, seconds: Series) -> Row:
    """Replace the bare runs by the bound of each round; tell what it is made of."""
    work = Work.of(blob(size), N_SHARDS)
    units = {what: bare(what)(size)() for what in ROUNDS}
    each = {what: [s / units[what] for s in seconds.pop(what)] for what in ROUNDS}
    seconds["bound"] = [work.seconds(Rates(*rates)) for rates in zip(*each.values(), strict=True)]
    return {"work": asdict(work), "rates": {what: spread(rates) for what, rates in each.items()}}


BOUND = Contest(
    "encode against its arithmetic bound",
    (Contender(OURS, encode), *(Contender(what, bare(what)) for what in ROUNDS)),
    derive=hold_against_bound,
)
