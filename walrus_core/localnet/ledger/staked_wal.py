"""Stakes as objects: made, cut and joined (contract.md, section 8)."""

from __future__ import annotations

from walrus_core.localnet.ledger.calls import U64, Face, Taken, call
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.objects import StakedWal
from walrus_core.protocol.aborts import abort

__all__ = ["MIN_STAKE", "StakedWals", "join", "mint", "split"]

MIN_STAKE = 1_000_000_000
"""1 WAL: no stake is smaller."""


def mint(new_id: bytes, node_id: bytes, principal: int, activation_epoch: int) -> StakedWal:
    """A new stake with a node."""
    _check_large_enough(principal)
    return StakedWal(new_id, node_id, principal, activation_epoch, withdraw_epoch=None)


def split(stake: StakedWal, amount: int, new_id: bytes) -> StakedWal:
    """Cut `amount` FROST off into a stake of its own, of the same epochs."""
    if stake.principal <= amount:
        raise abort("staked_wal", "EInvalidAmount")
    _check_large_enough(amount)
    _check_large_enough(stake.principal - amount)
    stake.principal -= amount
    return StakedWal(new_id, stake.node_id, amount, stake.activation_epoch, stake.withdraw_epoch)


def join(stake: StakedWal, other: StakedWal) -> None:
    """Add the principal of `other`, which the caller destroys."""
    if _terms(stake) != _terms(other):
        raise abort("staked_wal", "EMetadataMismatch")
    stake.principal = u64(stake.principal + other.principal)


def _terms(stake: StakedWal) -> tuple[object, ...]:
    return stake.node_id, stake.activation_epoch, stake.withdraw_epoch


def _check_large_enough(principal: int) -> None:
    if principal < MIN_STAKE:
        raise abort("staked_wal", "EStakeBelowThreshold")


class StakedWals(Face):
    """Calls of the module `staked_wal`."""

    @call
    def split(self, staked_wal: StakedWal, amount: U64) -> StakedWal:
        """Cut `amount` FROST off as a stake of its own."""
        return split(staked_wal, amount, self._ledger.tx.fresh_id())

    @call
    def join(self, staked_wal: StakedWal, other: Taken[StakedWal]) -> None:
        """Add all of `other`, which has the same node and epochs."""
        join(staked_wal, other)
