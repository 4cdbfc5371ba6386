"""Slivers: their bytes, and who they belong to."""

import pickle

import pytest

import walrus_core as wc
from walrus_core.codec import bcs


def unverified(sliver: wc.Sliver) -> wc.Sliver:
    return wc.Sliver.from_bcs(sliver.axis, sliver.to_bcs())


def test_bcs(encoded: wc.EncodedBlob) -> None:
    for sliver in (encoded.primary(2), encoded.secondary(2)):
        data = sliver.to_bcs()
        size = sliver.data.nbytes
        assert data == bcs.uleb128(size) + sliver.data + bcs.u16(26) + bcs.u16(sliver.index)
        parsed = wc.Sliver.from_bcs(str(sliver.axis), data)
        assert type(parsed) is wc.Sliver
        assert parsed == sliver
        assert parsed.data.obj is data  # not a copy


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "truncated"),
        (b"\x04abcd\x02\x00\x01", "truncated"),
        (b"\x04abcd\x02\x00\x01\x00\x00", "over-long"),
        (b"\x84\x00abcd\x02\x00\x01\x00", "superfluous"),
        (b"\x04abcd\x00\x00\x01\x00", "symbol_size = 0"),
        (b"\x04abcd\x01\x00\x01\x00", "symbol_size = 1"),
        (b"\x06abcdef\x03\x00\x01\x00", "symbol_size = 3 is odd"),
        (b"\x04abcd\xff\xff\x01\x00", "symbol_size = 65,535"),
        (b"\x06abcdef\x04\x00\x01\x00", "not one or more symbols"),
        (b"\x00\x02\x00\x01\x00", "not one or more symbols"),
        (b"\xff\xff\xff\xff\x0fabcd\x02\x00\x01\x00", "announces 4,294,967,295"),
        (b"\x80\x80\x80\x80\x80\x20abcd", "longer than 5 bytes"),  # 2**40
    ],
)
def test_bad_bcs(data: bytes, reason: str) -> None:
    with pytest.raises(wc.InvalidEncodingError, match=reason):
        wc.Sliver.from_bcs("primary", data)


@pytest.mark.parametrize(
    ("axis", "index", "symbol_size", "data"),
    [
        ("diagonal", 0, 2, b"ab"),
        ("primary", -1, 2, b"ab"),
        ("primary", 65_536, 2, b"ab"),
        ("primary", True, 2, b"ab"),
        ("primary", 0, 0, b"ab"),
        ("primary", 0, 1, b"ab"),
        ("primary", 0, 65_536, b"ab"),
        ("primary", 0, 2, b""),
        ("primary", 0, 2, b"abc"),
        ("primary", 0, 2, "text"),
    ],
)
def test_bad_fields(axis: str, index: int, symbol_size: int, data: object) -> None:
    with pytest.raises(wc.InvalidArgumentError):
        wc.Sliver(axis, index, symbol_size, data)


def test_the_data_cannot_change() -> None:
    mutable = bytearray(b"abcd")
    sliver = wc.Sliver("primary", 0, 2, mutable)
    mutable[:] = b"1234"
    assert sliver.data == b"abcd"
    assert sliver.data.readonly
    with pytest.raises(AttributeError):
        sliver.index = 1


def test_verified_or_not_slivers_compare_by_value(encoded: wc.EncodedBlob) -> None:
    verified = encoded.primary(3)
    sliver = unverified(verified)
    assert sliver == verified
    assert hash(sliver) == hash(verified)
    assert sliver != encoded.primary(4)
    assert sliver != wc.Sliver("secondary", 3, 26, sliver.data)
    assert sliver != "sliver"
    for value in (sliver, verified):
        copy = pickle.loads(pickle.dumps(value))
        assert (type(copy), copy) == (type(value), value)
    assert pickle.loads(pickle.dumps(verified)).blob_id == encoded.metadata.blob_id
    assert repr(sliver) == "Sliver(primary 3, 7 x 26 bytes)"


def test_every_sliver_verifies(encoded: wc.EncodedBlob, engine: str, threads: int) -> None:
    slivers = [unverified(s) for p in encoded.sliver_pairs() for s in (p.secondary, p.primary)]
    verified = wc.verify_slivers(encoded.metadata, slivers, threads)
    assert verified == slivers, engine
    assert {type(sliver) for sliver in verified} == {wc.VerifiedSliver}
    assert wc.verify_sliver(encoded.metadata, slivers[0]) == slivers[0]


def test_every_bit_counts(engine: str) -> None:
    """A flipped bit in a sliver's BCS is noticed, wherever it is."""
    encoded = wc.encode(b"every byte of this differs", n_shards=4)
    for pair in range(4):
        for sliver in (encoded.primary(pair), encoded.secondary(pair)):
            data = bytearray(sliver.to_bcs())
            for bit in range(8 * len(data)):
                data[bit // 8] ^= 1 << bit % 8
                with pytest.raises((wc.InvalidEncodingError, wc.VerificationError)):
                    wc.verify_sliver(encoded.metadata, wc.Sliver.from_bcs(sliver.axis, data))
                data[bit // 8] ^= 1 << bit % 8
    assert wc.kernel.engine_name() == engine


def misfits(encoded: wc.EncodedBlob, other: wc.EncodedBlob) -> dict[str, wc.Sliver]:
    """Slivers that are not the blob's, by what is said about them."""
    good = encoded.primary(0)
    return {
        "its hash is not": other.primary(0),
        "primary sliver 1: its hash is not": wc.Sliver("primary", 1, 26, good.data),
        "index 10 >= 10": wc.Sliver("primary", 10, 26, good.data),
        "symbol size 14 != 26": wc.Sliver("primary", 0, 14, good.data),
        "6 symbols != 7": wc.Sliver("primary", 0, 26, good.data[26:]),
        "8 symbols != 7": wc.Sliver("primary", 0, 26, bytes(good.data) + bytes(26)),
        "7 symbols != 4 of a secondary": wc.Sliver("secondary", 0, 26, good.data),
    }


def test_slivers_that_are_not_the_blobs(encoded: wc.EncodedBlob, other: wc.EncodedBlob) -> None:
    wrong = misfits(encoded, other)
    for reason, sliver in wrong.items():
        with pytest.raises(wc.VerificationError, match=reason):
            wc.verify_sliver(encoded.metadata, sliver)
    good = encoded.secondary(5)
    with pytest.raises(wc.VerificationError, match="7 of 9 slivers are bad") as caught:
        wc.verify_slivers(encoded.metadata, [good, *wrong.values(), good])
    assert list(caught.value.failures) == list(range(1, 8))
    outcomes = wc.check_slivers(encoded.metadata, [good, *wrong.values(), good])
    assert outcomes[0] == outcomes[-1] == good
    for reason, outcome in zip(wrong, outcomes[1:-1], strict=True):
        assert isinstance(outcome, wc.VerificationError)
        assert reason in str(outcome)


def test_verified_for_another_blob_is_not_verified(
    encoded: wc.EncodedBlob, other: wc.EncodedBlob
) -> None:
    with pytest.raises(wc.VerificationError, match="hash"):
        wc.verify_sliver(encoded.metadata, other.primary(0))
    again = wc.encode(b"", n_shards=10)
    longer = wc.encode(b"\x00", n_shards=10)
    assert again.metadata.blob_id != longer.metadata.blob_id
    moved = wc.verify_sliver(longer.metadata, again.primary(0))  # both are all zeros
    assert moved.blob_id == longer.metadata.blob_id


def test_what_is_no_sliver(metadata: wc.VerifiedMetadata) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="item 0 is no Sliver but a bytes"):
        wc.verify_slivers(metadata, [b"sliver"])
    assert wc.verify_slivers(metadata, []) == []


def test_cancelling(encoded: wc.EncodedBlob) -> None:
    token = wc.CancelToken()
    token.cancel()
    with pytest.raises(wc.OperationCancelledError):
        wc.verify_slivers(encoded.metadata, [unverified(encoded.primary(0))], 1, token)
