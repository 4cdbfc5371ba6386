"""Each message has one form in bytes; all other bytes are refused."""

import dataclasses
import pickle

import pytest
from hypothesis import given, strategies as st

import walrus_core as wc
from walrus_core.protocol import messages

BLOB_ID = wc.BlobId(bytes([7]) * 32)
OBJECT_ID = bytes([0x2A]) * 32

epochs = st.integers(0, 2**32 - 1)
ids = st.binary(min_size=32, max_size=32)
blob_ids = st.builds(wc.BlobId, ids)
u64 = st.integers(0, 2**64 - 1)

any_message: st.SearchStrategy[messages.Message] = st.one_of(
    st.builds(messages.ProofOfPossession, epochs, ids, st.binary(min_size=48, max_size=48)),
    st.builds(messages.Confirmation, epochs, blob_ids, st.none() | ids),
    st.builds(messages.InvalidBlobId, epochs, blob_ids),
    st.builds(
        messages.SyncShardRequest,
        epochs,
        st.integers(0, 2**16 - 1),
        st.sampled_from(wc.Axis),
        blob_ids,
        u64,
    ),
    st.builds(messages.DenyListUpdate, epochs, ids, u64, u64, st.integers(0, 2**256 - 1)),
    st.builds(messages.DenyListBlobDeleted, epochs, blob_ids),
    st.builds(messages.ProtocolVersion, epochs, epochs, u64),
)


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (messages.Confirmation(21, BLOB_ID), "01000315000000" + "07" * 32 + "00"),
        (
            messages.Confirmation(21, BLOB_ID, OBJECT_ID),
            "01000315000000" + "07" * 32 + "01" + "2a" * 32,
        ),
        (messages.InvalidBlobId(21, BLOB_ID), "02000315000000" + "07" * 32),
        (
            messages.DenyListUpdate(1, OBJECT_ID, sequence=2, size=3, root=4),
            "04000301000000" + "2a" * 32 + "02" + "00" * 7 + "03" + "00" * 7 + "04" + "00" * 31,
        ),
        (messages.DenyListBlobDeleted(21, BLOB_ID), "05000315000000" + "07" * 32),
        (messages.ProtocolVersion(1, 2, 3), "06000301000000" + "02000000" + "03" + "00" * 7),
    ],
)
def test_worked_examples(message: messages.Message, data: str) -> None:
    assert bytes(message).hex() == data
    assert wc.parse_message(bytes.fromhex(data)) == message


@given(any_message)
def test_round_trip(message: messages.Message) -> None:
    data = bytes(message)
    assert wc.parse_message(data) == message
    assert type(message).from_bytes(bytearray(data)) == message
    assert pickle.loads(pickle.dumps(message)) == message
    assert hash(wc.parse_message(data)) == hash(message)


@given(any_message, st.data())
def test_cut_and_continued(message: messages.Message, data: st.DataObject) -> None:
    serialized = bytes(message)
    cut = data.draw(st.integers(0, len(serialized) - 1))
    with pytest.raises(wc.InvalidEncodingError):
        wc.parse_message(serialized[:cut])
    with pytest.raises(wc.InvalidEncodingError, match="over-long"):
        wc.parse_message(serialized + data.draw(st.binary(min_size=1, max_size=40)))


@given(any_message, st.integers(0, 2**30), st.integers(1, 255))
def test_no_two_byte_strings_are_one_message(
    message: messages.Message, place: int, change: int
) -> None:
    """Whatever byte changes, it is another message or none."""
    data = bytearray(bytes(message))
    data[place % len(data)] ^= change
    try:
        other = wc.parse_message(data)
    except wc.InvalidEncodingError:
        return
    assert other != message
    assert bytes(other) == data


@given(st.binary(max_size=120))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    for candidate in (data, b"\1\0\3" + data, b"\3\0\3" + data):
        try:
            assert bytes(wc.parse_message(candidate)) == candidate
        except wc.InvalidEncodingError:
            continue


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, 7, "message type 7 is unknown"),
        (0, 255, "message type 255 is unknown"),
        (1, 1, "intent version 1, not 0"),
        (2, 0, "application 0, not 3"),
        (39, 2, "variant 2 is neither"),
        (39, 1, "truncated"),
    ],
)
def test_what_is_wrong(place: int, value: int, reason: str) -> None:
    data = bytearray(bytes(messages.Confirmation(21, BLOB_ID)))
    data[place] = value
    with pytest.raises(wc.InvalidEncodingError, match=reason):
        wc.parse_message(data)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [(7, 1, "variant 1, not 0"), (10, 2, "axis 2 is neither"), (51, 0, "second epoch 0, not 21")],
)
def test_what_is_wrong_with_a_request(place: int, value: int, reason: str) -> None:
    data = bytearray(bytes(messages.SyncShardRequest(21, 17, wc.Axis.SECONDARY, BLOB_ID, 100)))
    data[place] = value
    with pytest.raises(wc.InvalidEncodingError, match=reason):
        wc.parse_message(data)


def test_of_another_type() -> None:
    data = bytes(messages.InvalidBlobId(21, BLOB_ID))
    with pytest.raises(wc.InvalidEncodingError, match="message type 2, not 1"):
        messages.Confirmation.from_bytes(data)


@given(any_message, st.sampled_from([None, "text", -1, 2**300, b"short", 1.0, True]))
def test_bad_fields(message: messages.Message, wrong: object) -> None:
    for field in dataclasses.fields(message):
        if field.name == "object_id" and wrong is None:
            continue
        with pytest.raises(wc.InvalidArgumentError):
            dataclasses.replace(message, **{field.name: wrong})


def test_what_it_takes_to_believe_a_message() -> None:
    for message in (messages.InvalidBlobId, messages.DenyListBlobDeleted):
        assert message.THRESHOLD is wc.Threshold.VALIDITY
    for message in (messages.Confirmation, messages.DenyListUpdate, messages.ProtocolVersion):
        assert message.THRESHOLD is wc.Threshold.QUORUM
