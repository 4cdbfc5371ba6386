"""A node's own part of its pool's rewards (contract.md, section 9)."""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.localnet.ledger.auth import Authenticated, Authorized
from walrus_core.localnet.ledger.integers import mul_div, u64
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.pending_values import PendingValues
from walrus_core.protocol.aborts import abort

__all__ = ["ALL", "Commission", "check_rate"]

ALL = 10_000
"""Rates are counted in basis points: this is 100 %."""

_EPOCHS_UNTIL_SET = 2


@dataclass(eq=False, slots=True)
class Commission(Record):
    """`balance` FROST earned and not yet collected, `blocked` of them not collectable yet."""

    rate: int
    receiver: Authorized
    balance: int = 0
    blocked: int = 0
    pending_rate: PendingValues = field(default_factory=PendingValues)

    def set_next_rate(self, rate: int, epoch: int) -> None:
        """Schedule a rate in `epoch`; a second call in the same epoch overwrites the first."""
        check_rate(rate)
        self.pending_rate.replace(epoch + _EPOCHS_UNTIL_SET, rate)

    def apply_due_rate(self, epoch: int, contract_version: int) -> None:
        """Set the latest scheduled rate whose time has come.

        Version 3 of the contract knows only a rate scheduled for exactly this epoch: one whose
        epoch the pool skipped is dropped.
        """
        due = self.pending_rate.due(epoch)
        latest = max(due, default=None)
        if latest is None or (contract_version < 4 and latest[0] != epoch):
            return
        self.rate = latest[1]
        self.pending_rate.forget(epoch)

    def withhold(self, rewards: int) -> int:
        """Keep the fee of an epoch's rewards, blocked, and return what is left for the stakes."""
        fee = mul_div(rewards, self.rate, ALL)
        self.credit(fee, block=True)
        return rewards - fee

    def credit(self, amount: int, *, block: bool) -> None:
        self.balance = u64(self.balance + amount)
        if block:
            self.blocked = u64(self.blocked + amount)

    def unblock(self) -> None:
        self.blocked = 0

    def collect(self, authenticated: Authenticated) -> int:
        """Pay out all that is not blocked, possibly nothing."""
        self.check_receiver(authenticated)
        amount = max(self.balance - self.blocked, 0)
        self.balance -= amount
        return amount

    def set_receiver(self, authenticated: Authenticated, receiver: Authorized) -> None:
        """The present receiver names the next one."""
        self.check_receiver(authenticated)
        self.receiver = receiver

    def check_receiver(self, authenticated: Authenticated) -> None:
        if not authenticated.is_authorized(self.receiver):
            raise abort("staking_pool", "EAuthorizationFailure")

    def confiscate(self) -> int:
        """Take all of it, blocked or not, to be burned."""
        amount = self.balance
        self.balance = self.blocked = 0
        return amount


def check_rate(rate: int) -> None:
    if rate > ALL:
        raise abort("staking_pool", "EIncorrectCommissionRate")
