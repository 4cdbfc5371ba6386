"""Transactions and signatures as messages."""

from __future__ import annotations

from collections.abc import Sequence

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.ids import address_text, digest_text
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
    Command,
    Input,
    InputKind,
    MakeMoveVec,
    MergeCoins,
    MoveCall,
    ObjectReference,
    Place,
    SplitCoins,
    TransactionData,
    TransferObjects,
)

__all__ = ["message_of_data", "signature_message"]

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


def signature_message(signature: bytes) -> v2.UserSignature:
    """Of the flag of the scheme, 64 bytes, and the public key."""
    scheme = v2.SignatureScheme(signature[0])
    simple = v2.SimpleSignature(scheme=scheme, signature=signature[1:65], public_key=signature[65:])
    return v2.UserSignature(
        bcs=v2.Bcs(name="UserSignature", value=signature), scheme=scheme, simple=simple
    )
