"""The transactions of a wallet that are about money, drafted offline: see `transactions`.

`stake` is, byte for byte, what the official SDK builds from the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from walrus_core.sui.draft import CoinRef, Draft, ObjectRef, SharedRef
from walrus_core.sui.transactions import Contract


def stake(
    contract: Contract, node_id: bytes, amount: int, coins: Sequence[CoinRef], owner: bytes
) -> Draft:
    """Stake `amount` FROST with a node."""
    draft = Draft()
    staking, node = draft.shared(contract.staking, mutable=True), draft.address(node_id)
    recipient = draft.address(owner)
    [payment] = draft.pay([amount], coins, contract.wal_type)
    staked = draft.call(contract.package, "staking::stake_with_pool", [staking, payment, node])
    draft.transfer([staked], recipient)
    return draft


def request_withdrawal(contract: Contract, stake: ObjectRef) -> Draft:
    """Ask for a stake back, which takes until a later epoch."""
    draft = Draft()
    arguments = [draft.shared(contract.staking, mutable=True), draft.object(stake)]
    draft.call(contract.package, "staking::request_withdraw_stake", arguments)
    return draft


def withdraw(contract: Contract, stake: ObjectRef, owner: bytes) -> Draft:
    """Take a stake and its rewards back."""
    draft = Draft()
    arguments = [draft.shared(contract.staking, mutable=True), draft.object(stake)]
    recipient = draft.address(owner)
    coin = draft.call(contract.package, "staking::withdraw_stake", arguments)
    draft.transfer([coin], recipient)
    return draft


def exchange(package: bytes, pool: SharedRef, mist: int, owner: bytes) -> Draft:
    """Swap SUI, split from the gas coin, for WAL at an exchange."""
    draft = Draft()
    target = draft.shared(pool, mutable=True)
    recipient = draft.address(owner)
    coin = draft.split_gas(mist)
    wal = draft.call(package, "wal_exchange::exchange_all_for_wal", [target, coin])
    draft.transfer([wal], recipient)
    return draft


def give(recipient: bytes, mist: int, frost: int, coins: Sequence[CoinRef], wal_type: str) -> Draft:
    """Send SUI and WAL to somebody."""
    draft = Draft()
    target = draft.address(recipient)
    gifts = draft.pay([frost], coins, wal_type) if frost else []
    if mist:
        gifts.append(draft.split_gas(mist))
    draft.transfer(gifts, target)
    return draft
