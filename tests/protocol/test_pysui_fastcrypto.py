"""The official Rust implementation of signatures, in both directions."""

import pysui_fastcrypto as official
import pytest
from hypothesis import given, strategies as st

import walrus_core as wc

IDS = st.binary(min_size=32, max_size=32)
SECRETS = st.integers(1, 2**250).map(lambda number: wc.KeyPair(number.to_bytes(32, "big")))


@given(st.integers(0, 2**32 - 1), IDS, st.none() | IDS)
def test_the_bytes_of_confirmations(epoch: int, blob_id: bytes, object_id: bytes | None) -> None:
    ours = wc.Confirmation(epoch, wc.BlobId(blob_id), object_id)
    assert bytes(ours) == official.bls_confirmation_bytes(epoch, blob_id, object_id)


@given(SECRETS, st.binary(max_size=100))
def test_they_verify_ours(key: wc.KeyPair, message: bytes) -> None:
    signature = bytes(key.sign(message))
    assert official.bls_verify(bytes(key.public_key), signature, message)
    assert official.bls_verify(key.public_key.to_uncompressed(), signature, message)
    assert not official.bls_verify(bytes(key.public_key), signature, message + b"!")


def test_sums(key_pairs: list[wc.KeyPair]) -> None:
    message = bytes(wc.Confirmation(5, wc.BlobId(bytes(32))))
    signatures = [key_pair.sign(message) for key_pair in key_pairs]
    total = wc.Signature.aggregate(signatures)
    assert official.bls_aggregate([bytes(one) for one in signatures]) == bytes(total)
    keys = [bytes(key_pair.public_key) for key_pair in key_pairs]
    assert official.bls_aggregate_verify(bytes(total), keys, message)
    assert not official.bls_aggregate_verify(bytes(total), keys[1:], message)


@given(SECRETS)
def test_uncompressed_keys(key: wc.KeyPair) -> None:
    public_key = key.public_key
    assert official.bls_g1_compress(public_key.to_uncompressed()) == bytes(public_key)
    assert wc.PublicKey.from_uncompressed(public_key.to_uncompressed()) == public_key


@given(st.binary(min_size=48, max_size=48))
def test_both_refuse_the_same_keys(data: bytes) -> None:
    data = bytes([data[0] & 0x1F | 0x80]) + data[1:]  # about half are points, of no subgroup
    with pytest.raises(wc.InvalidEncodingError):
        wc.PublicKey(data)
    with pytest.raises(ValueError, match="invalid_public_key"):
        official.bls_g1_compress(data)
