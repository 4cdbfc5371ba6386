"""What is checked before a transaction runs: who signed, what it names, and whether it can pay.

Whoever is refused here is not charged, and nothing changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from walrus_core.localnet.sui_node import gas
from walrus_core.localnet.sui_node.ids import address_text, digest_text
from walrus_core.localnet.sui_node.refusals import invalid, missing, stale
from walrus_core.localnet.sui_node.slots import Origin
from walrus_core.localnet.sui_node.transaction_data import (
    Input,
    InputKind,
    MoveCall,
    ObjectReference,
    TransactionData,
)
from walrus_core.localnet.sui_node.values import ObjectRecord, OwnerKind
from walrus_core.localnet.sui_node.world import SUI_COIN, World

__all__ = ["Admitted", "admit"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """The objects that a transaction named, as they are: one for each input (None for bytes), and
    the coins that pay.
    """

    inputs: tuple[tuple[Origin, ObjectRecord | None], ...]
    payment: tuple[ObjectRecord, ...]

    @property
    def gas_balance(self) -> int:
        return sum(coin.balance or 0 for coin in self.payment)


def admit(world: World, data: TransactionData, sui_epoch: int, *, checks: bool = True) -> Admitted:
    """Refuse what cannot run; without `checks`, gas and ownership do not matter."""
    if not data.kind.commands:
        raise invalid("a transaction without commands")
    if data.expiration is not None and data.expiration < sui_epoch:
        raise stale(f"the transaction expired: its last epoch was {data.expiration}")
    _check_packages(world, data)
    inputs = tuple([_input(world, each, data.sender, checks=checks) for each in data.kind.inputs])
    named = [record.id for _, record in inputs if record is not None]
    named += [reference.id for reference in data.gas.payment]
    if len(set(named)) != len(named):
        raise invalid("an object is named twice among inputs and gas coins")
    if checks:
        _check_gas(data)
    payment = tuple([_gas_coin(world, each, data.gas.owner) for each in data.gas.payment])
    admitted = Admitted(inputs, payment)
    if checks and admitted.gas_balance < data.gas.budget:
        raise invalid(
            f"the gas coins have {admitted.gas_balance:,} MIST < {data.gas.budget:,}, the budget;"
            " add coins or lower the budget"
        )
    return admitted


def _check_packages(world: World, data: TransactionData) -> None:
    for command in data.kind.commands:
        if isinstance(command, MoveCall) and world.original_package(command.package) is None:
            raise missing(f"there is no package {address_text(command.package)}")


def _check_gas(data: TransactionData) -> None:
    price, budget = data.gas.price, data.gas.budget
    if not gas.REFERENCE_PRICE <= price <= gas.MAX_PRICE:
        raise invalid(
            f"a gas price of {price:,} MIST; it must be {gas.REFERENCE_PRICE:,}..{gas.MAX_PRICE:,}"
        )
    least = gas.least_budget(price)
    if not least <= budget <= gas.MAX_BUDGET:
        raise invalid(f"a gas budget of {budget:,} MIST; it must be {least:,}..{gas.MAX_BUDGET:,}")
    if not data.gas.payment:
        raise invalid("no gas coins: this chain does not pay gas from address balances")


def _input(
    world: World, value: Input, sender: bytes, *, checks: bool
) -> tuple[Origin, ObjectRecord | None]:
    if value.kind is InputKind.PURE:
        return Origin.PURE, None
    if value.kind is InputKind.RECEIVING:
        raise invalid("receiving objects is not supported: no object here owns coins or blobs")
    if value.kind is InputKind.UNRESOLVED:
        raise invalid(f"input {address_text(value.id)} is not resolved")
    record = find(world, value.id)
    if value.kind is InputKind.SHARED:
        return _shared(value, record), record
    _check_version(record, value)  # first: whoever is late learns that, not who has it now
    if record.owner.kind is OwnerKind.IMMUTABLE:
        return Origin.IMMUTABLE, record
    if record.owner.kind is not OwnerKind.ADDRESS:
        raise invalid(f"{address_text(value.id)} is {_owned(record)}, not owned by an address")
    if checks and record.owner.address != sender:
        raise invalid(f"{address_text(value.id)} is {_owned(record)}, not by the sender")
    return Origin.OWNED, record


def find(world: World, object_id: bytes) -> ObjectRecord:
    """An object that a transaction may name."""
    record = world.store.get(object_id)
    if record is None:
        raise missing(f"there is no object {address_text(object_id)}")
    if record.type is None:
        raise invalid(f"{address_text(object_id)} is a package, not an object")
    return record


def _shared(value: Input, record: ObjectRecord) -> Origin:
    owner = record.owner
    if owner.kind is not OwnerKind.SHARED:
        raise invalid(f"{address_text(value.id)} is {_owned(record)}, not shared")
    if owner.initial_shared_version != value.version:
        raise invalid(
            f"{address_text(value.id)} was shared at version {owner.initial_shared_version},"
            f" not {value.version}"
        )
    return Origin.SHARED if value.mutable else Origin.SHARED_READ_ONLY


def _check_version(record: ObjectRecord, named: Input | ObjectReference) -> None:
    if (record.version, record.digest) != (named.version, named.digest):
        raise stale(
            f"object {address_text(record.id)} version {named.version}"
            f" ({digest_text(named.digest)}) is not available for consumption; its present version"
            f" is {record.version} ({digest_text(record.digest)})"
        )


def _gas_coin(world: World, reference: ObjectReference, owner: bytes) -> ObjectRecord:
    record = find(world, reference.id)
    if record.type != SUI_COIN:
        raise invalid(f"gas object {address_text(record.id)} is no SUI coin")
    _check_version(record, reference)
    if record.owner.kind is not OwnerKind.ADDRESS or record.owner.address != owner:
        raise invalid(
            f"gas coin {address_text(record.id)} is {_owned(record)}, not by the gas owner"
        )
    return record


def _owned(record: ObjectRecord) -> str:
    owner = record.owner
    if owner.kind in (OwnerKind.ADDRESS, OwnerKind.OBJECT):
        return f"owned by {address_text(owner.address or b'')}"
    return owner.kind.name.lower()
