"""Transactions as messages: there and back, half-finished, and wrong."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.localnet.sui_node.move_types import Struct, Vector
from walrus_core.localnet.sui_node.rpc.requests import data_of
from walrus_core.localnet.sui_node.rpc.statuses import RpcError
from walrus_core.localnet.sui_node.rpc.transactions import message_of_data
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
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

ids = st.binary(min_size=32, max_size=32)
versions = st.integers(1, 2**64 - 1)
indexes = st.integers(0, 2**16 - 1)
names = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
types = st.recursive(
    st.sampled_from(["bool", "u8", "u64", "u256", "address"]),
    lambda inner: (
        st.builds(Vector, inner)
        | st.builds(Struct, ids, names, names, st.lists(inner, max_size=2).map(tuple))
    ),
    max_leaves=4,
)
references = st.builds(ObjectReference, ids, versions, ids)
inputs = st.one_of(
    st.builds(Input, st.just(InputKind.PURE), st.binary(max_size=40)),
    st.builds(
        Input,
        st.sampled_from([InputKind.OWNED, InputKind.RECEIVING]),
        st.just(b""),
        ids,
        versions,
        ids,
    ),
    st.builds(
        Input, st.just(InputKind.SHARED), st.just(b""), ids, versions, st.just(b""), st.booleans()
    ),
)
arguments = st.one_of(
    st.just(Argument(Place.GAS)),
    st.builds(Argument, st.sampled_from([Place.INPUT, Place.RESULT]), indexes),
    st.builds(Argument, st.just(Place.NESTED_RESULT), indexes, indexes),
)
several = st.lists(arguments, max_size=3).map(tuple)
commands = st.one_of(
    st.builds(MoveCall, ids, names, names, st.lists(types, max_size=2).map(tuple), several),
    st.builds(TransferObjects, several, arguments),
    st.builds(SplitCoins, arguments, several),
    st.builds(MergeCoins, arguments, several),
    st.builds(MakeMoveVec, st.none() | types, several),
)
transactions = st.builds(
    TransactionData,
    st.builds(
        Programmable,
        st.lists(inputs, max_size=4).map(tuple),
        st.lists(commands, max_size=4).map(tuple),
    ),
    ids,
    st.builds(
        GasData,
        st.lists(references, max_size=3).map(tuple),
        ids,
        st.integers(0, 2**64 - 1),
        st.integers(0, 2**64 - 1),
    ),
    st.none() | st.integers(0, 2**64 - 1),
)


def over_the_wire(data: TransactionData) -> TransactionData:
    return data_of(v2.Transaction.parse(bytes(message_of_data(data))))


@given(transactions)
def test_there_and_back(data: TransactionData) -> None:
    assert over_the_wire(data) == data


A, B = b"\x0a" * 32, b"\x0b" * 32


def half_finished() -> v2.Transaction:
    """As the official client sends it to be resolved."""
    split = v2.SplitCoins(
        coin=v2.Argument(kind=v2.ArgumentArgumentKind.INPUT, input=0),
        amounts=[v2.Argument(kind=v2.ArgumentArgumentKind.INPUT, input=1)],
    )
    return v2.Transaction(
        version=1,
        sender="0x" + A.hex(),
        gas_payment=v2.GasPayment(owner="0x" + A.hex()),
        kind=v2.TransactionKind(
            programmable_transaction=v2.ProgrammableTransaction(
                inputs=[v2.Input(object_id="0x" + B.hex()), v2.Input(pure=bytes(8))],
                commands=[v2.Command(split_coins=split)],
            )
        ),
    )


def test_what_is_left_open_stays_open() -> None:
    data = data_of(half_finished())
    assert data.kind.inputs == (
        Input(InputKind.UNRESOLVED, id=B),
        Input(InputKind.PURE, bytes(8)),
    )
    assert data.gas == GasData((), A, 0, 0)
    assert data.expiration is None


def test_without_gas_the_sender_pays() -> None:
    given = replace(half_finished(), gas_payment=None)
    assert data_of(given).gas == GasData((), A, 0, 0)


def wrong(**changes: object) -> v2.Transaction:
    return replace(half_finished(), **changes)


def of_commands(*given: v2.Command) -> v2.Transaction:
    whole = v2.ProgrammableTransaction(commands=list(given))
    return wrong(kind=v2.TransactionKind(programmable_transaction=whole))


def of_inputs(*given: v2.Input) -> v2.Transaction:
    whole = v2.ProgrammableTransaction(inputs=list(given))
    return wrong(kind=v2.TransactionKind(programmable_transaction=whole))


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (wrong(sender=None), "missing transaction.sender"),
        (wrong(sender="0xg"), "transaction.sender: "),
        (wrong(kind=None), "missing transaction.kind"),
        (
            wrong(kind=v2.TransactionKind(genesis=v2.GenesisTransaction())),
            "missing transaction.kind",
        ),
        (
            wrong(
                expiration=v2.TransactionExpiration(
                    kind=v2.TransactionExpirationTransactionExpirationKind.VALIDITY
                )
            ),
            "expiration.kind",
        ),
        (wrong(gas_payment=v2.GasPayment(objects=[v2.ObjectReference()])), "gas_payment.objects"),
        (of_inputs(v2.Input()), r"missing inputs\[0\].object_id"),
        (of_inputs(v2.Input(kind=v2.InputInputKind.PURE)), r"missing inputs\[0\].pure"),
        (of_inputs(v2.Input(kind=v2.InputInputKind.FUNDS_WITHDRAWAL)), r"inputs\[0\]"),
        (of_inputs(v2.Input(kind=v2.InputInputKind(77))), r"inputs\[0\]"),
        (of_commands(v2.Command()), r"commands\[0\]"),
        (of_commands(v2.Command(publish=v2.Publish())), "publishes no packages"),
        (of_commands(v2.Command(split_coins=v2.SplitCoins())), r"commands\[0\].coin"),
        (
            of_commands(v2.Command(split_coins=v2.SplitCoins(coin=v2.Argument()))),
            r"commands\[0\].coin.kind",
        ),
        (
            of_commands(
                v2.Command(move_call=v2.MoveCall(package="0x2", module="a b", function="c"))
            ),
            "'a b' is no identifier",
        ),
        (
            of_commands(
                v2.Command(
                    move_call=v2.MoveCall(
                        package="0x2", module="m", function="f", type_arguments=["u8<"]
                    )
                )
            ),
            "is no Move type",
        ),
    ],
)
def test_what_is_wrong_is_named(given: v2.Transaction, complaint: str) -> None:
    with pytest.raises(RpcError, match=complaint) as refused:
        data_of(given)
    assert refused.value.code.name == "INVALID_ARGUMENT"
    assert refused.value.violation is not None


def test_indexes_have_two_bytes() -> None:
    argument = v2.Argument(kind=v2.ArgumentArgumentKind.INPUT, input=2**16)
    with pytest.raises(RpcError, match="65,536 >= 65,536"):
        data_of(of_commands(v2.Command(split_coins=v2.SplitCoins(coin=argument))))
