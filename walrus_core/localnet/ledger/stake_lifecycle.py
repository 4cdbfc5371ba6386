"""How a stake begins and ends (contract.md, section 8).

A stake counts from the next committee on that is not yet chosen, and leaves in the same way, so
that no committee ever loses the stake by which it was chosen. What never took part, and what takes
part no more, is given back at once.
"""

from __future__ import annotations

from typing import NamedTuple

from walrus_core.localnet.ledger import staked_wal
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.objects import StakedWal
from walrus_core.localnet.ledger.staking_pool import StakingPool
from walrus_core.protocol.aborts import abort

__all__ = ["Standing", "request_withdraw", "stake", "withdraw"]


class Standing(NamedTuple):
    """Where a node stands: in the `current` committee, in the `next` one.

    `selected`: the next committee is chosen, the epoch not yet over.
    """

    epoch: int
    selected: bool
    current: bool
    next: bool


def can_withdraw_early(stake: StakedWal, standing: Standing) -> bool:
    """Whether a stake has no part in any committee, not even in a chosen one."""
    in_epochs = stake.activation_epoch - standing.epoch
    return stake.withdraw_epoch is None and (
        in_epochs == 2 or (in_epochs == 1 and not standing.next)
    )


def stake(pool: StakingPool, principal: int, standing: Standing, new_id: bytes) -> StakedWal:
    """Stake `principal` FROST."""
    if principal == 0:
        raise abort("staking_pool", "EZeroStake")
    activation_epoch = standing.epoch + (2 if standing.selected else 1)
    staked = staked_wal.mint(new_id, pool.id, principal, activation_epoch)
    pool.pending_stake.add(activation_epoch, principal)
    return staked


def request_withdraw(pool: StakingPool, stake: StakedWal, standing: Standing) -> None:
    """Let a stake that has part in a committee leave as soon as it may."""
    _check_belongs(stake, pool)
    if stake.withdraw_epoch is not None:
        raise abort("staking_pool", "ENotStaked")
    if can_withdraw_early(stake, standing):
        raise abort("staking_pool", "EWithdrawDirectly")
    if stake.activation_epoch == standing.epoch + 1:
        # The chosen committee counts on it: it serves, and earns for, exactly one epoch.
        stake.withdraw_epoch = stake.activation_epoch + 1
        pool.pre_active_withdrawals.add(stake.withdraw_epoch, stake.principal)
        return
    if stake.activation_epoch > standing.epoch:
        raise abort("staking_pool", "EActivationEpochNotReached")
    if not (standing.next or standing.current):
        raise abort("staking_pool", "EWithdrawDirectly")
    shares = pool.rate_at(stake.activation_epoch).to_shares(stake.principal)
    if shares == 0:
        raise abort("staking_pool", "EZeroShares")
    stake.withdraw_epoch = standing.epoch + (2 if standing.next else 1)
    pool.pending_shares_withdraw.add(stake.withdraw_epoch, shares)


def withdraw(pool: StakingPool, stake: StakedWal, standing: Standing) -> int:
    """The principal with its rewards, in FROST. The caller destroys the stake."""
    _check_belongs(stake, pool)
    if can_withdraw_early(stake, standing):
        pool.pending_stake.reduce(stake.activation_epoch, stake.principal)
        return stake.principal
    outside = not (standing.current or standing.next)
    if outside and stake.withdraw_epoch is None:
        shares = pool.rate_at(stake.activation_epoch).to_shares(stake.principal)
        pool.pending_shares_withdraw.add(standing.epoch, shares)
        return _pay(pool, stake, standing.epoch)
    if stake.withdraw_epoch is None:
        raise abort("staking_pool", "ENotWithdrawing")
    if stake.withdraw_epoch > standing.epoch:
        raise abort("staking_pool", "EWithdrawEpochNotReached")
    if stake.activation_epoch > standing.epoch:
        raise abort("staking_pool", "EActivationEpochNotReached")
    return _pay(pool, stake, stake.withdraw_epoch)


def _pay(pool: StakingPool, stake: StakedWal, withdraw_epoch: int) -> int:
    rewards = pool.pay_rewards(stake.principal, stake.activation_epoch, withdraw_epoch)
    return u64(stake.principal + rewards)


def _check_belongs(stake: StakedWal, pool: StakingPool) -> None:
    if stake.principal == 0:
        raise abort("staking_pool", "EZeroStake")
    if stake.node_id != pool.id:
        raise abort("staking_pool", "EIncorrectPoolId")
