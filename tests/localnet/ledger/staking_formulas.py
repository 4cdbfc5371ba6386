"""The formulas of Staking, by group of contract.json."""

import pytest
from localnet.ledger.known_contract import Entry, as_listed, node_id, shard_list

from walrus_core.errors import Abort
from walrus_core.localnet.ledger import Ledger, LedgerConfig
from walrus_core.localnet.ledger.active_set import ActiveSet
from walrus_core.localnet.ledger.apportionment import apportion, max_shards_per_node
from walrus_core.localnet.ledger.committee import Committee
from walrus_core.localnet.ledger.exchange_rate import ExchangeRate
from walrus_core.localnet.ledger.votes import capacity_in_force, capacity_vote, price_in_force


def of_apportionment(n_shards: int, stakes: list[int]) -> Entry:
    shards = apportion(n_shards, stakes)
    return {"shards": shards, "cap": max_shards_per_node(len(stakes), n_shards)}


def of_active_set(max_size: int, threshold: int, ops: list[tuple[int, int, bool]]) -> Entry:
    """Each operation is (node, stake, whether it is in the set afterwards)."""
    active_set = ActiveSet(max_size, threshold)
    with Ledger(LedgerConfig(n_shards=1)).transaction():
        for node, stake, inside in ops:
            assert active_set.insert_or_update(node_id(node), stake) is inside
    final = [[int.from_bytes(node, "big"), stake] for node, stake in active_set.nodes]
    return {"final": final, "total": active_set.total_stake}


def of_committee(steps: list[Entry]) -> Entry:
    """Each step goes on from the last committee that there was."""
    committee = Committee()
    for step in steps:
        assignment = [(node_id(number), count) for number, count in step.pop("assign")]
        if "abort" in step:
            with pytest.raises(Abort) as caught:
                committee.next(assignment)
            assert {"abort": as_listed(caught.value)} == step
            continue
        following = committee.next(assignment)
        assert transition(committee, following, first=not committee) == step
        committee = following
    return {}


def transition(before: Committee, after: Committee, *, first: bool) -> Entry:
    """What a step says about the new committee, and unless it is the first about the way there."""
    members = [[number_of(node), shard_list(shards)] for node, shards in after.members.items()]
    if first:
        return {"committee": members}
    held = {shard: node for node, shards in before.members.items() for shard in shards}
    moved = [
        shard for node, shards in after.members.items() for shard in shards if held[shard] != node
    ]
    left, joined = before.difference(after)
    return {
        "committee": members,
        "moved": len(moved),
        "left": list(map(number_of, left)),
        "joined": list(map(number_of, joined)),
    }


def number_of(node: bytes) -> int:
    return int.from_bytes(node, "big")


def of_price_votes(n_shards: int, votes: list[tuple[int, int]]) -> Entry:
    return {"price": price_in_force(map(tuple, votes), n_shards)}


def of_capacity_votes(
    n_shards: int, votes: list[list[int]], nodes: list[list[int]] | None = None
) -> Entry:
    """Where the nodes' own capacities are given, the votes follow from them."""
    if nodes is not None:
        assert votes == [[capacity_vote(own, weight, n_shards), weight] for own, weight in nodes]
    return {"capacity": capacity_in_force(map(tuple, votes), n_shards)}


def of_exchange_rate(wal: int, shares: int, amount: int) -> Entry:
    rate = ExchangeRate.of(wal, shares)
    return {"to_wal": rate.to_wal(amount), "to_shares": rate.to_shares(amount)}


FORMULAS = {
    "apportionment": of_apportionment,
    "active_set": of_active_set,
    "committee": of_committee,
    "price_votes": of_price_votes,
    "capacity_votes": of_capacity_votes,
    "exchange_rate": of_exchange_rate,
}
