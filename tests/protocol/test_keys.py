"""Keys and signatures: their forms, and all that is refused."""

import pickle

import py_arkworks_bls12381 as library
import pytest
from hypothesis import given, strategies as st
from protocol import points

import walrus_core as wc
from walrus_core.protocol.curve import ORDER

MESSAGE = bytes(wc.Confirmation(21, wc.BlobId(bytes([7]) * 32)))

# Made with another library, py_ecc, and accepted by the official WASM: spec, chapter 16.
SECRETS = (
    "144b27828e305a2d67fc7f4eea6de706b405cdd1ab8ad2daec046ccdeeec8b79",
    "1ff56eef5220c383a6522aa9a92776e3034bf1153839d54c9e3d2bcb6c04948e",
    "70af5b11c1e57ab1ad314bf7178e5298a53d39922592216a21990e7e1293d0e2",
)
FIRST_KEY = (
    "95a254501b7733239ed3cec4d56737977bd09ede881d8a234560e83e5525017a"
    "dd3b1dcc3eabfb85e12a4131b19c253b"
)
SUM = (
    "a6673fee3e542baf29568168fa778ac00cc54b73d47becbf194cbea6d0b5a528"
    "84031c9fdb772f587c9f0a9ac39db6e618cd5394369bd6d9986a3491bb9af54d"
    "b3c28c13e94bcce9d95bce6f5b848e133358a35422597694ead2f21a8db2d285"
)


@pytest.fixture(scope="module")
def key() -> wc.KeyPair:
    return wc.KeyPair(bytes.fromhex(SECRETS[0]))


@pytest.fixture(scope="module")
def signature(key: wc.KeyPair) -> wc.Signature:
    return key.sign(MESSAGE)


def test_the_sum_of_the_worked_example() -> None:
    keys = [wc.KeyPair(bytes.fromhex(secret)) for secret in SECRETS]
    assert keys[0].public_key.hex() == FIRST_KEY
    assert wc.Signature.aggregate(key.sign(MESSAGE) for key in keys).hex() == SUM


def test_new_keys_are_different_and_sign() -> None:
    one, other = wc.KeyPair.generate(), wc.KeyPair.generate()
    assert one.public_key != other.public_key
    assert one.public_key.verifies(b"message", one.sign(b"message"))
    assert not one.public_key.verifies(b"message", other.sign(b"message"))
    assert wc.KeyPair.from_base64(f" {one.to_base64()}\n").public_key == one.public_key


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_secrets_out_of_range(number: int) -> None:
    with pytest.raises(wc.InvalidEncodingError, match="secret key"):
        wc.KeyPair(number.to_bytes(32, "big"))


@pytest.mark.parametrize("number", [1, ORDER - 1])
def test_the_first_and_the_last_secret(number: int) -> None:
    key = wc.KeyPair(number.to_bytes(32, "big"))
    assert key.secret() == number.to_bytes(32, "big")
    assert key.public_key.verifies(MESSAGE, key.sign(MESSAGE))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BA==",
        "not base64",
        "é",
        "AhRLJ4KOMFotZ/x/TuptiwQ=",
        "AkRLJ4KOMFotZ/x/TuptiwRLJ4KOMFotZ/x/TuptiwRL",  # 0x02: a network key
        "BGRCOc+vUt6YRGtGA6h/Jj4BRSMsriFV2i496f2gCOn7BA==",
        "BGRCOc-vUt6YRGtGA6h_Jj4BRSMsriFV2i496f2gCOn7",
        "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_bad_key_files(text: str) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        wc.KeyPair.from_base64(text)


def test_no_secret_is_printed(key: wc.KeyPair) -> None:
    for text in (repr(key), str(key)):
        assert SECRETS[0] not in text
        assert key.to_base64() not in text
        assert str(key.public_key) in text


def test_keys_and_signatures_are_values(key: wc.KeyPair, signature: wc.Signature) -> None:
    for value in (key.public_key, signature):
        copy = pickle.loads(pickle.dumps(value))
        assert copy == value
        assert {value: 1}[type(value)(bytearray(bytes(value)))] == 1
        assert value.hex() == bytes(value).hex()
        with pytest.raises(AttributeError):
            value.data = b""
    assert repr(key.public_key) == f"PublicKey({key.public_key})"
    assert repr(signature) == f"Signature({signature})"


def test_every_byte_of_message_and_signature_counts(
    key: wc.KeyPair, signature: wc.Signature
) -> None:
    for position in range(len(MESSAGE)):
        assert not key.public_key.verifies(flipped(MESSAGE, position), signature)
    for position in range(wc.Signature.SIZE):
        wrong = flipped(bytes(signature), position)
        try:
            assert not key.public_key.verifies(MESSAGE, wc.Signature(wrong))
        except wc.InvalidEncodingError:
            continue
    with pytest.raises(wc.SignatureError, match="not that of key"):
        key.public_key.verify(MESSAGE + b"!", signature)


def test_every_byte_of_the_key_counts(key: wc.KeyPair, signature: wc.Signature) -> None:
    for position in range(wc.PublicKey.SIZE):
        wrong = flipped(bytes(key.public_key), position)
        try:
            assert not wc.PublicKey(wrong).verifies(MESSAGE, signature)
        except wc.InvalidEncodingError:
            continue


def flipped(data: bytes, position: int) -> bytes:
    """One bit of one byte changed; which bit, changes with the position."""
    changed = bytearray(data)
    changed[position] ^= 1 << position % 8
    return bytes(changed)


def test_the_other_sign_is_another_key(key: wc.KeyPair, signature: wc.Signature) -> None:
    data = bytes(key.public_key)
    mirrored = wc.PublicKey(bytes([data[0] ^ points.LARGER]) + data[1:])
    assert not mirrored.verifies(MESSAGE, signature)


@pytest.mark.parametrize(
    "data",
    [
        points.IDENTITY_G1,
        points.IDENTITY_G1[:-1] + b"\1",  # the library takes this for the identity too
        bytes([0xE0]) + bytes(47),
        bytes([0x40]) + bytes(47),
        bytes(48),
        b"\xff" * 48,
        b"",
        bytes.fromhex(FIRST_KEY)[:-1],
        bytes.fromhex(FIRST_KEY) + b"\0",
        bytes([0x15]) + bytes.fromhex(FIRST_KEY)[1:],  # without the flag of the compressed form
        points.ORDER_THREE,
        *points.points_off_g1(),
    ],
)
def test_bad_public_keys(data: bytes) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        wc.PublicKey(data)


@pytest.mark.parametrize(
    "data",
    [
        points.IDENTITY_G2,
        points.IDENTITY_G2[:-1] + b"\1",
        bytes([0xE0]) + bytes(95),
        bytes(96),
        b"\xff" * 96,
        b"",
        bytes.fromhex(SUM)[:-1],
        bytes.fromhex(SUM) + b"\0",
        bytes([0x26]) + bytes.fromhex(SUM)[1:],
    ],
)
def test_bad_signatures(data: bytes) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        wc.Signature(data)


def test_keys_outside_the_group_are_refused() -> None:
    outside = [points.ORDER_THREE, *points.points_outside_g1()]
    assert len(outside) > 10
    for data in outside:
        point = library.G1Point.from_compressed_bytes_unchecked(data)  # it is on the curve
        assert not point.is_in_subgroup()
        with pytest.raises(wc.InvalidEncodingError):
            wc.PublicKey(data)
        with pytest.raises(wc.InvalidEncodingError):
            wc.PublicKey.from_uncompressed(point.to_xy_bytes_be())


def test_signatures_outside_the_group_are_refused() -> None:
    outside = list(points.points_outside_g2())
    assert len(outside) > 10
    for data in outside:
        assert not library.G2Point.from_compressed_bytes_unchecked(data).is_in_subgroup()
        with pytest.raises(wc.InvalidEncodingError):
            wc.Signature(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    for kind in (wc.PublicKey, wc.Signature, wc.PublicKey.from_uncompressed, wc.KeyPair):
        try:
            kind(data)
        except wc.InvalidEncodingError:
            continue


@pytest.mark.parametrize("data", [bytes(96), b"\x40" + bytes(95), bytes(95), b"\xff" * 96])
def test_bad_uncompressed_keys(data: bytes) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        wc.PublicKey.from_uncompressed(data)


def test_what_cancels_out_is_no_signature(signature: wc.Signature) -> None:
    opposite = wc.KeyPair((ORDER - int(SECRETS[0], 16)).to_bytes(32, "big"))
    with pytest.raises(wc.InvalidEncodingError, match="identity"):
        wc.Signature.aggregate([signature, opposite.sign(MESSAGE)])
    with pytest.raises(wc.InvalidEncodingError, match="identity"):
        wc.Signature.aggregate([])


@pytest.mark.parametrize("wrong", [None, 5, "text", [1, 2]])
def test_arguments_of_wrong_types(key: wc.KeyPair, wrong: object) -> None:
    for call in (wc.PublicKey, wc.Signature, wc.KeyPair, wc.PublicKey.from_uncompressed, key.sign):
        with pytest.raises(wc.InvalidArgumentError, match="must be bytes"):
            call(wrong)
    with pytest.raises(wc.InvalidArgumentError, match="Signature"):
        key.public_key.verifies(MESSAGE, wrong)
    with pytest.raises(wc.InvalidArgumentError, match="sui_address"):
        key.prove_possession(0, wrong)
    with pytest.raises(wc.InvalidArgumentError, match="str"):
        wc.KeyPair.from_base64(b"bytes")
