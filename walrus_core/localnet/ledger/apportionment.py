"""Shards per node, in proportion to stake: D'Hondt's method with a cap (contract.md, section 5)."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from walrus_core.localnet.ledger.integers import ceil_div, u64
from walrus_core.protocol.aborts import abort

# From this many nodes on, no node holds more than a tenth of the shards, whatever its stake.
NODES_FOR_FLAT_CAP = 20


def max_shards_per_node(n_nodes: int, n_shards: int) -> int:
    """The cap: a tenth of the shards among 20 nodes or more, twice the even share among fewer."""
    if n_nodes >= NODES_FOR_FLAT_CAP:
        return n_shards // 10
    return ceil_div(2 * n_shards, n_nodes)


def apportion(n_shards: int, stakes: Sequence[int]) -> list[int]:
    """The number of shards of each node.

    `stakes` (FROST) stand in the order of the active set; among equal claims the earlier node wins.
    Aborts when there is no stake at all, or when every node has reached the cap before all shards
    are given away.
    """
    total = u64(sum(stakes))
    if total == 0:
        raise abort("staking_inner", "ENoStake")
    cap = max_shards_per_node(len(stakes), n_shards)
    # A start that never exceeds the final answer, so that few shards are left to hand out singly.
    stake_per_shard = total // (n_shards + 1) + 1
    shards = [min(stake // stake_per_shard, cap) for stake in stakes]
    claims = [
        (-_quotient(stake, given), node, stake)
        for node, (stake, given) in enumerate(zip(stakes, shards, strict=True))
        if given != cap
    ]
    heapq.heapify(claims)
    for _ in range(n_shards - sum(shards)):
        if not claims:
            raise abort("apportionment_queue", "EPopFromEmptyHeap")
        _, node, stake = claims[0]
        shards[node] += 1
        if shards[node] == cap:
            heapq.heappop(claims)
        else:
            heapq.heapreplace(claims, (-_quotient(stake, shards[node]), node, stake))
    return shards


def _quotient(stake: int, shards: int) -> int:
    """What a node bids for one more shard: stake / (shards + 1) as the contract's UQ64.64."""
    return (stake << 64) // (shards + 1)
