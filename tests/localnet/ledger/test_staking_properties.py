"""Whatever people do, in whatever order: nothing is lost, nothing is made, nothing half done."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from localnet.ledger.network import EPOCH_MS, Network

from walrus_core.localnet.ledger import Abort
from walrus_core.localnet.ledger.objects import Coin, SharedBlob, StakedWal
from walrus_core.localnet.ledger.wal import FROST_PER_WAL

N_SHARDS = 13
NODES = 5

nodes = st.integers(0, NODES - 1)
amounts = st.one_of(st.integers(0, 3), st.integers(1, 10**12), st.just(FROST_PER_WAL))


class AnyCalls(RuleBasedStateMachine):
    """A network of five nodes, and calls that may well be refused."""

    @initialize(version=st.sampled_from([3, 4]), commission_rate=st.sampled_from([0, 777, 10_000]))
    def start(self, version: int, commission_rate: int) -> None:
        self.network = Network.of(
            [7, 5, 3, 1, 0],
            n_shards=N_SHARDS,
            contract_version=version,
            commission_rate=commission_rate,
        )
        self.ledger = self.network.ledger
        self.supply = self.ledger.wal.total_supply()

    def attempt(self, call: Any, *arguments: Any) -> Any:
        """A call: done, or refused and without a trace."""
        before = self.ledger.digest()
        try:
            with self.ledger.transaction():
                return call(*arguments)
        except Abort:
            assert self.ledger.digest() == before
            return None

    @rule(node=nodes, amount=amounts)
    def stake(self, node: int, amount: int) -> None:
        self.attempt(self.network.stake, node, amount)

    @rule(data=st.data(), action=st.sampled_from(["request", "withdraw", "split", "join"]))
    def change_a_stake(self, data: st.DataObject, action: str) -> None:
        live = [stake for stake in self.network.stakes if stake.id in self.ledger.objects]
        if not live:
            return
        stake, other = data.draw(st.sampled_from(live)), data.draw(st.sampled_from(live))
        if action == "request":
            self.attempt(self.ledger.staking.request_withdraw_stake, stake)
        elif action == "withdraw":
            self.attempt(self.ledger.staking.withdraw_stake, stake)
        elif action == "split":
            part = self.attempt(self.ledger.staked_wal.split, stake, data.draw(amounts))
            self.network.stakes += [part] if part else []
        elif stake is not other:
            self.attempt(self.ledger.staked_wal.join, stake, other)

    @rule(size=st.integers(0, 10**12), epochs=st.integers(0, 54))
    def reserve(self, size: int, epochs: int) -> None:
        coin = self.network.coin(10**12)
        self.attempt(self.ledger.system.reserve_space, size, epochs, coin)

    @rule(node=nodes, amount=st.integers(0, 10**6))
    def give_commission(self, node: int, amount: int) -> None:
        coin, node_id = self.network.coin(amount), self.network.caps[node].node_id
        self.attempt(self.ledger.staking.add_commission_to_pools, [node_id], [coin])

    @rule(node=nodes, rate=st.integers(0, 10_001))
    def set_commission(self, node: int, rate: int) -> None:
        self.attempt(self.ledger.staking.set_next_commission, self.network.caps[node], rate)

    @rule(node=nodes)
    def collect(self, node: int) -> None:
        cap = self.network.caps[node]
        held = self.ledger.auth.authenticate_with_object(cap)
        self.attempt(self.ledger.staking.collect_commission, cap.node_id, held)

    @rule(node=nodes, price=st.integers(0, 10**6), capacity=st.integers(0, 10**13))
    def vote(self, node: int, price: int, capacity: int) -> None:
        cap, staking = self.network.caps[node], self.ledger.staking
        self.attempt(staking.set_storage_price_vote, cap, price)
        self.attempt(staking.set_node_capacity_vote, cap, capacity)
        self.attempt(staking.update_prices)

    @rule(ms=st.sampled_from([1, EPOCH_MS // 2, EPOCH_MS]))
    def wait(self, ms: int) -> None:
        self.ledger.advance_clock(self.ledger.now_ms + ms)

    @rule()
    def end_voting(self) -> None:
        self.attempt(self.ledger.staking.voting_end)

    @rule()
    def change_epoch(self) -> None:
        self.attempt(self.ledger.staking.initiate_epoch_change_v2)

    @rule(node=nodes)
    def report(self, node: int) -> None:
        epoch = self.ledger.staking.epoch()
        self.attempt(self.ledger.staking.epoch_sync_done, self.network.caps[node], epoch)

    @rule()
    def live_through_an_epoch(self) -> None:
        self.attempt(self.network.select)
        self.attempt(self.network.change_epoch)

    @invariant()
    def all_wal_is_somewhere(self) -> None:
        state = self.ledger.state
        pools = [pool for _, pool in state.staking.pools.items()]
        places = [
            *(_money(thing) for _, thing in state.objects.items()),
            *(pool.rewards_pool + pool.commission.balance for pool in pools),
            *(slot.rewards for slot in state.system.ring.slots),
            state.subsidies.funds,
        ]
        assert sum(places) == self.ledger.wal.total_supply() <= self.supply

    @invariant()
    def every_shard_has_one_owner(self) -> None:
        staking = self.ledger.state.staking
        for committee in (staking.committee, staking.next_committee):
            if committee:
                shards = [shard for node in committee for shard in committee.shards(node)]
                assert sorted(shards) == list(range(N_SHARDS))
                assert list(committee) == sorted(committee)

    @invariant()
    def both_modules_know_the_same_committee(self) -> None:
        staking, system = self.ledger.state.staking, self.ledger.state.system
        assert staking.epoch == system.epoch
        members = [(member.node_id, member.weight) for member in system.committee.members]
        assert members == staking.committee.weights()

    @invariant()
    def the_active_set_adds_up(self) -> None:
        active_set = self.ledger.state.staking.active_set
        assert active_set.total_stake == sum(stake for _, stake in active_set.nodes)

    @invariant()
    def pools_hold_more_than_their_shares(self) -> None:
        for cap in self.network.caps:
            pool = self.ledger.state.staking.pools[cap.node_id]
            assert pool.num_shares <= pool.wal_balance
            assert pool.commission.blocked <= pool.commission.balance


def _money(thing: object) -> int:
    match thing:
        case Coin():
            return thing.value
        case StakedWal():
            return thing.principal
        case SharedBlob():
            return thing.funds
    return 0


AnyCalls.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAnyCalls = AnyCalls.TestCase
