"""Who is struck in the demo, and how."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from walrus_core.errors import InvalidArgumentError

__all__ = ["LIES", "Fate"]

LIES = {
    "flip": "flips a bit in all that it sends",
    "other": "sends other slivers than those asked for",
    "absent": "says that it has nothing",
}
"""What a liar may do here (`localnet.network.lies`), in words."""


@dataclass(frozen=True, slots=True)
class Fate:
    """Nodes, by number, that fail: together they hold as many shards as the code forgives, or as
    near to that as whole nodes come.

    One of them lies; the others are killed; `liar` is None if only one can fail.
    """

    killed: tuple[int, ...]
    liar: int | None
    lie: str
    n_shards: int

    @classmethod
    def plan(cls, weights: Sequence[int], n_faulty: int, chance: random.Random) -> Fate:
        """Fate for nodes that hold so many shards each, of which `n_faulty` may fail in all."""
        struck = _heaviest(weights, n_faulty, range(len(weights)), chance)
        if not struck:
            raise InvalidArgumentError(
                f"each node holds more than the {n_faulty} shards that may fail;"
                " give --n-shards 100"
            )
        lie = chance.choice(list(LIES))
        liar = struck[-1] if len(struck) > 1 else None
        killed = tuple(sorted(struck if liar is None else struck[:-1]))
        return cls(killed, liar, lie, sum(weights[node] for node in struck))

    def strike_again(
        self, weights: Sequence[int], n_faulty: int, chance: random.Random
    ) -> tuple[int, ...]:
        """Whom to kill when those killed are well again, and the liar goes on."""
        others = [node for node in range(len(weights)) if node not in (*self.killed, self.liar)]
        lying = 0 if self.liar is None else weights[self.liar]
        return tuple(sorted(_heaviest(weights, n_faulty - lying, others, chance)))


def _heaviest(
    weights: Sequence[int], most: int, among: Sequence[int], chance: random.Random
) -> list[int]:
    """Nodes that hold as many shards as can be had without more than `most`, in any order; none
    if each is too heavy.
    """
    subsets = [
        subset
        for count in range(len(among) + 1)
        for subset in combinations(among, count)
        if sum(weights[node] for node in subset) <= most
    ]
    heaviest = max(sum(weights[node] for node in subset) for subset in subsets)
    best = [s for s in subsets if sum(weights[node] for node in s) == heaviest]
    chosen = list(chance.choice(best))
    chance.shuffle(chosen)
    return chosen
