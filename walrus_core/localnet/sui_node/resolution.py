"""Transactions that their authors left half finished: versions of objects, gas coins, price and
budget filled in (ts-client.md, "SimulateTransaction, the resolver").

Inputs keep their order and number, also those that no command uses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from walrus_core.localnet.sui_node import gas, transaction_bcs
from walrus_core.localnet.sui_node.admission import admit, find
from walrus_core.localnet.sui_node.execution import Job, Outcome, run
from walrus_core.localnet.sui_node.ids import address_text, digest_of
from walrus_core.localnet.sui_node.refusals import invalid
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
    Command,
    GasData,
    Input,
    InputKind,
    MakeMoveVec,
    MergeCoins,
    MoveCall,
    ObjectReference,
    Place,
    Programmable,
    SplitCoins,
    TransactionData,
    TransferObjects,
)
from walrus_core.localnet.sui_node.values import GasUsed, ObjectRecord, OwnerKind
from walrus_core.localnet.sui_node.world import SUI_COIN, World

__all__ = ["resolve", "tried"]

_MOST_COINS = 256
_NO_ADDRESS = bytes(32)


def tried(
    world: World, data: TransactionData, sui_epoch: int, now_ms: int, *, checks: bool
) -> tuple[bytes, bytes, Outcome]:
    """(BCS, digest, outcome) of a resolved transaction that leaves no trace.

    Without gas coins nobody pays, whatever the budget.
    """
    content = transaction_bcs.encode(data)
    transaction_bcs.decode(content)  # what is too large to be sent is too large to be tried
    digest = digest_of("TransactionData", content)
    paid = checks and bool(data.gas.payment)
    admitted = admit(world, data, sui_epoch, checks=paid)
    job = Job(
        data,
        digest,
        len(content),
        admitted,
        sui_epoch,
        now_ms,
        commit=False,
        check_usage=checks,
        keep_outputs=True,
    )
    return content, digest, run(world, job)


def resolve(
    world: World, data: TransactionData, sui_epoch: int, now_ms: int, *, select_gas: bool
) -> TransactionData:
    """The transaction, complete. Gas coins are chosen if `select_gas`, where none are given."""
    kind = data.kind
    changed = _changed_inputs(world, kind)
    inputs = tuple(
        [_resolved(world, value, index in changed) for index, value in enumerate(kind.inputs)]
    )
    owner = data.sender if data.gas.owner == _NO_ADDRESS else data.gas.owner
    price = data.gas.price or gas.REFERENCE_PRICE
    payment = data.gas.payment
    data = TransactionData(
        Programmable(inputs, kind.commands),
        data.sender,
        GasData(payment, owner, price, data.gas.budget),
        data.expiration,
    )
    coins = _coins(world, data) if select_gas and not payment else []
    if select_gas and not payment and not coins:
        raise invalid(f"no SUI coins owned by {address_text(owner)} can pay for gas")
    if not data.gas.budget:
        data = _with_gas(data, budget=_budget(world, data, coins, sui_epoch, now_ms))
    if coins:
        data = _with_gas(data, payment=_enough(coins, data))
    return data


def _with_gas(data: TransactionData, **changes: object) -> TransactionData:
    gas_data = dataclasses.replace(data.gas, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(data, gas=gas_data)


# Inputs.


def _resolved(world: World, value: Input, changed: bool) -> Input:
    if value.kind is InputKind.PURE or value.kind is InputKind.RECEIVING:
        return value
    if value.kind is InputKind.OWNED and value.digest:
        return value
    if value.kind is InputKind.SHARED and value.version:
        return value
    record = find(world, value.id)
    owner = record.owner
    if owner.kind is OwnerKind.OBJECT:
        raise invalid(f"{address_text(value.id)} belongs to an object, and cannot be an input")
    if owner.kind is OwnerKind.SHARED:
        first = owner.initial_shared_version or 0
        return Input(InputKind.SHARED, b"", value.id, first, b"", changed)
    return Input(InputKind.OWNED, b"", value.id, record.version, record.digest)


def _changed_inputs(world: World, kind: Programmable) -> set[int]:
    """The inputs that some command takes by `&mut`, or by value."""
    return {
        argument.index
        for command in kind.commands
        for argument in _changed_by(world, command)
        if argument.place is Place.INPUT
    }


def _changed_by(world: World, command: Command) -> Iterator[Argument]:
    """The arguments that a command does not only look at."""
    if isinstance(command, MoveCall):
        original = world.original_package(command.package) or command.package
        function = world.catalogue.functions.get((original, command.module, command.function))
        if function is not None:
            for argument, parameter in zip(command.arguments, function.parameters, strict=False):
                if parameter.reference != "&":
                    yield argument
            return
    yield from _arguments(command)


def _arguments(command: Command) -> Iterator[Argument]:
    """All that a command names."""
    match command:
        case MoveCall():
            yield from command.arguments
        case TransferObjects():
            yield from (*command.objects, command.recipient)
        case SplitCoins():
            yield from (command.coin, *command.amounts)
        case MergeCoins():
            yield from (command.coin, *command.merged)
        case MakeMoveVec():
            yield from command.items


# Gas.


def _coins(world: World, data: TransactionData) -> list[ObjectRecord]:
    """The SUI coins that may pay, the largest first."""
    named = {value.id for value in data.kind.inputs}
    owned = world.store.owned(data.gas.owner, SUI_COIN, None, _MOST_COINS + len(named))
    coins = [coin for coin in owned if coin.id not in named]
    coins.sort(key=lambda coin: -(coin.balance or 0))
    return coins[:_MOST_COINS]


def _budget(
    world: World, data: TransactionData, coins: list[ObjectRecord], sui_epoch: int, now_ms: int
) -> int:
    """What a trial run cost, and a little more."""
    price = data.gas.price
    funds = sum(coin.balance or 0 for coin in coins) if coins else gas.MAX_BUDGET
    trial = _with_gas(
        data,
        budget=min(funds, gas.MAX_BUDGET) // 2
        if _uses_gas_coin(data)
        else min(funds, gas.MAX_BUDGET),
        payment=tuple(map(_reference, coins)) or data.gas.payment,
    )
    if trial.gas.budget < gas.least_budget(price):
        raise invalid(
            f"the SUI coins of {address_text(data.gas.owner)} have {funds:,} MIST"
            f" < {gas.least_budget(price):,}, the least that a transaction costs"
        )
    _, _, outcome = tried(world, trial, sui_epoch, now_ms, checks=True)
    return _padded(outcome.effects.gas_used, price)


def _padded(used: GasUsed, price: int) -> int:
    least = gas.least_budget(price)
    return min(max(used.computation + least + used.storage, least), gas.MAX_BUDGET)


def _uses_gas_coin(data: TransactionData) -> bool:
    wanted = Argument(Place.GAS)
    return any(wanted in _arguments(command) for command in data.kind.commands)


def _enough(coins: list[ObjectRecord], data: TransactionData) -> tuple[ObjectReference, ...]:
    """As few coins as cover the budget; all of them if commands draw on the gas coin, too."""
    if _uses_gas_coin(data):
        return tuple(map(_reference, coins))
    chosen, sum_ = [], 0
    for coin in coins:
        chosen.append(_reference(coin))
        sum_ += coin.balance or 0
        if sum_ >= data.gas.budget:
            return tuple(chosen)
    raise invalid(
        f"the SUI coins of {address_text(data.gas.owner)} have {sum_:,} MIST"
        f" < {data.gas.budget:,}, the budget"
    )


def _reference(coin: ObjectRecord) -> ObjectReference:
    return ObjectReference(coin.id, coin.version, coin.digest)
