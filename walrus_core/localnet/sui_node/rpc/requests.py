"""Transactions and signatures from what callers send, whole or half-finished."""

from __future__ import annotations

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.statuses import invalid, missing
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

__all__ = ["data_of", "signature_of"]

_INDEXES = 2**16
"""Of inputs, commands and their results; Sui writes them in two bytes."""

_Mutability = v2.InputMutability
_Expiration = v2.TransactionExpirationTransactionExpirationKind


def data_of(given: v2.Transaction) -> TransactionData:
    """The transaction that a caller describes field by field, perhaps half-finished.

    Objects may lack their kind, version and digest (UNRESOLVED), gas its coins (none), price and
    budget (0). Raises RpcError (INVALID_ARGUMENT) for what is none, or none that users may send.
    """
    sender = fields.address("transaction.sender", given.sender)
    return TransactionData(
        _programmable_of(given.kind),
        sender,
        _gas_of(given.gas_payment, sender),
        _expiration_of(given.expiration),
    )


def _programmable_of(kind: v2.TransactionKind | None) -> Programmable:
    whole = kind.programmable_transaction if kind is not None else None
    if whole is None:
        raise missing("transaction.kind.programmable_transaction")
    return Programmable(
        tuple(_input_of(f"inputs[{i}]", item) for i, item in enumerate(whole.inputs)),
        tuple(_command_of(f"commands[{i}]", item) for i, item in enumerate(whole.commands)),
    )


def _gas_of(payment: v2.GasPayment | None, sender: bytes) -> GasData:
    if payment is None:
        return GasData((), sender, 0, 0)
    owner = sender if payment.owner is None else fields.address("gas_payment.owner", payment.owner)
    coins = tuple(
        _reference_of(f"gas_payment.objects[{i}]", coin) for i, coin in enumerate(payment.objects)
    )
    return GasData(coins, owner, payment.price or 0, payment.budget or 0)


def _expiration_of(given: v2.TransactionExpiration | None) -> int | None:
    if given is None or given.kind in (None, 0, _Expiration.NONE):
        return None
    if given.kind != _Expiration.EPOCH:
        raise invalid("expiration.kind", "this chain knows NONE and EPOCH")
    return fields.required("expiration.epoch", given.epoch)


def _reference_of(field: str, given: v2.ObjectReference) -> ObjectReference:
    return ObjectReference(
        fields.address(f"{field}.object_id", given.object_id),
        fields.required(f"{field}.version", given.version),
        fields.digest(f"{field}.digest", given.digest),
    )


_INPUT_KINDS = {
    v2.InputInputKind.PURE: InputKind.PURE,
    v2.InputInputKind.IMMUTABLE_OR_OWNED: InputKind.OWNED,
    v2.InputInputKind.SHARED: InputKind.SHARED,
    v2.InputInputKind.RECEIVING: InputKind.RECEIVING,
}


def _input_of(field: str, given: v2.Input) -> Input:
    if given.kind not in (None, 0, *_INPUT_KINDS) or given.literal is not None:
        raise invalid(field, "this chain knows inputs of bytes, and objects")
    if given.kind == v2.InputInputKind.PURE or (not given.kind and given.pure is not None):
        return Input(InputKind.PURE, fields.required(f"{field}.pure", given.pure))
    object_id = fields.address(f"{field}.object_id", given.object_id)
    kind = _INPUT_KINDS[given.kind] if given.kind else InputKind.UNRESOLVED
    digest = b"" if given.digest is None else fields.digest(f"{field}.digest", given.digest)
    mutable = bool(given.mutable) or given.mutability == _Mutability.MUTABLE
    if kind in (InputKind.OWNED, InputKind.RECEIVING) and not (digest and given.version):
        kind = InputKind.UNRESOLVED
    if kind is InputKind.SHARED and given.version is None:
        kind = InputKind.UNRESOLVED
    return Input(kind, b"", object_id, given.version or 0, digest, mutable)


def _argument_of(field: str, given: v2.Argument | None) -> Argument:
    if given is None:
        raise missing(field)
    match given.kind:
        case v2.ArgumentArgumentKind.GAS:
            return Argument(Place.GAS)
        case v2.ArgumentArgumentKind.INPUT:
            return Argument(Place.INPUT, _index(f"{field}.input", given.input))
        case v2.ArgumentArgumentKind.RESULT:
            result = _index(f"{field}.result", given.result)
            if given.subresult is None:
                return Argument(Place.RESULT, result)
            nested = _index(f"{field}.subresult", given.subresult)
            return Argument(Place.NESTED_RESULT, result, nested)
    raise invalid(f"{field}.kind", "neither gas, nor an input, nor a result")


def _index(field: str, given: int | None) -> int:
    index = fields.required(field, given)
    if index >= _INDEXES:
        raise invalid(field, f"{index:,} >= {_INDEXES:,}")
    return index


def _arguments_of(field: str, given: list[v2.Argument]) -> tuple[Argument, ...]:
    return tuple(_argument_of(f"{field}[{i}]", argument) for i, argument in enumerate(given))


def _command_of(field: str, given: v2.Command) -> Command:
    if (call := given.move_call) is not None:
        return MoveCall(
            fields.address(f"{field}.package", call.package),
            fields.identifier(f"{field}.module", call.module),
            fields.identifier(f"{field}.function", call.function),
            tuple(
                fields.move_type(f"{field}.type_arguments", text) for text in call.type_arguments
            ),
            _arguments_of(f"{field}.arguments", call.arguments),
        )
    if (transfer := given.transfer_objects) is not None:
        return TransferObjects(
            _arguments_of(f"{field}.objects", transfer.objects),
            _argument_of(f"{field}.address", transfer.address),
        )
    if (split := given.split_coins) is not None:
        return SplitCoins(
            _argument_of(f"{field}.coin", split.coin),
            _arguments_of(f"{field}.amounts", split.amounts),
        )
    if (merge := given.merge_coins) is not None:
        return MergeCoins(
            _argument_of(f"{field}.coin", merge.coin),
            _arguments_of(f"{field}.coins_to_merge", merge.coins_to_merge),
        )
    if (vector := given.make_move_vector) is not None:
        named = vector.element_type
        return MakeMoveVec(
            fields.move_type(f"{field}.element_type", named) if named else None,
            _arguments_of(f"{field}.elements", vector.elements),
        )
    raise invalid(field, "this chain publishes no packages, and knows no other commands")


def signature_of(field: str, given: v2.UserSignature) -> bytes:
    """The flag of the scheme, 64 bytes, and the public key."""
    if given.bcs is not None and given.bcs.value is not None:
        return given.bcs.value
    simple = given.simple
    if simple is None or simple.signature is None or simple.public_key is None:
        raise missing(f"{field}.bcs")
    scheme = simple.scheme or 0
    if scheme > 0xFF or scheme < 0:
        raise invalid(f"{field}.simple.scheme", "no scheme of this chain")
    return bytes([scheme]) + simple.signature + simple.public_key
