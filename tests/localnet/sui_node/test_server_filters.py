"""Filters: each predicate, negation, and terms."""

import pytest
from pysui.sui.sui_grpc.pgrpc_filters import Literal, build_event_filter, build_transaction_filter
from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.localnet.sui_node.move_types import Struct
from walrus_core.localnet.sui_node.rpc.filters import event_filter, transaction_filter
from walrus_core.localnet.sui_node.rpc.statuses import RpcError
from walrus_core.localnet.sui_node.transaction_data import (
    GasData,
    MoveCall,
    Programmable,
    TransactionData,
)
from walrus_core.localnet.sui_node.values import (
    Change,
    Effects,
    Event,
    ExecutedTransaction,
    GasUsed,
    IdOperation,
    ObjectRecord,
    Owner,
    OwnerKind,
)

SENDER, OWNER, PACKAGE, CALLED, OBJECT = (bytes([number]) * 32 for number in range(1, 6))
NOBODY = bytes([9]) * 32
TYPE = Struct(PACKAGE, "events", "Happened", ("u64",))
EVENT = Event(CALLED, "system", SENDER, TYPE, b"")
RECORD = ObjectRecord(
    OBJECT, 1, bytes(32), Owner(OwnerKind.ADDRESS, OWNER), Struct(PACKAGE, "m", "N"), b"", b"", 0
)
EXECUTED = ExecutedTransaction(
    bytes(32),
    TransactionData(
        Programmable((), (MoveCall(CALLED, "system", "certify_blob", (), ()),)),
        SENDER,
        GasData((), SENDER, 1, 1),
    ),
    b"",
    (),
    Effects(
        None,
        0,
        GasUsed(0, 0, 0, 0),
        bytes(32),
        None,
        None,
        (),
        1,
        (Change(OBJECT, None, RECORD, IdOperation.CREATED),),
        (),
        b"",
        bytes(32),
    ),
    (EVENT,),
    (),
    0,
    1,
)


def text(address: bytes) -> str:
    return "0x" + address.hex()


BOTH = [
    ("sender", text(SENDER), True),
    ("sender", text(NOBODY), False),
    ("emit_module", text(CALLED), True),
    ("emit_module", text(CALLED) + "::system", True),
    ("emit_module", text(CALLED) + "::staking", False),
    ("emit_module", text(PACKAGE), False),
    ("event_type", text(PACKAGE), True),
    ("event_type", text(PACKAGE) + "::events", True),
    ("event_type", text(PACKAGE) + "::events::Happened", True),
    ("event_type", text(PACKAGE) + "::events::Happened<u64>", True),
    ("event_type", text(PACKAGE) + "::events::Happened<u8>", False),
    ("event_type", text(PACKAGE) + "::events::Happen", False),
    ("event_stream_head", text(SENDER), False),
]
TRANSACTIONS_ONLY = [
    ("affected_address", text(SENDER), True),
    ("affected_address", text(OWNER), True),
    ("affected_address", text(NOBODY), False),
    ("affected_object", text(OBJECT), True),
    ("affected_object", text(NOBODY), False),
    ("move_call", text(CALLED), True),
    ("move_call", text(CALLED) + "::system", True),
    ("move_call", text(CALLED) + "::system::certify_blob", True),
    ("move_call", text(CALLED) + "::system::certify", False),
    ("package_write", None, False),
]


@pytest.mark.parametrize(("predicate", "value", "expected"), BOTH)
def test_events(predicate: str, value: str, expected: bool) -> None:
    for negated in (False, True):
        wanted = build_event_filter(terms=[[Literal(predicate, value, negated)]])
        assert event_filter(wanted)(EVENT) is (expected is not negated)


@pytest.mark.parametrize(("predicate", "value", "expected"), BOTH + TRANSACTIONS_ONLY)
def test_transactions(predicate: str, value: str | None, expected: bool) -> None:
    for negated in (False, True):
        wanted = build_transaction_filter(terms=[[Literal(predicate, value, negated)]])
        assert transaction_filter(wanted)(EXECUTED) is (expected is not negated)


def test_any_of_the_terms_and_all_of_their_literals() -> None:
    yes, no = Literal("sender", text(SENDER)), Literal("sender", text(NOBODY))
    for terms, expected in [
        ([[no], [yes]], True),
        ([[yes, no]], False),
        ([[yes, no], [yes, yes]], True),
        ([[no], [no]], False),
    ]:
        assert event_filter(build_event_filter(terms=terms))(EVENT) is expected
        assert transaction_filter(build_transaction_filter(terms=terms))(EXECUTED) is expected


def test_no_filter_matches_everything() -> None:
    assert event_filter(None)(EVENT)
    assert transaction_filter(None)(EXECUTED)


@pytest.mark.parametrize(
    "wanted",
    [
        v2.EventFilter(),
        v2.EventFilter(terms=[v2.EventTerm()]),
        v2.EventFilter(terms=[v2.EventTerm(literals=[v2.EventLiteral()])]),
        build_event_filter(terms=[[Literal("sender", "nobody")]]),
        build_event_filter(terms=[[Literal("sender", None)]]),
        build_event_filter(terms=[[Literal("emit_module", "0x1::a::b")]]),
        build_event_filter(terms=[[Literal("event_type", "0x1::a::b<")]]),
        build_event_filter(terms=[[Literal("sender", text(SENDER))] * 101]),
    ],
)
def test_bad_filters_are_refused(wanted: v2.EventFilter) -> None:
    with pytest.raises(RpcError, match="INVALID_ARGUMENT"):
        event_filter(wanted)
