"""encode.json: what the official encoder makes of a blob, to the last byte of every sliver."""

import hashlib
import random
from collections.abc import Iterable
from functools import lru_cache

import pytest
from known_answers import Entry, blob_of

import walrus_core as wc
from walrus_core.kernel import reference


def sha256(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def bcs_of_slivers(encoded: wc.EncodedBlob, axis: str, n_shards: int) -> Iterable[bytes]:
    """The slivers of one axis in pair order."""
    sliver = encoded.primary if axis == "primary" else encoded.secondary
    return (sliver(pair).to_bcs() for pair in range(n_shards))


def check_metadata(metadata: wc.VerifiedMetadata, entry: Entry) -> None:
    hashes = metadata.sliver_pair_hashes
    assert str(metadata.blob_id) == entry["blob_id"]
    assert bytes(metadata.blob_id).hex() == entry["blob_id_hex"]
    assert metadata.root_hash.hex() == entry["root_hash"]
    assert metadata.unencoded_length == entry["unencoded_length"]
    assert metadata.n_shards == entry["n_shards"]
    assert metadata.encoding_type.name == entry["encoding_type"]
    assert hashes.shape == (entry["n_shards"], 2, 32)
    assert sha256([hashes.tobytes()]) == entry["sliver_pair_hashes_sha256"]
    if "sliver_pair_hashes" in entry:
        assert [[h.tobytes().hex() for h in pair] for pair in hashes] == entry["sliver_pair_hashes"]


def test_the_blob_and_its_numbers(encode_entry: Entry) -> None:
    """What the test makes of the seed is the blob that was encoded, and the sizes follow from n."""
    config = wc.EncodingConfig(n_shards=encode_entry["n_shards"])
    assert sha256([blob_of(encode_entry)]) == encode_entry["blob_sha256"]
    assert config.n_primary_source_symbols == encode_entry["n_primary_source_symbols"]
    assert config.n_secondary_source_symbols == encode_entry["n_secondary_source_symbols"]
    assert config.symbol_size(encode_entry["size"]) == encode_entry["symbol_size"]


@pytest.mark.usefixtures("engine")
def test_encode(encode_entry: Entry, threads: int) -> None:
    n_shards = encode_entry["n_shards"]
    encoded = wc.encode(blob_of(encode_entry), n_shards=n_shards, threads=threads)
    check_metadata(encoded.metadata, encode_entry)
    for axis in ("primary", "secondary"):
        slivers = bcs_of_slivers(encoded, axis, n_shards)
        assert sha256(slivers) == encode_entry[f"{axis}_slivers_bcs_sha256"]
        expected = encode_entry.get(f"{axis}_slivers_bcs", [])
        for sliver, known in zip(bcs_of_slivers(encoded, axis, n_shards), expected, strict=False):
            assert sliver.hex() == known


@pytest.mark.usefixtures("engine")
def test_metadata_without_slivers(encode_entry: Entry, threads: int) -> None:
    blob = blob_of(encode_entry)
    metadata = wc.compute_metadata(blob, n_shards=encode_entry["n_shards"], threads=threads)
    check_metadata(metadata, encode_entry)


@lru_cache(maxsize=1)  # consecutive tests ask for the same blob
def encoded_blob(blob: bytes, n_shards: int) -> wc.EncodedBlob:
    return wc.encode(blob, n_shards=n_shards)


@pytest.mark.usefixtures("engine")
def test_decode(encode_entry: Entry, threads: int) -> None:
    """Any k1 primary or k2 secondary slivers give the blob."""
    blob, n_shards = blob_of(encode_entry), encode_entry["n_shards"]
    encoded = encoded_blob(blob, n_shards)
    k1, k2 = (encode_entry[f"n_{axis}_source_symbols"] for axis in ("primary", "secondary"))
    pairs = random.Random(encode_entry["blob_id"]).sample(range(n_shards), n_shards)
    primary = [encoded.primary(pair) for pair in pairs[:k1]]
    secondary = [encoded.secondary(pair) for pair in pairs[:k2]]
    assert wc.decode(encoded.metadata, primary, threads=threads) == blob
    assert wc.decode(encoded.metadata, secondary, threads=threads, check="skip") == blob


def test_the_reference_agrees(small_encode_entry: Entry) -> None:
    """The executable specification, where plain Python is fast enough."""
    n_shards = small_encode_entry["n_shards"]
    encoding = reference.encode(blob_of(small_encode_entry), n_shards)
    assert encoding.blob_id.hex() == small_encode_entry["blob_id_hex"]
    in_pair_order = {"primary": range(n_shards), "secondary": reversed(range(n_shards))}
    for axis, (name, indices) in enumerate(in_pair_order.items()):
        slivers = (encoding.sliver_bcs(axis, index) for index in indices)
        assert sha256(slivers) == small_encode_entry[f"{name}_slivers_bcs_sha256"]
