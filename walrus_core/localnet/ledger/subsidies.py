"""Package `walrus_subsidies`: WAL for storage nodes beyond what users pay (contract.md, 20).

Once per epoch each member of the previous committee gets a fixed amount and one per shard, as
commission; and the rewards of each coming epoch are topped up by a rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.localnet.ledger.calls import U32, U64, Face, Taken, call
from walrus_core.localnet.ledger.containers import Table
from walrus_core.localnet.ledger.integers import mul_div, u64
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.objects import Coin
from walrus_core.protocol.aborts import abort

__all__ = ["Subsidies", "SubsidiesState"]

BASIS_POINTS = 10_000


@dataclass(eq=False, slots=True)
class SubsidiesState(Record):
    """`funds` and amounts in FROST, the rate in basis points.

    `subsidized` holds what an epoch's rewards were, topped up, when they were last looked at.
    """

    funds: int = 0
    system_subsidy_rate: int = 0
    base_subsidy: int = 0
    subsidy_per_shard: int = 0
    last_epoch: int = 0
    subsidized: Table[int, int] = field(default_factory=Table)

    def pay(self, amount: int) -> int:
        if amount > self.funds:
            raise abort("walrus_subsidies", "EInsufficientFundsInPool")
        self.funds -= amount
        return amount


class Subsidies(Face):
    """Module `walrus_subsidies`. The setters are its administrator's."""

    @call
    def add_coin(self, coin: Taken[Coin]) -> None:
        """Add to the funds: anyone may."""
        state = self._ledger.state.subsidies
        state.funds = u64(state.funds + coin.value)

    @call
    def set_system_subsidy_rate(self, rate: U32) -> None:
        self._ledger.state.subsidies.system_subsidy_rate = rate

    @call
    def set_base_subsidy(self, amount: U64) -> None:
        self._ledger.state.subsidies.base_subsidy = amount

    @call
    def set_subsidy_per_shard(self, amount: U64) -> None:
        self._ledger.state.subsidies.subsidy_per_shard = amount

    @call
    def process_subsidies(self) -> None:
        """Pay what is due in this epoch; nothing in epoch 0, nothing a second time."""
        state, epoch = self._ledger.state.subsidies, self._ledger.state.staking.epoch
        if epoch > state.last_epoch:
            state.last_epoch = epoch
            self._pay_members()
            self._top_up_rewards()

    def _pay_members(self) -> None:
        """A fixed amount and one per shard to each member of the previous committee."""
        state, staking = self._ledger.state.subsidies, self._ledger.state.staking
        for node, weight in staking.previous_committee.weights():
            amount = state.pay(u64(state.base_subsidy + u64(weight * state.subsidy_per_shard)))
            staking.pools[node].commission.credit(amount, block=not staking.selected)

    def _top_up_rewards(self) -> None:
        """A part of the rewards of each epoch in the ring that has come in since the last time."""
        state, ring = self._ledger.state.subsidies, self._ledger.state.system.ring
        for slot in ring.slots:
            new = slot.rewards - (state.subsidized.get(slot.epoch) or 0)
            slot.add_rewards(state.pay(mul_div(u64(new), state.system_subsidy_rate, BASIS_POINTS)))
            state.subsidized[slot.epoch] = slot.rewards
        for epoch in list(state.subsidized):
            if epoch < state.last_epoch:
                state.subsidized.remove(epoch)
