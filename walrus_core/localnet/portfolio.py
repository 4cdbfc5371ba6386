"""Everybody's stakes in a simulation, from the day they were made until they are paid out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger import Abort, Ledger
from walrus_core.localnet.ledger.objects import Coin, StakedWal
from walrus_core.localnet.outcome import StakeOutcome

__all__ = ["Portfolio"]


@dataclass(frozen=True, slots=True)
class _Holding:
    """A stake as it was made or cut; `earned` once it has been paid out."""

    staked: StakedWal
    principal: int
    withdraw_epoch: int | None = None
    earned: int | None = None

    def is_due(self, epoch: int) -> bool:
        """Whether it was asked for, may be taken and was not."""
        return self.earned is None and (self.withdraw_epoch or epoch + 1) <= epoch


class Portfolio:
    """Stakes out of one purse, into which they return."""

    def __init__(self, ledger: Ledger, purse: Coin) -> None:
        self._ledger = ledger
        self._purse = purse
        self._holdings: tuple[_Holding, ...] = ()

    def stake(self, node: bytes, amount: int) -> None:
        """Stake `amount` FROST with a node."""
        coin = self._ledger.coin.split(self._purse, amount)
        staked = self._ledger.staking.stake_with_pool(coin, node)
        self._holdings += (_Holding(staked, amount),)

    def unstake(self, node: bytes, amount: int | None) -> None:
        """Take `amount` FROST, or all, from a node: the oldest stakes first, the last one cut."""
        holdings: list[_Holding] = []
        rest = amount
        for held in self._holdings:
            if rest == 0 or held.staked.node_id != node or held.withdraw_epoch is not None:
                holdings.append(held)
            elif rest is None or held.principal <= rest:
                holdings.append(self._leave(held))
                rest = None if rest is None else rest - held.principal
            else:
                part = self._ledger.staked_wal.split(held.staked, rest)
                holdings.append(replace(held, principal=held.principal - rest))
                holdings.append(self._leave(_Holding(part, rest)))
                rest = 0
        if amount is not None and rest:
            raise InvalidArgumentError(f"{amount} FROST > {amount - rest} FROST staked there")
        self._holdings = tuple(holdings)  # only now: nothing of a refused event has happened

    def _leave(self, held: _Holding) -> _Holding:
        """Ask for a stake, or take it at once if no committee counts on it."""
        try:
            self._ledger.staking.request_withdraw_stake(held.staked)
        except Abort as abort:
            if abort.name != "EWithdrawDirectly":
                raise
            return self._pay_out(replace(held, withdraw_epoch=self._ledger.staking.epoch()))
        return replace(held, withdraw_epoch=held.staked.withdraw_epoch)

    def pay_out_due(self) -> None:
        """Withdraw everything whose time has come."""
        now = self._ledger.staking.epoch()
        self._holdings = tuple(
            self._pay_out(held) if held.is_due(now) else held for held in self._holdings
        )

    def _pay_out(self, held: _Holding) -> _Holding:
        coin = self._ledger.staking.withdraw_stake(held.staked)
        earned = coin.value - held.principal
        self._ledger.coin.join(self._purse, coin)
        return replace(held, earned=earned)

    def outcomes(self, names: dict[bytes, str]) -> tuple[StakeOutcome, ...]:
        """All that ever was staked, in the order in which it was made and cut."""
        return tuple(
            StakeOutcome(
                node=names[held.staked.node_id],
                principal=held.principal,
                activation_epoch=held.staked.activation_epoch,
                withdraw_epoch=held.withdraw_epoch,
                earned=self._earned(held),
                paid_out=held.earned is not None,
            )
            for held in self._holdings
        )

    def _earned(self, held: _Holding) -> int:
        if held.earned is not None:
            return held.earned
        now, start = self._ledger.staking.epoch(), held.staked.activation_epoch
        if now <= start:
            return 0
        node = held.staked.node_id
        return self._ledger.staking.calculate_rewards(node, held.principal, start, now)
