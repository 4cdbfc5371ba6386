"""TransactionData as BCS.

Decoding is strict (one encoding for each value) and bounded before anything is looped over or
kept; whatever it accepts, `encode` gives back byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.move_types import decode_type, encode_type, identifier
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

__all__ = ["MAX_TRANSACTION_SIZE", "decode", "encode", "encode_kind"]

MAX_TRANSACTION_SIZE = 128 * 1024
MAX_INPUTS = 2048
MAX_COMMANDS = 1024
MAX_ARGUMENTS = 512
MAX_TYPE_ARGUMENTS = 16
MAX_GAS_OBJECTS = 256
MAX_PURE_SIZE = 16 * 1024
"""What one transaction may have; Sui's own limits."""

_V1, _PROGRAMMABLE = 0, 0
_N_KINDS = 11  # of transactions; users may send the first only
_CALL_ARGS, _OBJECT_ARGS, _ARGUMENTS, _COMMANDS, _EXPIRATIONS = 2, 3, 4, 7, 2
_DIGEST_SIZE = 32


def decode(content: bytes) -> TransactionData:
    """The transaction that these bytes are; InvalidEncodingError if they are none."""
    reader = bcs.Reader("TransactionData", content)
    if len(content) > MAX_TRANSACTION_SIZE:
        raise reader.fault(f"{len(content):,} bytes > {MAX_TRANSACTION_SIZE:,}")
    if reader.variant(1) != _V1 or reader.variant(_N_KINDS) != _PROGRAMMABLE:
        raise reader.fault("only programmable transactions may be sent")
    kind = _programmable(reader)
    data = TransactionData(kind, reader.address(), _gas(reader), _expiration(reader))
    reader.finish()
    return data


def _programmable(reader: bcs.Reader) -> Programmable:
    inputs = reader.vector(lambda: _input(reader), most=MAX_INPUTS)
    return Programmable(inputs, reader.vector(lambda: _command(reader), most=MAX_COMMANDS))


def _gas(reader: bcs.Reader) -> GasData:
    payment = reader.vector(lambda: _reference(reader), most=MAX_GAS_OBJECTS)
    return GasData(payment, reader.address(), reader.u64(), reader.u64())


def _expiration(reader: bcs.Reader) -> int | None:
    return reader.u64() if reader.variant(_EXPIRATIONS) else None


def _digest(reader: bcs.Reader) -> bytes:
    digest = reader.byte_vector()
    if len(digest) != _DIGEST_SIZE:
        raise reader.fault(f"a digest of {len(digest)} bytes, not {_DIGEST_SIZE}")
    return digest


def _reference(reader: bcs.Reader) -> ObjectReference:
    return ObjectReference(reader.address(), reader.u64(), _digest(reader))


def _input(reader: bcs.Reader) -> Input:
    if reader.variant(_CALL_ARGS) == 0:
        pure = reader.byte_vector()
        if len(pure) > MAX_PURE_SIZE:
            raise reader.fault(f"a pure input of {len(pure):,} bytes > {MAX_PURE_SIZE:,}")
        return Input(InputKind.PURE, pure)
    kind = reader.variant(_OBJECT_ARGS)
    if kind == 1:
        object_id, version = reader.address(), reader.u64()
        return Input(InputKind.SHARED, b"", object_id, version, b"", reader.boolean())
    reference = _reference(reader)
    owned = InputKind.OWNED if kind == 0 else InputKind.RECEIVING
    return Input(owned, b"", reference.id, reference.version, reference.digest)


def _argument(reader: bcs.Reader) -> Argument:
    place = Place(reader.variant(_ARGUMENTS))
    if place is Place.GAS:
        return Argument(place)
    index = reader.u16()
    return Argument(place, index, reader.u16() if place is Place.NESTED_RESULT else 0)


def _arguments(reader: bcs.Reader) -> tuple[Argument, ...]:
    return reader.vector(lambda: _argument(reader), most=MAX_ARGUMENTS)


def _move_call(reader: bcs.Reader) -> MoveCall:
    package, module, function = reader.address(), identifier(reader), identifier(reader)
    types = reader.vector(lambda: decode_type(reader), most=MAX_TYPE_ARGUMENTS)
    return MoveCall(package, module, function, types, _arguments(reader))


def _transfer(reader: bcs.Reader) -> TransferObjects:
    return TransferObjects(_arguments(reader), _argument(reader))


def _split(reader: bcs.Reader) -> SplitCoins:
    return SplitCoins(_argument(reader), _arguments(reader))


def _merge(reader: bcs.Reader) -> MergeCoins:
    return MergeCoins(_argument(reader), _arguments(reader))


def _publish(reader: bcs.Reader) -> Command:
    raise reader.fault("packages can be neither published nor upgraded on this chain")


def _make_vec(reader: bcs.Reader) -> MakeMoveVec:
    return MakeMoveVec(reader.option(lambda: decode_type(reader)), _arguments(reader))


_READERS: list[Callable[[bcs.Reader], Command]] = [
    _move_call,
    _transfer,
    _split,
    _merge,
    _publish,
    _make_vec,
    _publish,
]
"""By the number of the command's variant; two are for packages."""


def _command(reader: bcs.Reader) -> Command:
    return _READERS[reader.variant(_COMMANDS)](reader)


# Encoding.


def encode(data: TransactionData) -> bytes:
    """BCS; the transaction must be resolved. InvalidEncodingError if a number is too large."""
    try:
        return _encoded(data)
    except OverflowError as error:
        raise InvalidEncodingError(f"a number that does not fit its field: {error}") from error


def _encoded(data: TransactionData) -> bytes:
    expiration = data.expiration
    return b"".join(
        [
            bcs.variant(_V1),
            encode_kind(data.kind),
            data.sender,
            bcs.vector(map(_reference_bytes, data.gas.payment)),
            data.gas.owner,
            bcs.u64(data.gas.price),
            bcs.u64(data.gas.budget),
            bcs.variant(0) if expiration is None else bcs.variant(1) + bcs.u64(expiration),
        ]
    )


def encode_kind(kind: Programmable) -> bytes:
    """The BCS of its TransactionKind."""
    inputs = bcs.vector(map(_input_bytes, kind.inputs))
    return bcs.variant(_PROGRAMMABLE) + inputs + bcs.vector(map(_command_bytes, kind.commands))


def _reference_bytes(reference: ObjectReference | Input) -> bytes:
    return reference.id + bcs.u64(reference.version) + bcs.byte_vector(reference.digest)


def _input_bytes(value: Input) -> bytes:
    if value.kind is InputKind.PURE:
        return b"\0" + bcs.byte_vector(value.pure)
    if value.kind is InputKind.SHARED:
        return b"\1\1" + value.id + bcs.u64(value.version) + bcs.boolean(value.mutable)
    return (b"\1\0" if value.kind is InputKind.OWNED else b"\1\2") + _reference_bytes(value)


def _argument_bytes(value: Argument) -> bytes:
    if value.place is Place.GAS:
        return b"\0"
    nested = bcs.u16(value.nested) if value.place is Place.NESTED_RESULT else b""
    return bcs.variant(value.place) + bcs.u16(value.index) + nested


def _list(values: tuple[Argument, ...]) -> bytes:
    return bcs.vector(map(_argument_bytes, values))


def _command_bytes(command: Command) -> bytes:
    match command:
        case MoveCall():
            name = command.package + bcs.text(command.module) + bcs.text(command.function)
            types = bcs.vector(map(encode_type, command.type_arguments))
            return b"\0" + name + types + _list(command.arguments)
        case TransferObjects():
            return b"\1" + _list(command.objects) + _argument_bytes(command.recipient)
        case SplitCoins():
            return b"\2" + _argument_bytes(command.coin) + _list(command.amounts)
        case MergeCoins():
            return b"\3" + _argument_bytes(command.coin) + _list(command.merged)
        case MakeMoveVec():
            item = command.item_type
            type_ = bcs.option(None if item is None else encode_type(item))
            return b"\5" + type_ + _list(command.items)
