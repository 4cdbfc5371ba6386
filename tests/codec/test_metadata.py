"""Metadata: what is parsed, and what is verified."""

import pickle

import numpy as np
import pytest

import walrus_core as wc
from walrus_core.codec import bcs

HEAD = 32 + 1 + 1 + 8 + 1  # blob ID, version, encoding type, length, number of pairs


def with_id(metadata: wc.VerifiedMetadata) -> bytearray:
    return bytearray(metadata.to_bcs_with_id())


def test_round_trip(metadata: wc.VerifiedMetadata, engine: str) -> None:
    data = metadata.to_bcs_with_id()
    assert data == bytes(metadata.blob_id) + metadata.to_bcs()
    parsed = wc.UnverifiedMetadata.from_bcs_with_id(data)
    assert type(parsed) is wc.UnverifiedMetadata
    assert parsed == wc.UnverifiedMetadata.from_bcs(metadata.to_bcs(), metadata.blob_id)
    assert parsed != metadata
    verified = parsed.verify()
    assert verified == metadata, engine
    assert parsed.to_bcs_with_id() == verified.to_bcs_with_id() == data


def test_the_fields(metadata: wc.VerifiedMetadata) -> None:
    assert (metadata.unencoded_length, metadata.n_shards, metadata.symbol_size) == (700, 10, 26)
    assert metadata.encoding_type is wc.EncodingType.RS2
    assert len(metadata.root_hash) == 32
    hashes = metadata.sliver_pair_hashes
    assert (hashes.shape, hashes.dtype) == ((10, 2, 32), np.uint8)
    assert hashes[3, 0].tobytes() == metadata.sliver_hash("primary", 3)
    assert hashes[3, 1].tobytes() == metadata.sliver_hash("secondary", 6)
    with pytest.raises(ValueError, match="read-only"):
        hashes[0, 0, 0] = 1


def test_every_bit_counts(engine: str) -> None:
    """A flipped bit makes metadata that cannot be parsed, or that belong to another blob."""
    data = with_id(wc.compute_metadata(b"some blob", n_shards=4))
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises((wc.InvalidEncodingError, wc.VerificationError)):
            wc.UnverifiedMetadata.from_bcs_with_id(data).verify()
        data[bit // 8] ^= 1 << bit % 8
    assert wc.UnverifiedMetadata.from_bcs_with_id(data).verify(), engine


def test_truncated_or_over_long(metadata: wc.VerifiedMetadata) -> None:
    data = bytes(with_id(metadata))
    for length in range(len(data)):
        with pytest.raises(wc.InvalidEncodingError):
            wc.UnverifiedMetadata.from_bcs_with_id(data[:length])
    with pytest.raises(wc.InvalidEncodingError, match="over-long: 1 bytes"):
        wc.UnverifiedMetadata.from_bcs_with_id(data + b"\x00")


@pytest.mark.parametrize(
    ("offset", "replacement", "reason"),
    [
        (32, b"\x01", "version variant 1"),
        (33, b"\x00", "deprecated"),
        (33, b"\x02", "encoding type 2"),
        (34, b"\xff" * 8, "size"),
        (34, bcs.u64(4 * 7 * 65_534 + 1), "blob size 1,834,953 > 1,834,952"),
        (42, b"\xff\xff\xff\xff\x7f", "ULEB128"),
        (42, b"\xff\xff\xff\xff\x0f", "announces 4,294,967,295"),
        (42, b"\x8a\x00", "superfluous"),
        (42, b"\x09", "over-long"),
        (42, b"\x0b", "truncated"),
        (HEAD, b"\x00", "Empty node"),
        (HEAD + 33, b"\x00", "Empty node"),
        (HEAD + 19 * 33, b"\x02", "node variant 2"),
    ],
)
def test_what_is_not_canonical(
    metadata: wc.VerifiedMetadata, offset: int, replacement: bytes, reason: str
) -> None:
    data = with_id(metadata)
    length = 1 if offset == 42 else len(replacement)
    data[offset : offset + length] = replacement
    with pytest.raises(wc.InvalidEncodingError, match=reason):
        wc.UnverifiedMetadata.from_bcs_with_id(data)


@pytest.mark.parametrize("n_shards", [0, 1, 3, 49_156])
def test_impossible_numbers_of_shards(n_shards: int) -> None:
    nodes = (b"\x01" + bytes(32)) * (2 * n_shards)
    data = b"\x00\x01" + bcs.u64(1) + bcs.uleb128(n_shards) + nodes
    with pytest.raises(wc.InvalidEncodingError, match="n_shards"):
        wc.UnverifiedMetadata.from_bcs(data, wc.BlobId(bytes(32)))


def test_another_blobs_metadata(metadata: wc.VerifiedMetadata, other: wc.EncodedBlob) -> None:
    claimed = wc.UnverifiedMetadata.from_bcs(metadata.to_bcs(), other.metadata.blob_id)
    with pytest.raises(wc.VerificationError, match=str(metadata.blob_id)):
        claimed.verify()


@pytest.mark.parametrize(
    ("blob_id", "length", "pair_hashes"),
    [
        (bytes(32), 1, bytes(64 * 4)),
        (wc.BlobId(bytes(32)), 1, bytes(64 * 4 + 1)),
        (wc.BlobId(bytes(32)), 1, bytes(64 * 3)),
        (wc.BlobId(bytes(32)), -1, bytes(64 * 4)),
        (wc.BlobId(bytes(32)), 1.0, bytes(64 * 4)),
        (wc.BlobId(bytes(32)), 1, "text"),
    ],
)
def test_bad_fields(blob_id: object, length: object, pair_hashes: object) -> None:
    with pytest.raises(wc.InvalidArgumentError):
        wc.UnverifiedMetadata(blob_id, length, pair_hashes)


def test_an_id_is_a_blob_id(metadata: wc.VerifiedMetadata) -> None:
    for blob_id in (str(metadata.blob_id), bytes(metadata.blob_id), None):
        with pytest.raises(wc.InvalidArgumentError, match="must be a BlobId"):
            wc.UnverifiedMetadata.from_bcs(metadata.to_bcs(), blob_id)


def test_only_verified_metadata_verify(encoded: wc.EncodedBlob) -> None:
    claim = wc.UnverifiedMetadata.from_bcs_with_id(encoded.metadata.to_bcs_with_id())
    sliver, symbol = encoded.primary(0), wc.recovery_symbol(encoded.secondary(0), 1, n_shards=10)
    proof = wc.InconsistencyProof("primary", 1, (symbol,))
    for call in (
        lambda: wc.verify_sliver(claim, sliver),
        lambda: wc.verify_slivers(claim, []),
        lambda: wc.decode(claim, [sliver]),
        lambda: wc.verify_recovery_symbol(claim, symbol, "primary", 1),
        lambda: wc.recover_sliver(claim, "primary", 1, [symbol]),
        lambda: proof.verify(claim),
    ):
        with pytest.raises(wc.InvalidArgumentError, match=r"call verify\(\)"):
            call()


def test_metadata_are_values(metadata: wc.VerifiedMetadata) -> None:
    assert pickle.loads(pickle.dumps(metadata)) == metadata
    assert hash(pickle.loads(pickle.dumps(metadata))) == hash(metadata)
    assert repr(metadata) == f"VerifiedMetadata({metadata.blob_id}, 700 bytes, 10 shards)"
    mutable = bytearray(metadata.pair_hashes)
    claim = wc.UnverifiedMetadata(metadata.blob_id, 700, mutable)
    mutable[:] = bytes(len(mutable))
    assert claim.verify() == metadata
