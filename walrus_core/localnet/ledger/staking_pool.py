"""The pool of everything staked with one node, and how it moves from epoch to epoch (contract.md,
section 7).

A pool knows stakes only by the epochs in which they come and go, so that an epoch change costs the
same whatever their number. `wal_balance` counts principals and rewards of active stake; the coins
behind it are in the StakedWal objects and in `rewards_pool`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.localnet.ledger.auth import Authenticated, Authorized
from walrus_core.localnet.ledger.commission import Commission
from walrus_core.localnet.ledger.containers import Table
from walrus_core.localnet.ledger.exchange_rate import FLAT, ExchangeRate
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.node_info import NodeInfo, VotingParams
from walrus_core.localnet.ledger.objects import Object
from walrus_core.localnet.ledger.pending_values import PendingValues
from walrus_core.protocol.aborts import abort

__all__ = ["StakingPool"]


@dataclass(eq=False, slots=True)
class StakingPool(Object):
    """Its id is the node's. Money in FROST; exchange rates by the epochs in which they began."""

    node_info: NodeInfo
    voting_params: VotingParams
    commission: Commission
    governance_authorized: Authorized
    activation_epoch: int
    latest_epoch: int
    wal_balance: int = 0
    num_shares: int = 0
    rewards_pool: int = 0
    pending_stake: PendingValues = field(default_factory=PendingValues)
    pending_shares_withdraw: PendingValues = field(default_factory=PendingValues)
    pre_active_withdrawals: PendingValues = field(default_factory=PendingValues)
    exchange_rates: Table[int, ExchangeRate] = field(default_factory=Table)

    def start(self) -> None:
        """A new pool begins at the flat rate."""
        self.exchange_rates.insert(self.activation_epoch, FLAT)

    def advance_epoch(self, epoch: int, rewards: int, contract_version: int) -> None:
        """Start `epoch` with what the node earned in the one before, before its commission."""
        if epoch <= self.latest_epoch:
            raise abort("staking_pool", "EPoolAlreadyUpdated")
        if rewards and not self.wal_balance:
            raise abort("staking_pool", "EIncorrectEpochAdvance")
        rest = self.commission.withhold(rewards)  # still at the rate of the epoch before
        self.commission.apply_due_rate(epoch, contract_version)
        self.rewards_pool = u64(self.rewards_pool + rest)
        self.wal_balance = u64(self.wal_balance + rest)
        self.latest_epoch = epoch
        self.node_info.rotate_public_key()
        rate = ExchangeRate.of(self.wal_balance, self.num_shares)
        self.exchange_rates[epoch] = rate
        self._process_pending(epoch, rate)
        self.num_shares = rate.to_shares(self.wal_balance)

    def _process_pending(self, epoch: int, rate: ExchangeRate) -> None:
        """Stakes come in and go out, all at the same rate."""
        self.wal_balance = u64(self.wal_balance + self.pending_stake.total(epoch))
        leaving = rate.to_wal(self._shares_leaving(epoch))
        if self.wal_balance < leaving:
            raise abort("staking_pool", "ECalculationError")
        self.wal_balance -= leaving
        self.pending_stake.forget(epoch)
        self.pre_active_withdrawals.forget(epoch)
        self.pending_shares_withdraw.forget(epoch)

    def _shares_leaving(self, epoch: int) -> int:
        """Shares to be withdrawn by the start of `epoch`.

        A withdrawal requested before its stake was active is known by its principal; it becomes
        shares at the rate of the one epoch in which the stake is active.
        """
        early = [
            self.rate_at(due - 1).to_shares(principal)
            for due, principal in self.pre_active_withdrawals.due(epoch)
        ]
        return u64(self.pending_shares_withdraw.total(epoch) + sum(early))

    def rate_at(self, epoch: int) -> ExchangeRate:
        """The rate in `epoch`: that of the last epoch at whose start the pool advanced."""
        newest = max(self.latest_epoch, self.activation_epoch)
        for candidate in range(min(epoch, newest), self.activation_epoch - 1, -1):
            rate = self.exchange_rates.get(candidate)
            if rate is not None:
                return rate
        return FLAT

    def wal_balance_at_epoch(self, epoch: int) -> int:
        """What the balance will be at the start of `epoch` if there are no rewards until then."""
        rate = ExchangeRate.of(self.wal_balance, self.num_shares)
        coming = u64(self.wal_balance + self.pending_stake.total(epoch))
        return u64(coming - rate.to_wal(self._shares_leaving(epoch)))

    def calculate_rewards(self, principal: int, activation_epoch: int, withdraw_epoch: int) -> int:
        """What a stake earned, for as long as it was active."""
        shares = self.rate_at(activation_epoch).to_shares(principal)
        return max(self.rate_at(withdraw_epoch).to_wal(shares) - principal, 0)

    def pay_rewards(self, principal: int, activation_epoch: int, withdraw_epoch: int) -> int:
        """Take a stake's rewards out of the pool; rounding may leave a little less in it."""
        rewards = self.calculate_rewards(principal, activation_epoch, withdraw_epoch)
        paid = min(rewards, self.rewards_pool)
        self.rewards_pool -= paid
        return paid

    def set_governance_authorized(
        self, authenticated: Authenticated, authorized: Authorized
    ) -> None:
        """Whoever may vote in governance says who may from now on."""
        if not authenticated.is_authorized(self.governance_authorized):
            raise abort("staking_pool", "EAuthorizationFailure")
        self.governance_authorized = authorized

    def check_empty(self) -> None:
        """Only an empty pool may be destroyed. No public function of the contract does."""
        staked = any(amount for _, amount in self.pending_stake.by_epoch.items())
        if staked or self.wal_balance or self.num_shares or self.rewards_pool:
            raise abort("staking_pool", "EPoolNotEmpty")
        if self.commission.balance:
            raise abort("balance", "ENonZero")
