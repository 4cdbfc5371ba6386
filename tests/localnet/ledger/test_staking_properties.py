"""The pure rules of staking against their definitions, and what holds of pools after any calls."""

import itertools
from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import assume, given, settings
from hypothesis.stateful import invariant
from localnet.ledger.any_calls import AnyCalls
from localnet.ledger.known_contract import node_id

from walrus_core.localnet.ledger.apportionment import apportion, max_shards_per_node
from walrus_core.localnet.ledger.committee import Committee
from walrus_core.localnet.ledger.exchange_rate import ExchangeRate
from walrus_core.localnet.ledger.votes import Vote, capacity_in_force, price_in_force
from walrus_core.protocol.quorum import Threshold

amounts = st.one_of(st.integers(1, 20), st.integers(1, 2**60))


@given(n_shards=st.integers(10, 120), stakes=st.lists(amounts, min_size=1, max_size=25))
def test_shards_go_one_by_one_to_the_largest_claim(n_shards: int, stakes: list[int]) -> None:
    assume(sum(stakes) < 2**64)
    cap = max_shards_per_node(len(stakes), n_shards)
    shards = [0] * len(stakes)
    for _ in range(n_shards):
        open_nodes = [node for node in range(len(stakes)) if shards[node] < cap]
        winner = max(open_nodes, key=lambda node: Fraction(stakes[node], shards[node] + 1))
        shards[winner] += 1
    assert apportion(n_shards, stakes) == shards


counts = st.dictionaries(st.integers(1, 9), st.integers(1, 12), min_size=1)


@given(start=counts, order=st.permutations(range(1, 10)), cuts=st.lists(st.integers(0, 60)))
def test_no_shard_moves_without_need(
    start: dict[int, int], order: list[int], cuts: list[int]
) -> None:
    before = Committee().next([(node_id(node), count) for node, count in start.items()])
    total = before.n_shards
    bounds = [0, *sorted({cut % total for cut in cuts[: len(order) - 1]} - {0}), total]
    sizes = [end - begin for begin, end in itertools.pairwise(bounds)]
    wanted = {node_id(node): size for node, size in zip(order, sizes, strict=False)}
    after = before.next(list(wanted.items()))
    assert dict(after.weights()) == wanted
    assert sorted(shard for node in after for shard in after.shards(node)) == list(range(total))
    for node in before:
        kept = set(before.shards(node)) & set(after.shards(node))
        assert len(kept) == min(before.weight(node), after.weight(node))


votes = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1)


@given(votes=votes)
def test_two_thirds_decide(votes: list[Vote]) -> None:
    n_shards = sum(weight for _, weight in votes)

    def stands(weight: int) -> bool:
        return Threshold.QUORUM.reached(weight, n_shards)

    values = {value for value, _ in votes}
    at_or_below = [p for p in values if stands(sum(w for value, w in votes if value <= p))]
    at_or_above = [c for c in values if stands(sum(w for value, w in votes if value >= c))]
    assert price_in_force(votes, n_shards) == min(at_or_below)
    assert capacity_in_force(votes, n_shards) == max(at_or_above)


@given(wal=amounts, shares=amounts, amount=amounts)
def test_nobody_gains_by_rounding(wal: int, shares: int, amount: int) -> None:
    rate = ExchangeRate.of(max(wal, shares), min(wal, shares))
    assume(amount * rate.wal // rate.shares < 2**64)
    assert rate.to_wal(rate.to_shares(amount)) <= amount
    assert rate.to_shares(rate.to_wal(amount)) <= amount


class Pools(AnyCalls):
    """Random calls, and a look at every pool after each."""

    @invariant()
    def the_active_set_adds_up(self) -> None:
        active_set = self.ledger.state.staking.active_set
        assert active_set.total_stake == sum(stake for _, stake in active_set.nodes)
        assert len({node for node, _ in active_set.nodes}) == len(active_set.nodes)

    @invariant()
    def shares_are_covered(self) -> None:
        for pool in self.ledger.state.staking.pools.values():
            assert pool.num_shares <= pool.wal_balance
            assert pool.commission.blocked <= pool.commission.balance

    @invariant()
    def the_chosen_committee_has_every_shard(self) -> None:
        staking = self.ledger.state.staking
        if staking.next_committee is not None:
            assert staking.selected
            assert staking.next_committee.n_shards == staking.n_shards


Pools.TestCase.settings = settings(max_examples=10)  # test_properties makes more of such calls
test_pools = Pools.TestCase
