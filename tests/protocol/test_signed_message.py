"""What one node sends: any change is noticed, and any bytes are refused that are none."""

import pytest
from hypothesis import given, strategies as st

import walrus_core as wc

BLOB_ID = wc.BlobId(bytes([7]) * 32)


@pytest.fixture(scope="module")
def key(key_pairs: list[wc.KeyPair]) -> wc.KeyPair:
    return key_pairs[0]


@pytest.fixture(scope="module")
def signed(key: wc.KeyPair) -> wc.SignedMessage:
    return wc.SignedMessage.sign(key, wc.Confirmation(21, BLOB_ID))


def test_every_byte_counts(key: wc.KeyPair, signed: wc.SignedMessage) -> None:
    data = signed.to_bcs()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        with pytest.raises((wc.SignatureError, wc.InvalidEncodingError)):
            wc.SignedMessage.from_bcs(changed).verify(key.public_key)


def test_of_another_key(key_pairs: list[wc.KeyPair], signed: wc.SignedMessage) -> None:
    with pytest.raises(wc.SignatureError):
        signed.verify(key_pairs[1].public_key)


def test_a_signature_over_what_is_no_message(key: wc.KeyPair) -> None:
    signed = wc.SignedMessage(b"hello", key.sign(b"hello"))
    with pytest.raises(wc.InvalidEncodingError, match="message type 104"):
        signed.verify(key.public_key)


@given(st.data())
def test_cut_and_continued(signed: wc.SignedMessage, data: st.DataObject) -> None:
    received = signed.to_bcs()
    cut = data.draw(st.integers(0, len(received) - 1))
    for wrong in (received[:cut], received + b"\0", b"\xa8\0" + received[1:]):
        with pytest.raises(wc.InvalidEncodingError):
            wc.SignedMessage.from_bcs(wrong)


@pytest.mark.parametrize(
    "length", ["ff", "8000", "ffffffff0f", "ffffffff7f", "808080808001", "80", ""]
)
def test_bad_lengths(length: str) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        wc.SignedMessage.from_bcs(bytes.fromhex(length))
    with pytest.raises(wc.InvalidEncodingError):
        wc.SignedMessage.from_bcs(bytes.fromhex(length) + bytes(100))


def test_messages_of_more_than_127_bytes(key: wc.KeyPair) -> None:
    signed = wc.SignedMessage(bytes(300), key.sign(bytes(300)))
    assert signed.to_bcs()[:2].hex() == "ac02"
    assert wc.SignedMessage.from_bcs(signed.to_bcs()) == signed


@pytest.mark.parametrize(
    "change",
    [
        {"signature": None},
        {"signature": ""},
        {"signature": "AA=="},
        {"signature": 5},
        {"serializedMessage": None},
        {"serializedMessage": [1, 2]},
        {"serializedMessage": "A"},
        {"serializedMessage": "AB=="},  # not canonical: bits beyond the first byte
        {"serializedMessage": "AQ="},
        {"serializedMessage": "A-__"},  # base64url
        {"serializedMessage": " AQ=="},
        {"serializedMessage": "AQ==\n"},
        {"serializedMessage": "é"},
    ],
)
def test_bad_json(signed: wc.SignedMessage, change: dict[str, object]) -> None:
    with pytest.raises(wc.InvalidEncodingError, match=r"JSON|signature"):
        wc.SignedMessage.from_json(signed.to_json() | change)


@pytest.mark.parametrize("value", [None, [], "text", 1, {}, {"signed": None}, {"signature": "AA"}])
def test_no_object_or_no_member(value: object) -> None:
    with pytest.raises(wc.InvalidEncodingError, match="member"):
        wc.SignedMessage.from_json(value)
    with pytest.raises(wc.InvalidEncodingError, match="member"):
        wc.SignedMessage.from_storage_confirmation_json(value)


def test_further_members_are_ignored(signed: wc.SignedMessage) -> None:
    assert wc.SignedMessage.from_json(signed.to_json() | {"since": "v2"}) == signed


def test_arguments_of_wrong_types(signed: wc.SignedMessage) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="signature must be a Signature"):
        wc.SignedMessage(signed.serialized_message, bytes(signed.signature))
    with pytest.raises(wc.InvalidArgumentError, match="must be bytes"):
        wc.SignedMessage("text", signed.signature)
    with pytest.raises(wc.InvalidArgumentError, match="must be bytes"):
        wc.SignedMessage.from_bcs("text")
