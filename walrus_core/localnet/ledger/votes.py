"""What a committee's votes come to: prices and capacity (contract.md, section 10).

A vote is a pair (value, weight), the weight counted in shards. Only values count, never who voted
first: equal values give the same winner in any order.
"""

from __future__ import annotations

from collections.abc import Iterable

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger.integers import U64_MAX, floor_div, u128
from walrus_core.protocol.quorum import Threshold

__all__ = ["Vote", "capacity_in_force", "capacity_vote", "price_in_force"]

Vote = tuple[int, int]


def price_in_force(votes: Iterable[Vote], n_shards: int) -> int:
    """The lowest price that two thirds of the shards vote at or below.

    Found from above: the first price whose removal leaves no quorum. Without any vote (epoch 0)
    there is nothing to buy at: 2^64 - 1.
    """
    weight_below = n_shards
    for price, weight in sorted(votes, reverse=True):
        weight_below -= weight
        if not Threshold.QUORUM.reached(weight_below, n_shards):
            return price
    return U64_MAX


def capacity_in_force(votes: Iterable[Vote], n_shards: int) -> int:
    """The highest capacity (bytes) that two thirds of the shards vote at or above."""
    weight_above = 0
    for capacity, weight in sorted(votes, reverse=True):
        weight_above += weight
        if Threshold.QUORUM.reached(weight_above, n_shards):
            return capacity
    raise InvalidArgumentError(f"the votes weigh {weight_above} of {n_shards} shards: no quorum")


def capacity_vote(node_capacity: int, weight: int, n_shards: int) -> int:
    """What a node's capacity means for the whole network, scaled up from its shards."""
    return min(floor_div(u128(node_capacity * n_shards), weight), U64_MAX)
