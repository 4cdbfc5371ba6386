"""Scenarios lived through: small enough to be counted by hand."""

import itertools

import pytest

from walrus_core.localnet.outcome import NodeReward, Outcome
from walrus_core.localnet.scenario import (
    Event,
    NodePlan,
    ReserveStorage,
    Scenario,
    Stake,
    StoreBlobs,
    Unstake,
    Vote,
)
from walrus_core.localnet.simulation import simulate

WAL = 10**9
MIB = 2**20


def node(name: str, stake: int, *, price: int = 5, commission_rate: int = 0) -> NodePlan:
    """With a stake in WAL, and a terabyte of its own."""
    return NodePlan(name, stake * WAL, price, 1, 10**12, commission_rate)


def outcome_of(nodes: list[NodePlan], *epochs: list[Event], n_shards: int = 10) -> Outcome:
    return simulate(Scenario(n_shards, tuple(nodes), tuple(tuple(events) for events in epochs)))


def shards(outcome: Outcome) -> list[dict[str, int]]:
    return [{m.name: len(m.shards) for m in c.members} for c in outcome.committees]


def test_shards_follow_the_stake_one_epoch_later() -> None:
    moves = [Stake("s", "b", 40 * WAL), Unstake("u", "a", 40 * WAL)]
    outcome = outcome_of([node("a", 60), node("b", 40), node("c", 0)], moves, [])
    assert shards(outcome) == [{"a": 6, "b": 4}, {"a": 2, "b": 8}, {"a": 2, "b": 8}]
    assert [c.moved for c in outcome.committees] == [0, 4, 0]
    assert outcome.nodes == ("a", "b", "c")
    first, second, _ = outcome.committees
    assert (first.joined, second.joined, second.left) == (("a", "b"), (), ())
    held = sorted(itertools.chain.from_iterable(member.shards for member in second.members))
    assert held == list(range(10))


def test_an_epochs_income_is_burned_paid_and_left_over() -> None:
    usage = [ReserveStorage("r", 1000 * MIB, 1)]
    outcome = outcome_of([node("a", 60, commission_rate=1000), node("b", 40)], usage, [])
    first, second = outcome.epochs
    assert (first.income, first.burned) == (5000, 150)
    assert first.rewards == (NodeReward("a", 2910, 291), NodeReward("b", 1940, 0))
    assert second.income == 5000 - 150 - 2910 - 1940
    a, b = outcome.stakes
    assert (a.earned, b.earned) == (2910 - 291, 1940)
    assert a.epochs_active(outcome.following.epoch) == 2


def test_a_stake_in_pieces_leaves_oldest_first_and_is_paid_out() -> None:
    usage = [ReserveStorage("r", 1000 * MIB, 10)]
    leave = [Unstake("u", "a", 30 * WAL)]
    more = [Stake("s", "a", 20 * WAL), *usage]
    outcome = outcome_of([node("a", 20)], more, usage, leave, [])
    old, kept, left = outcome.stakes
    assert (old.principal, old.withdraw_epoch, old.paid_out) == (20 * WAL, 4, True)
    assert (left.principal, left.withdraw_epoch, left.paid_out) == (10 * WAL, 4, True)
    assert (kept.principal, kept.activation_epoch, kept.withdraw_epoch) == (10 * WAL, 2, None)
    now = outcome.following.epoch
    assert [s.epochs_active(now) for s in outcome.stakes] == [3, 3, 2]
    assert old.earned > 2 * left.earned > 0, "it was there one epoch longer"


def test_what_never_counted_is_paid_out_at_once() -> None:
    outcome = outcome_of(
        [node("a", 5), node("b", 0)], [Stake("s", "b", WAL), Unstake("u", "b", None)]
    )
    assert outcome.stakes[1].paid_out
    assert outcome.stakes[1].epochs_active(outcome.following.epoch) == 0


def test_prices_follow_a_vote_at_once_and_capacity_the_next_committee() -> None:
    vote = [Vote("v", "a", storage_price=9, write_price=7, capacity=3 * 10**12)]
    outcome = outcome_of([node("a", 10)], [], vote, [])
    seen = [(e.storage_price, e.write_price, e.total_capacity) for e in outcome.epochs]
    assert seen == [(5, 1, 10**12), (9, 7, 10**12), (9, 7, 3 * 10**12)]


def test_what_blobs_cost() -> None:
    outcome = outcome_of([node("a", 10)], [StoreBlobs("u", 10**6, 3, 10)])
    (bought,) = outcome.epochs[0].purchases
    assert (bought.encoded_size, bought.units) == (3_935_480, 4)
    assert (bought.storage_cost, bought.write_cost) == (4 * 5 * 3 * 10, 4 * 10)
    assert bought.cost == 640
    assert outcome.epochs[0].used_capacity == 10 * 3_935_480


def test_what_is_refused_is_told_and_changes_nothing() -> None:
    events: list[Event] = [
        ReserveStorage("too much", 10**13, 1),
        StoreBlobs("too long", 1, 54),
        StoreBlobs("too large", 2**40, 1),
        Stake("too little", "a", 1),
        Unstake("more than there is", "a", 11 * WAL),
        Unstake("leaves too little", "a", 10 * WAL - 1),
        StoreBlobs("the last is too many", 10**10, 1, 25),
    ]
    outcome = outcome_of([node("a", 10)], events, [])
    assert [refusal.where for refusal in outcome.refusals] == [event.where for event in events]
    assert {refusal.epoch for refusal in outcome.refusals} == {1}
    reasons = [refusal.reason for refusal in outcome.refusals]
    for reason, part in zip(
        reasons,
        ["EStorageExceeded", "EInvalidEpochsAhead", "overflow", "EStakeBelowThreshold"],
        strict=False,
    ):
        assert part in reason
    assert reasons[4] == f"{11 * WAL} FROST > {10 * WAL} FROST staked there"
    untouched = outcome_of([node("a", 10)], [], [])
    assert outcome.epochs == untouched.epochs
    assert outcome.stakes == untouched.stakes


def test_stakes_beyond_all_wal_are_refused() -> None:
    outcome = outcome_of([node("a", 5_000_000_000), node("b", 1)])
    assert [(r.epoch, r.where) for r in outcome.refusals] == [(0, "nodes[1].stake")]
    assert shards(outcome) == [{"a": 10}]


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_network_that_nobody_stakes_with_stands_still(epochs: int) -> None:
    outcome = outcome_of([node("a", 0)], *([[]] * epochs))
    assert outcome.stuck
    assert "ENoStake" in outcome.stuck
    assert (outcome.epochs, outcome.following.epoch, outcome.following.members) == ((), 0, ())


def test_everybody_leaves() -> None:
    outcome = outcome_of([node("a", 10)], [], [Unstake("u", "a", None)], [])
    assert outcome.stuck
    assert (len(outcome.epochs), outcome.following.epoch) == (1, 2)
    assert [c.epoch for c in outcome.committees] == [1, 2]


def test_version_3_elects_fewer_nodes() -> None:
    nodes = tuple(node(f"n{number}", 1000 + number) for number in range(120))
    sizes = {
        version: len(simulate(Scenario(1000, nodes, (), version)).following.members)
        for version in (3, 4)
    }
    assert sizes == {3: 111, 4: 120}
