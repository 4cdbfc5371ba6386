"""Our encoder against betterproto's own, and the check of what comes in against both."""

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st
from pysui.sui.sui_grpc.suimsgs.google.rpc import Status
from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.localnet.sui_node.rpc.encoding import encode
from walrus_core.localnet.sui_node.rpc.wire import check

words = st.none() | st.text(max_size=200)
numbers = st.none() | st.integers(0, 2**64 - 1)
owners = st.builds(
    v2.Owner, kind=st.none() | st.sampled_from(v2.OwnerOwnerKind), address=words, version=numbers
)
objects = st.builds(
    v2.Object,
    bcs=st.none() | st.builds(v2.Bcs, name=words, value=st.none() | st.binary(max_size=300)),
    object_id=words,
    version=numbers,
    owner=st.none() | owners,
    has_public_transfer=st.none() | st.booleans(),
    storage_rebate=numbers,
)
executed = st.builds(
    v2.ExecutedTransaction,
    digest=words,
    effects=st.none()
    | st.builds(
        v2.TransactionEffects,
        status=st.builds(v2.ExecutionStatus, success=st.none() | st.booleans()),
        dependencies=st.lists(st.text(max_size=50), max_size=3),
    ),
    checkpoint=numbers,
    timestamp=st.none()
    | st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    objects=st.none() | st.builds(v2.ObjectSet, objects=st.lists(objects, min_size=1, max_size=3)),
)


@given(executed)
def test_it_writes_what_betterproto_writes(message: v2.ExecutedTransaction) -> None:
    content = encode(message)
    check(v2.ExecutedTransaction, content)
    again = v2.ExecutedTransaction.parse(content)
    assert encode(again) == content
    if not _holds_an_empty_object(message):
        assert content == bytes(message)


def _holds_an_empty_object(message: v2.ExecutedTransaction) -> bool:
    return message.objects is not None and any(
        all(getattr(each, field.name) in (None, []) for field in dataclasses.fields(each))
        for each in message.objects.objects
    )


@pytest.mark.parametrize(
    "message",
    [
        Status(code=5, message="not found"),
        Status(),
        v2.ProtocolConfig(protocol_version=1, attributes={"a": "1", "b": ""}),
        v2.DatatypeDescriptor(abilities=[v2.Ability.STORE, v2.Ability.KEY]),
        v2.Owner(version=0),
        v2.CheckpointSummary(epoch=2**64 - 1, timestamp=datetime(2026, 11, 21, tzinfo=UTC)),
        v2.QueryOptions(ordering=v2.Ordering.ASCENDING),
    ],
)
def test_every_kind_of_field(message: Status) -> None:
    assert encode(message) == bytes(message)
    check(type(message), encode(message))


def test_empty_messages_in_a_list_keep_their_place() -> None:
    message = v2.SimulateTransactionResponse(command_outputs=[v2.CommandResult()] * 2)
    assert encode(message) == b"\x12\x00\x12\x00"
    results = v2.ObjectSet(objects=[v2.Object(), v2.Object(version=1)])
    assert encode(results) == b"\x0a\x00\x0a\x02\x18\x01"


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (b"\x08", "no integer"),
        (b"\x0a\x05abc", "longer than what is left"),
        (b"\x08\x01", "object_id with wire type 0"),
        (b"\x12\x01a", "version with wire type 2"),
        (b"\x10" + b"\xff" * 10 + b"\x01", "no integer"),
        (b"\x10" + b"\xff" * 9 + b"\x02", "no integer"),
        (b"\x0b", "wire type 3"),
        (b"\x1a\x02\x08\x01", "paths with wire type 0"),
        (b"\x7a\x80\x21" + bytes(4224), "unknown fields"),
    ],
)
def test_what_is_no_message(message: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check(v2.GetObjectRequest, message)


def test_the_largest_integer_is_one() -> None:
    content = b"\x10" + b"\xff" * 9 + b"\x01"
    check(v2.GetObjectRequest, content)
    assert v2.GetObjectRequest.parse(content).version == 2**64 - 1
