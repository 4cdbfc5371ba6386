"""Transactions as messages: from a caller's fields, whole or half-finished, and back."""

from __future__ import annotations

from collections.abc import Sequence

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.ids import address_text, digest_text
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

__all__ = ["message_of_data", "programmable_of", "reference_of"]

_INDEXES = 2**16
"""Of inputs, commands and their results; Sui writes them in two bytes."""

_Mutability = v2.InputMutability
_Expiration = v2.TransactionExpirationTransactionExpirationKind


def message_of_data(data: TransactionData) -> v2.Transaction:
    """All but the digest and the BCS."""
    gas = data.gas
    return v2.Transaction(
        version=1,
        kind=v2.TransactionKind(
            kind=v2.TransactionKindKind.PROGRAMMABLE_TRANSACTION,
            programmable_transaction=v2.ProgrammableTransaction(
                inputs=[_input_message(item) for item in data.kind.inputs],
                commands=[_command_message(command) for command in data.kind.commands],
            ),
        ),
        sender=address_text(data.sender),
        gas_payment=v2.GasPayment(
            objects=[_reference_message(coin) for coin in gas.payment],
            owner=address_text(gas.owner),
            price=gas.price,
            budget=gas.budget,
        ),
        expiration=_expiration_message(data.expiration),
    )


def _expiration_message(epoch: int | None) -> v2.TransactionExpiration:
    if epoch is None:
        return v2.TransactionExpiration(kind=_Expiration.NONE)
    return v2.TransactionExpiration(kind=_Expiration.EPOCH, epoch=epoch)


def _reference_message(reference: ObjectReference) -> v2.ObjectReference:
    return v2.ObjectReference(
        object_id=address_text(reference.id),
        version=reference.version,
        digest=digest_text(reference.digest),
    )


def _input_message(item: Input) -> v2.Input:
    match item.kind:
        case InputKind.PURE:
            return v2.Input(kind=v2.InputInputKind.PURE, pure=item.pure)
        case InputKind.SHARED:
            mutability = (
                v2.InputMutability.MUTABLE if item.mutable else v2.InputMutability.IMMUTABLE
            )
            return v2.Input(
                kind=v2.InputInputKind.SHARED,
                object_id=address_text(item.id),
                version=item.version,
                mutable=item.mutable,
                mutability=mutability,
            )
        case _:
            owned = item.kind is InputKind.OWNED
            kind = v2.InputInputKind.IMMUTABLE_OR_OWNED if owned else v2.InputInputKind.RECEIVING
            return v2.Input(
                kind=kind,
                object_id=address_text(item.id),
                version=item.version,
                digest=digest_text(item.digest),
            )


def _argument_message(argument: Argument) -> v2.Argument:
    match argument.place:
        case Place.GAS:
            return v2.Argument(kind=v2.ArgumentArgumentKind.GAS)
        case Place.INPUT:
            return v2.Argument(kind=v2.ArgumentArgumentKind.INPUT, input=argument.index)
    nested = argument.nested if argument.place is Place.NESTED_RESULT else None
    kind = v2.ArgumentArgumentKind.RESULT
    return v2.Argument(kind=kind, result=argument.index, subresult=nested)


def _argument_messages(arguments: Sequence[Argument]) -> list[v2.Argument]:
    return [_argument_message(argument) for argument in arguments]


def _command_message(command: Command) -> v2.Command:
    match command:
        case MoveCall():
            call = v2.MoveCall(
                package=address_text(command.package),
                module=command.module,
                function=command.function,
                type_arguments=[str(type_) for type_ in command.type_arguments],
                arguments=_argument_messages(command.arguments),
            )
            return v2.Command(move_call=call)
        case TransferObjects():
            transfer = v2.TransferObjects(
                objects=_argument_messages(command.objects),
                address=_argument_message(command.recipient),
            )
            return v2.Command(transfer_objects=transfer)
        case SplitCoins():
            split = v2.SplitCoins(
                coin=_argument_message(command.coin), amounts=_argument_messages(command.amounts)
            )
            return v2.Command(split_coins=split)
        case MergeCoins():
            merge = v2.MergeCoins(
                coin=_argument_message(command.coin),
                coins_to_merge=_argument_messages(command.merged),
            )
            return v2.Command(merge_coins=merge)
        case MakeMoveVec():
            vector = v2.MakeMoveVector(
                element_type=None if command.item_type is None else str(command.item_type),
                elements=_argument_messages(command.items),
            )
            return v2.Command(make_move_vector=vector)


def programmable_of(kind: v2.TransactionKind | None) -> Programmable:
    """The transaction that a caller describes; objects may lack versions and kinds.

    Raises RpcError (INVALID_ARGUMENT) for what is none, or none that users may send.
    """
    whole = kind.programmable_transaction if kind is not None else None
    if whole is None:
        raise missing("transaction.kind.programmable_transaction")
    return Programmable(
        tuple(_input_of(f"inputs[{i}]", item) for i, item in enumerate(whole.inputs)),
        tuple(_command_of(f"commands[{i}]", item) for i, item in enumerate(whole.commands)),
    )


def gas_of(payment: v2.GasPayment | None, sender: bytes) -> GasData:
    """What a caller says about gas; zeros and no coins stand for what he leaves open."""
    if payment is None:
        return GasData((), sender, 0, 0)
    owner = sender if payment.owner is None else fields.address("gas_payment.owner", payment.owner)
    coins = tuple(
        reference_of(f"gas_payment.objects[{i}]", coin) for i, coin in enumerate(payment.objects)
    )
    return GasData(coins, owner, payment.price or 0, payment.budget or 0)


def expiration_of(given: v2.TransactionExpiration | None) -> int | None:
    """The last epoch of a transaction, if it has one."""
    if given is None or given.kind in (None, 0, _Expiration.NONE):
        return None
    if given.kind != _Expiration.EPOCH:
        raise invalid("expiration.kind", "this chain knows NONE and EPOCH")
    return fields.required("expiration.epoch", given.epoch)


def reference_of(field: str, given: v2.ObjectReference) -> ObjectReference:
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
