"""Lives through a scenario on a ledger: the contract's own answers to what-if questions.

Epoch 0 registers the nodes and their first stakes. In every epoch its events happen first, prices
that were voted are put in force at once (as anyone may), then voting ends and the epoch changes.
Withdrawals that were requested are paid out as soon as they may be.
"""

from __future__ import annotations

from dataclasses import dataclass

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger import Abort, Ledger, LedgerConfig
from walrus_core.localnet.ledger.encoding import (
    RS2,
    derive_blob_id,
    encoded_length,
    storage_units,
)
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import StorageNodeCap
from walrus_core.localnet.outcome import (
    CommitteeOutcome,
    EpochOutcome,
    Member,
    NodeReward,
    Outcome,
    Purchase,
    Refusal,
)
from walrus_core.localnet.portfolio import Portfolio
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

__all__ = ["Simulation", "simulate"]

EPOCH_MS = 1000


def simulate(scenario: Scenario) -> Outcome:
    """What becomes of the scenario."""
    return Simulation(scenario).run()


@dataclass(frozen=True, slots=True)
class _Closing:
    """What an epoch change did for the epoch that it closed."""

    income: int
    burned: int
    rewards: tuple[NodeReward, ...]


class Simulation:
    """One scenario on a ledger of its own."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._ledger = Ledger(
            LedgerConfig(
                n_shards=scenario.n_shards,
                epoch_duration_ms=EPOCH_MS,
                max_epochs_ahead=scenario.max_epochs_ahead,
                contract_version=scenario.contract_version,
                verify_signatures=False,
            )
        )
        self._purse = self._ledger.wal.genesis_coin
        self._portfolio = Portfolio(self._ledger, self._purse)
        self._caps: dict[str, StorageNodeCap] = {}
        self._names: dict[bytes, str] = {}
        self._blobs = 0
        self._epochs: list[EpochOutcome] = []
        self._purchases: list[Purchase] = []
        self._refusals: list[Refusal] = []

    def run(self) -> Outcome:
        """Live through it; once."""
        for number, node in enumerate(self._scenario.nodes):
            self._register(node)
            if node.stake:
                self._attempt(Stake(f"nodes[{number}].stake", node.name, node.stake))
        stuck: str | None = None
        try:
            self._turn()
            for events in self._scenario.epochs:
                self._live_through(events)
        except Abort as abort:
            stuck = str(abort)
        self._portfolio.pay_out_due()
        return Outcome(
            nodes=tuple(self._caps),
            epochs=tuple(self._epochs),
            following=self._committee(),
            stakes=self._portfolio.outcomes(self._names),
            refusals=tuple(self._refusals),
            stuck=stuck,
        )

    def _register(self, node: NodePlan) -> None:
        cap = self._ledger.staking.register_candidate(
            name=node.name,
            network_address="",
            metadata=NodeMetadata(),
            public_key=bytes(48),
            network_public_key=bytes(33),
            proof_of_possession=b"",
            commission_rate=node.commission_rate,
            storage_price=node.storage_price,
            write_price=node.write_price,
            node_capacity=node.capacity,
        )
        self._caps[node.name] = cap
        self._names[cap.node_id] = node.name

    def _live_through(self, events: tuple[Event, ...]) -> None:
        """An epoch from its start to its end; the abort if it has none."""
        self._portfolio.pay_out_due()
        committee = self._committee()
        self._purchases.clear()
        for event in events:
            self._attempt(event)
        purchases, system = tuple(self._purchases), self._ledger.state.system
        storage_price, write_price = system.storage_price, system.write_price
        total_capacity, used_capacity = system.total_capacity, system.used_capacity
        closing = self._turn()
        self._epochs.append(
            EpochOutcome(
                committee=committee,
                storage_price=storage_price,
                write_price=write_price,
                total_capacity=total_capacity,
                used_capacity=used_capacity,
                purchases=purchases,
                income=closing.income,
                burned=closing.burned,
                rewards=closing.rewards,
            )
        )

    def _turn(self) -> _Closing:
        """End the vote and the epoch, and let every node of the new one report."""
        ledger = self._ledger
        members = list(ledger.staking.committee())
        ledger.advance_clock(ledger.now_ms + EPOCH_MS)
        ledger.staking.voting_end()
        income, supply = ledger.state.system.ring[0].rewards, ledger.wal.total_supply()
        before = [self._holdings_of(node) for node in members]
        ledger.staking.initiate_epoch_change_v2()
        after = [self._holdings_of(node) for node in members]
        rewards = [
            NodeReward(self._names[node], sum(new) - sum(old), new[1] - old[1])
            for node, old, new in zip(members, before, after, strict=True)
        ]
        for cap in self._caps.values():
            if cap.node_id in ledger.staking.committee():
                ledger.staking.epoch_sync_done(cap, ledger.staking.epoch())
        return _Closing(income, supply - ledger.wal.total_supply(), tuple(rewards))

    def _holdings_of(self, node: bytes) -> tuple[int, int]:
        """The rewards of a pool that nobody has taken yet: for its stakes, for the node."""
        pool = self._ledger.state.staking.pools[node]
        return pool.rewards_pool, pool.commission.balance

    def _committee(self) -> CommitteeOutcome:
        """The present committee, and what changed hands for it."""
        state = self._ledger.state.staking
        before, now = state.previous_committee, state.committee
        left, joined = before.difference(now)
        growth = [len(now.shards(node)) - len(before.shards(node)) for node in now]
        return CommitteeOutcome(
            epoch=state.epoch,
            members=tuple(
                Member(self._names[node], now.shards(node), state.pools[node].wal_balance)
                for node in now
            ),
            moved=sum(max(shards, 0) for shards in growth) if before else 0,
            joined=tuple(self._names[node] for node in joined),
            left=tuple(self._names[node] for node in left),
        )

    def _attempt(self, event: Event) -> None:
        """Let an event happen, all of it or, if the contract refuses, nothing."""
        try:
            with self._ledger.transaction():
                purchase = self._happen(event)
        except (Abort, InvalidArgumentError) as error:
            epoch = self._ledger.staking.epoch()
            self._refusals.append(Refusal(epoch, event.where, str(error)))
        else:
            self._purchases += [purchase] if purchase else []

    def _happen(self, event: Event) -> Purchase | None:
        match event:
            case Stake(node=node, amount=amount):
                self._portfolio.stake(self._caps[node].node_id, amount)
            case Unstake(node=node, amount=amount):
                self._portfolio.unstake(self._caps[node].node_id, amount)
            case Vote():
                self._vote(event)
            case StoreBlobs():
                return self._store(event)
            case ReserveStorage():
                return self._reserve(event)
        return None

    def _vote(self, vote: Vote) -> None:
        cap, staking = self._caps[vote.node], self._ledger.staking
        if vote.storage_price is not None:
            staking.set_storage_price_vote(cap, vote.storage_price)
        if vote.write_price is not None:
            staking.set_write_price_vote(cap, vote.write_price)
        if vote.capacity is not None:
            staking.set_node_capacity_vote(cap, vote.capacity)
        staking.update_prices()

    def _store(self, blobs: StoreBlobs) -> Purchase:
        system, purse = self._ledger.system, self._purse
        encoded = encoded_length(blobs.size, self._scenario.n_shards)
        storage_cost, start = 0, purse.value
        for number in range(self._blobs, self._blobs + blobs.count):  # no two of the same content
            before = purse.value
            storage = system.reserve_space(encoded, blobs.epochs, purse)
            storage_cost += before - purse.value
            blob_id = derive_blob_id(number, RS2, blobs.size)
            system.register_blob(storage, blob_id, number, blobs.size, RS2, True, purse)
        self._blobs += blobs.count
        return Purchase(
            where=blobs.where,
            size=blobs.size,
            encoded_size=encoded,
            units=storage_units(encoded),
            epochs=blobs.epochs,
            count=blobs.count,
            storage_cost=storage_cost,
            write_cost=start - purse.value - storage_cost,
        )

    def _reserve(self, wanted: ReserveStorage) -> Purchase:
        before = self._purse.value
        self._ledger.system.reserve_space(wanted.size, wanted.epochs, self._purse)
        return Purchase(
            where=wanted.where,
            size=None,
            encoded_size=wanted.size,
            units=storage_units(wanted.size),
            epochs=wanted.epochs,
            count=1,
            storage_cost=before - self._purse.value,
            write_cost=0,
        )
