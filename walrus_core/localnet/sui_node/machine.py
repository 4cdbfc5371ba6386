"""A programmable transaction, command by command.

Arguments name slots: inputs, the gas coin, results of earlier commands. What a slot holds is
borrowed or moved as Move would, and what is neither moved nor droppable at the end is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.ledger import Abort
from walrus_core.localnet.sui_node import native_calls
from walrus_core.localnet.sui_node.arguments import Arguments
from walrus_core.localnet.sui_node.failures import (
    CommandError,
    argument_error,
    failed,
    in_command,
    type_argument_error,
)
from walrus_core.localnet.sui_node.functions import Function, Parameter
from walrus_core.localnet.sui_node.move_calls import Calls
from walrus_core.localnet.sui_node.move_types import MoveType, Vector
from walrus_core.localnet.sui_node.pure import encode_value
from walrus_core.localnet.sui_node.slots import Live, Origin, Slot, id_of
from walrus_core.localnet.sui_node.transaction_data import (
    Command,
    MakeMoveVec,
    MergeCoins,
    MoveCall,
    SplitCoins,
    TransferObjects,
)
from walrus_core.localnet.sui_node.values import (
    CommandOutput,
    Failure,
    Owner,
    OwnerKind,
    ReturnedValue,
)

__all__ = ["Machine"]

MAX_NEW_OBJECTS = 2048

Values = list[tuple[MoveType, Any]]


class Machine:
    """Runs one transaction; `live` holds the objects at hand, by id, with their owners."""

    def __init__(
        self,
        calls: Calls,
        inputs: list[Slot],
        gas: Slot,
        live: dict[bytes, Live],
        *,
        check_usage: bool = True,
    ) -> None:
        self._calls = calls
        self._catalogue = calls.world.catalogue
        self._arguments = Arguments(self._catalogue, inputs, gas, live)
        self._check_usage = check_usage
        self.live = live
        self.event_places: list[tuple[bytes, str]] = []
        self.outputs: list[CommandOutput] = []

    def run(self, commands: tuple[Command, ...], *, keep_outputs: bool = False) -> Failure | None:
        """Why it failed, None if it did not."""
        for index, command in enumerate(commands):
            try:
                results = self._run(command)
                if self._calls.tx.ids_created > MAX_NEW_OBJECTS:
                    raise failed("EFFECTS_TOO_LARGE", f"more than {MAX_NEW_OBJECTS} new objects")
            except CommandError as error:
                return in_command(error.failure, index)
            self._arguments.results.append([Slot(Origin.RESULT, *result) for result in results])
            if keep_outputs:
                self.outputs.append(_output(results))
            self._note_events(command)
            self._release()
        return self._unused() if self._check_usage else None

    def _run(self, command: Command) -> Values:
        self._arguments.next_command()
        match command:
            case MoveCall():
                return self._move_call(command)
            case TransferObjects():
                return self._transfer(command)
            case SplitCoins():
                return self._split(command)
            case MergeCoins():
                return self._merge(command)
            case MakeMoveVec():
                return self._make_vec(command)

    # Commands.

    def _move_call(self, call: MoveCall) -> Values:
        function = self._function(call)
        if len(call.arguments) != len(function.parameters):
            counts = f"{len(call.arguments)} arguments for {len(function.parameters)} parameters"
            raise failed("ARITY_MISMATCH", f"{call.module}::{call.function}: {counts}")
        payloads = [
            self._arguments.take(position, argument, parameter, call.type_arguments)
            for position, (argument, parameter) in enumerate(
                zip(call.arguments, function.parameters, strict=True)
            )
        ]
        return self._calls.call(call.package, function, call.type_arguments, payloads)

    def _function(self, call: MoveCall) -> Function:
        original = self._calls.world.original_package(call.package)
        found = None
        if original is not None:
            found = self._catalogue.functions.get((original, call.module, call.function))
        if found is None:
            raise failed("FUNCTION_NOT_FOUND", f"there is no {call.module}::{call.function} there")
        if len(call.type_arguments) != len(found.type_parameters):
            raise failed("TYPE_ARITY_MISMATCH", f"{call.module}::{call.function}: type arguments")
        for index, type_ in enumerate(call.type_arguments):
            if not self._catalogue.is_known(type_):
                raise type_argument_error(index, f"there is no type {type_}")
            missing = set(found.type_parameters[index]) - self._catalogue.abilities(type_)
            if missing:
                raise type_argument_error(index, f"{type_} has not {', '.join(sorted(missing))}")
        return found

    def _transfer(self, command: TransferObjects) -> Values:
        recipient = self._arguments.plain(len(command.objects), command.recipient, "address")
        for position, argument in enumerate(command.objects):
            slot = self._arguments.slot(position, argument)
            kind = slot.type
            if kind is None or "key" not in self._catalogue.abilities(kind):
                raise argument_error(position, "TYPE_MISMATCH", "only objects can be transferred")
            if "store" not in self._catalogue.abilities(kind):
                raise failed("INVALID_TRANSFER_OBJECT", f"{kind} is not for public transfer")
            payload = self._arguments.move(position, slot, gas_allowed=True)
            self._put(Live(kind, payload, Owner(OwnerKind.ADDRESS, recipient)))
        return []

    def _split(self, command: SplitCoins) -> Values:
        slot, kind = self._arguments.coin(0, command.coin)
        results: Values = []
        for position, argument in enumerate(command.amounts, 1):
            amount = self._arguments.plain(position, argument, "u64")
            if amount > slot.payload.value:
                words = f"{slot.payload.value:,} < {amount:,}, the amount to split off"
                raise failed(
                    "INSUFFICIENT_COIN_BALANCE", f"the coin's balance is too small: {words}"
                )
            results.append((kind, self._arithmetic(native_calls.split, slot.payload, amount)))
        return results

    def _merge(self, command: MergeCoins) -> Values:
        slot, kind = self._arguments.coin(0, command.coin)
        for position, argument in enumerate(command.merged, 1):
            other = self._arguments.slot(position, argument)
            if other.type != kind:
                raise argument_error(position, "TYPE_MISMATCH", f"not a {kind}")
            payload = self._arguments.move(position, other)
            self._arithmetic(native_calls.join, slot.payload, payload)
        return []

    def _arithmetic(self, change: Callable[..., Any], *values: Any) -> Any:
        try:
            return change(self._calls, *values)
        except Abort:
            raise failed("COIN_BALANCE_OVERFLOW", "the balance would not fit 64 bits") from None

    def _make_vec(self, command: MakeMoveVec) -> Values:
        item = command.item_type
        if item is None:
            if not command.items:
                raise failed("VM_VERIFICATION_OR_DESERIALIZATION_ERROR", "a vector of no type")
            item = self._arguments.slot(0, command.items[0]).type
            if item is None or "key" not in self._catalogue.abilities(item):
                kind = "INVALID_MAKE_MOVE_VEC_NON_OBJECT_ARGUMENT"
                raise argument_error(0, kind, "a vector of plain values must say its type")
        elif not self._catalogue.is_known(item):
            raise type_argument_error(0, f"there is no type {item}")
        parameter = Parameter("", item)
        values = [
            self._arguments.take(at, each, parameter, ()) for at, each in enumerate(command.items)
        ]
        joined = bytes(values) if item == "u8" else values
        return [(Vector(item), joined)]

    # What is left behind.

    def _put(self, live: Live) -> None:
        object_id = id_of(live.payload)
        assert object_id is not None  # only objects are transferred and shared
        self.live[object_id] = live

    def _release(self) -> None:
        """Objects that a call shared or transferred."""
        for live in self._calls.released:
            self._put(live)
        self._calls.released.clear()

    def _note_events(self, command: Command) -> None:
        """New events are said to be emitted by the module that was called."""
        new = len(self._calls.tx.events) - len(self.event_places)
        if new and isinstance(command, MoveCall):
            self.event_places += [(command.package, command.module)] * new

    def _unused(self) -> Failure | None:
        for index, results in enumerate(self._arguments.results):
            for nested, slot in enumerate(results):
                kind = slot.type
                if slot.moved or kind is None or "drop" in self._catalogue.abilities(kind):
                    continue
                words = f"result {nested} of command {index}, a {kind}, is left over"
                return Failure(
                    "UNUSED_VALUE_WITHOUT_DROP",
                    words,
                    argument_index=index,
                    nested_index=nested,
                )
        return None


def _output(results: Values) -> CommandOutput:
    return CommandOutput(
        tuple([ReturnedValue(kind, _shown(kind, payload)) for kind, payload in results])
    )


def _shown(kind: MoveType, payload: Any) -> bytes:
    """Nothing of a value that has no form outside, as a ticket."""
    try:
        return encode_value(kind, payload)
    except InvalidEncodingError:
        return b""
