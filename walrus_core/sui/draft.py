"""A programmable transaction as it is drafted: offline, with every object by version and digest.

Inputs and commands stand in the order in which the official SDK puts them, so that the bytes are
the same: the arguments of the calls come first, then the coins that pay, then the amounts, though
the commands that split the payments off come before the calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pysui.sui.sui_bcs import bcs
from pysui.sui.sui_common.txn_transaction_builder import ProgrammableTransactionBuilder

from walrus_core.protocol.wire import byte_vector, uint
from walrus_core.sui.addresses import address_text, parse_address

__all__ = ["Argument", "CoinRef", "Draft", "Gas", "ObjectRef", "SharedRef"]

Argument = bcs.Argument
"""A value inside a transaction: an input, or what a command returned."""

FRAMEWORK = parse_address("0x2")
MOST_MERGED = 500
"""Coins that one command merges into another; more take several commands."""


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An owned object at one of its versions; `digest` in base58."""

    object_id: bytes
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class CoinRef(ObjectRef):
    """A coin, with what is on it."""

    balance: int


@dataclass(frozen=True, slots=True)
class SharedRef:
    """A shared object, named by the version at which it was first shared."""

    object_id: bytes
    initial_version: int


@dataclass(frozen=True, slots=True)
class Gas:
    """Who pays for the execution: SUI coins, MIST per unit, and MIST at most."""

    coins: Sequence[ObjectRef]
    owner: bytes
    price: int
    budget: int


class Draft:
    """Commands and their inputs, in the order of the calls."""

    def __init__(self) -> None:
        self._builder = ProgrammableTransactionBuilder(compress_inputs=False)
        self.owned: dict[bytes, ObjectRef] = {}
        """The owned objects among the inputs: those that can be stale."""
        self.from_gas = 0
        """MIST split from what pays for the gas."""

    def uint(self, value: int, size: int) -> Argument:
        """An unsigned integer of `size` bytes."""
        return self._pure(uint(value, size))

    def boolean(self, value: bool) -> Argument:
        return self._pure(uint(value, 1))

    def address(self, value: bytes) -> Argument:
        """An address, or an id that is not to be looked up."""
        return self._pure(value)

    def text(self, value: str) -> Argument:
        return self._pure(byte_vector(value.encode()))

    def byte_vector(self, value: bytes) -> Argument:
        return self._pure(byte_vector(value))

    def object(self, reference: ObjectRef) -> Argument:
        """An owned object."""
        self.owned[reference.object_id] = reference
        return self._object(bcs.ObjectArg("ImmOrOwnedObject", _object_reference(reference)))

    def shared(self, reference: SharedRef, *, mutable: bool) -> Argument:
        """A shared object; `mutable` if any call changes it."""
        identity = bcs.Address.from_str(address_text(reference.object_id))
        shared = bcs.SharedObjectReference(identity, reference.initial_version, mutable)
        return self._object(bcs.ObjectArg("SharedObject", shared))

    def call(
        self,
        package: bytes,
        target: str,
        arguments: Sequence[Argument] = (),
        types: Sequence[str] = (),
    ) -> Argument:
        """Call `module::function`; what it returns."""
        module, function = target.split("::")
        result: Argument = self._builder.move_call(
            target=bcs.Address.from_str(address_text(package)),
            module=module,
            function=function,
            arguments=list(arguments),
            type_arguments=[bcs.TypeTag.type_tag_from(name) for name in types],
        )
        return result

    def pay(self, amounts: Sequence[int], coins: Sequence[CoinRef], coin: str) -> list[Argument]:
        """One coin of each amount, split from `coins`, which are merged into the first of them.

        To be called when the inputs of all calls are there, before the calls. Nothing to pay gives
        a zero coin; the merged coin is destroyed when the amounts leave nothing on it.
        """
        paid: dict[int, Argument] = {}
        for position, amount in enumerate(amounts):
            if amount == 0:
                paid[position] = self.call(FRAMEWORK, "coin::zero", (), [coin])
            elif position not in paid:
                paid |= self._split(amounts, coins, coin)
        return [paid[position] for position in range(len(amounts))]

    def split_gas(self, amount: int) -> Argument:
        """A coin of so many MIST, split from what pays for the gas."""
        self.from_gas += amount
        return self._first_of(bcs.SplitCoin(bcs.Argument("GasCoin"), [self.uint(amount, 8)]))

    def destroy_zero(self, argument: Argument, coin: str) -> None:
        self.call(FRAMEWORK, "coin::destroy_zero", [argument], [coin])

    def transfer(self, arguments: Sequence[Argument], recipient: Argument) -> None:
        self._builder.transfer_objects(recipient, list(arguments))

    def finish(self, sender: bytes, gas: Gas) -> bytes:
        """TransactionData in BCS."""
        payer = bcs.Address.from_str(address_text(gas.owner))
        coins = [_object_reference(coin) for coin in gas.coins]
        data = bcs.TransactionDataV1(
            self._builder.finish_for_inspect(),
            bcs.Address.from_str(address_text(sender)),
            bcs.GasData(coins, payer, gas.price, gas.budget),
            bcs.TransactionExpiration("None"),
        )
        return bytes(bcs.TransactionData("V1", data).serialize())

    def _split(
        self, amounts: Sequence[int], coins: Sequence[CoinRef], coin: str
    ) -> Mapping[int, Argument]:
        """The coins for the amounts that are not zero, by position."""
        base, *rest = [self.object(reference) for reference in coins]
        for start in range(0, len(rest), MOST_MERGED):
            self._builder.merge_coins(base, rest[start : start + MOST_MERGED])
        payable = [position for position, amount in enumerate(amounts) if amount]
        pieces = [self.uint(amounts[position], 8) for position in payable]
        first = self._first_of(bcs.SplitCoin(base, pieces)).value[0]
        if sum(amounts) == sum(reference.balance for reference in coins):
            self.destroy_zero(base, coin)
        return {
            position: bcs.Argument("NestedResult", (first, number))
            for number, position in enumerate(payable)
        }

    def _first_of(self, split: bcs.SplitCoin) -> Argument:
        """Split coins; the first of them."""
        result = self._builder.command(bcs.Command("SplitCoin", split))
        return bcs.Argument("NestedResult", (result.value, 0))

    def _pure(self, value: bytes) -> Argument:
        result: Argument = self._builder.input_pure(bcs.BuilderArg("Pure", list(value)))
        return result

    def _object(self, value: bcs.ObjectArg) -> Argument:
        result: Argument = self._builder.input_obj_from_objarg(value)
        return result


def _object_reference(reference: ObjectRef) -> bcs.ObjectReference:
    return bcs.ObjectReference(
        bcs.Address.from_str(address_text(reference.object_id)),
        reference.version,
        bcs.Digest.from_str(reference.digest),
    )
