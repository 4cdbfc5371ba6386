"""The arguments of commands: what they name, read, borrowed or moved as Move's rules allow."""

from __future__ import annotations

from typing import Any

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.sui_node.failures import argument_error, failed
from walrus_core.localnet.sui_node.functions import Catalogue, Parameter, substitute
from walrus_core.localnet.sui_node.move_types import MoveType, Struct, coin_type
from walrus_core.localnet.sui_node.pure import decode_pure, is_pure
from walrus_core.localnet.sui_node.slots import Live, Origin, Slot, id_of
from walrus_core.localnet.sui_node.transaction_data import Argument, Place

__all__ = ["Arguments"]

MAX_PURE_BYTES = 1024 * 1024
"""Of pure values in all their uses: one input may be named thousands of times."""

_BY_VALUE_REFUSED = {Origin.IMMUTABLE, Origin.SHARED, Origin.SHARED_READ_ONLY}
_BY_MUT_REFUSED = {Origin.IMMUTABLE, Origin.SHARED_READ_ONLY}


class Arguments:
    """Of one transaction: its inputs, its gas coin, and the results of its commands so far.

    `live` holds the objects at hand, by id; what is moved away leaves it.
    """

    def __init__(
        self, catalogue: Catalogue, inputs: list[Slot], gas: Slot, live: dict[bytes, Live]
    ) -> None:
        self._catalogue = catalogue
        self._inputs = inputs
        self._gas = gas
        self._live = live
        self._borrowed: dict[int, bool] = {}
        self._bytes_read = 0
        self.results: list[list[Slot]] = []

    def next_command(self) -> None:
        """What the last command borrowed is given back."""
        self._borrowed.clear()

    def slot(self, position: int, argument: Argument) -> Slot:
        """What an argument names, with something in it."""
        slot = self._find(position, argument)
        if slot.moved:
            raise argument_error(position, "INVALID_VALUE_USAGE", "its value was moved already")
        return slot

    def _find(self, position: int, argument: Argument) -> Slot:
        index = argument.index
        if argument.place is Place.GAS:
            return self._gas
        if argument.place is Place.INPUT:
            if index >= len(self._inputs):
                raise argument_error(
                    position, "INDEX_OUT_OF_BOUNDS", f"there is no input {index}", index
                )
            return self._inputs[index]
        if index >= len(self.results):
            raise argument_error(
                position, "INDEX_OUT_OF_BOUNDS", f"command {index} has no results yet", index
            )
        results = self.results[index]
        if argument.place is Place.RESULT:
            if len(results) != 1:
                words = f"command {index} has {len(results)} results, not one"
                raise argument_error(position, "INVALID_RESULT_ARITY", words, index)
            return results[0]
        if argument.nested >= len(results):
            words = f"command {index} has no result {argument.nested}"
            raise argument_error(position, "SECONDARY_INDEX_OUT_OF_BOUNDS", words, argument.nested)
        return results[argument.nested]

    def take(
        self,
        position: int,
        argument: Argument,
        parameter: Parameter,
        type_arguments: tuple[MoveType, ...],
    ) -> Any:
        """The value for a parameter: borrowed, copied or moved."""
        slot = self.slot(position, argument)
        wanted = substitute(parameter.type, type_arguments) if type_arguments else parameter.type
        if slot.type is None:
            return self._read_pure(position, slot, wanted)
        if slot.type != wanted:
            raise argument_error(position, "TYPE_MISMATCH", f"{slot.type} is not {wanted}")
        if parameter.reference == "":
            if "copy" in self._catalogue.abilities(wanted):
                return slot.payload
            return self.move(position, slot)
        self._borrow(position, slot, mutable=parameter.reference == "&mut")
        return slot.payload

    def _read_pure(self, position: int, slot: Slot, wanted: MoveType) -> Any:
        if not is_pure(wanted):
            words = f"bytes cannot be given for a {wanted}"
            raise argument_error(position, "INVALID_USAGE_OF_PURE_ARGUMENT", words)
        self._bytes_read += len(slot.payload)
        if self._bytes_read > MAX_PURE_BYTES:
            raise failed("MOVE_RAW_VALUE_TOO_BIG", f"pure values of over {MAX_PURE_BYTES:,} bytes")
        try:
            return decode_pure(wanted, slot.payload)
        except InvalidEncodingError as error:
            raise argument_error(position, "INVALID_BCS_BYTES", str(error)) from None

    def plain(self, position: int, argument: Argument, wanted: str) -> Any:
        return self.take(position, argument, Parameter("", wanted), ())

    def coin(self, position: int, argument: Argument) -> tuple[Slot, Struct]:
        """A coin to be changed, with its type."""
        slot = self.slot(position, argument)
        kind = slot.type
        if not isinstance(kind, Struct) or coin_type(*kind.parameters[:1] or ("u8",)) != kind:
            raise argument_error(position, "TYPE_MISMATCH", f"{kind or 'bytes'} is no coin")
        self._borrow(position, slot, mutable=True)
        return slot, kind

    def _borrow(self, position: int, slot: Slot, *, mutable: bool) -> None:
        if mutable and slot.origin in _BY_MUT_REFUSED:
            words = f"an object that is {slot.origin.value} cannot be changed"
            raise argument_error(position, "INVALID_OBJECT_BY_MUT_REF", words)
        before = self._borrowed.get(id(slot))
        if before or (mutable and before is not None):
            raise argument_error(position, "INVALID_VALUE_USAGE", "borrowed twice in one command")
        self._borrowed[id(slot)] = mutable

    def move(self, position: int, slot: Slot, *, gas_allowed: bool = False) -> Any:
        if slot.origin is Origin.GAS and not gas_allowed:
            words = "the gas coin can be moved by a transfer alone"
            raise argument_error(position, "INVALID_GAS_COIN_USAGE", words)
        if slot.origin in _BY_VALUE_REFUSED:
            words = f"an object that is {slot.origin.value} cannot be moved"
            raise argument_error(position, "INVALID_OBJECT_BY_VALUE", words)
        if id(slot) in self._borrowed:
            raise argument_error(position, "INVALID_VALUE_USAGE", "it is borrowed in this command")
        slot.moved = True
        object_id = id_of(slot.payload)
        if object_id is not None:
            self._live.pop(object_id, None)
        return slot.payload
