"""What encoding gives; that the bytes are right, the known answers and the reference say."""

import pickle
from pathlib import Path

import pytest

import walrus_core as wc


def test_pairs(encoded: wc.EncodedBlob) -> None:
    pairs = list(encoded.sliver_pairs())
    assert [pair.index for pair in pairs] == list(range(10))
    for pair in pairs:
        assert pair.primary == encoded.primary(pair.index)
        assert pair.secondary == encoded.secondary(pair.index)
        assert (pair.primary.axis, pair.primary.index) == (wc.Axis.PRIMARY, pair.index)
        assert (pair.secondary.axis, pair.secondary.index) == (wc.Axis.SECONDARY, 9 - pair.index)
        assert pair.primary.n_symbols == 7
        assert pair.secondary.n_symbols == 4
        assert pair.primary.blob_id == encoded.metadata.blob_id


def test_source_slivers_are_the_padded_blob(encoded: wc.EncodedBlob, blob: bytes) -> None:
    size = 7 * 26
    rows = b"".join(encoded.primary(pair).data for pair in range(4))
    assert rows == blob.ljust(4 * size, b"\x00")
    for pair in range(3):  # the blob ends in the fourth row
        assert encoded.primary(pair).data.obj is blob


@pytest.mark.parametrize("size", [0, 1, 27, 28, 55, 56])
def test_rows_at_and_past_the_end(size: int) -> None:
    """4 x 7 symbols of two bytes for ten shards, or of four for the largest size here."""
    blob = bytes(range(1, size + 1))
    encoded = wc.encode(blob, n_shards=10)
    rows = b"".join(encoded.primary(pair).data for pair in range(4))
    assert rows == blob.ljust(encoded.metadata.config.padded_size(size), b"\x00")


def test_slivers_cannot_be_written(encoded: wc.EncodedBlob) -> None:
    for sliver in (encoded.primary(0), encoded.primary(9), encoded.secondary(0)):
        assert sliver.data.readonly
        assert (sliver.data.format, sliver.data.ndim) == ("B", 1)


def test_slivers_outlive_the_encoded_blob(encoded: wc.EncodedBlob, blob: bytes) -> None:
    temporary = wc.encode(bytearray(blob), n_shards=10)
    slivers = [temporary.primary(0), temporary.primary(9), temporary.secondary(0)]
    del temporary
    assert slivers == [encoded.primary(0), encoded.primary(9), encoded.secondary(0)]


@pytest.mark.parametrize("pair", [-1, 10, 2**64, True, 1.0, None])
def test_bad_pairs(encoded: wc.EncodedBlob, pair: object) -> None:
    for sliver in (encoded.primary, encoded.secondary):
        with pytest.raises(wc.InvalidArgumentError, match="sliver pair index"):
            sliver(pair)


def test_an_encoded_blob_is_a_value(encoded: wc.EncodedBlob, blob: bytes) -> None:
    copy = pickle.loads(pickle.dumps(encoded))
    assert copy == encoded == wc.encode(blob, n_shards=10)
    assert list(copy.sliver_pairs()) == list(encoded.sliver_pairs())
    assert repr(encoded) == f"EncodedBlob({encoded.metadata.blob_id}, 700 bytes, 10 shards)"


def test_a_mapped_blob_pickles_with_its_bytes(tmp_path: Path, blob: bytes) -> None:
    path = tmp_path / "blob"
    path.write_bytes(blob)
    encoded = wc.encode(path, n_shards=10)
    copy = pickle.loads(pickle.dumps(encoded))
    path.write_bytes(bytes(700))
    assert list(copy.sliver_pairs()) == list(wc.encode(blob, n_shards=10).sliver_pairs())


def test_default_number_of_shards() -> None:
    metadata = wc.compute_metadata(b"one byte or two")
    assert metadata.n_shards == 1000
    assert metadata == wc.encode(b"one byte or two").metadata


def test_too_large_a_blob() -> None:
    """Noticed before anything is copied or allocated."""
    too_large = bytearray(6 * 65_534 + 1)  # 2 x 3 symbols for four shards
    for call in (wc.encode, wc.compute_metadata):
        with pytest.raises(wc.BlobTooLargeError) as caught:
            call(too_large, n_shards=4)
        assert (caught.value.size, caught.value.max_size) == (393_205, 393_204)
    largest = wc.encode(too_large[:-1], n_shards=4)
    assert largest.metadata.symbol_size == 65_534


def test_cancelling_and_progress(blob: bytes) -> None:
    progress = wc.Progress()
    assert progress.total == 0
    wc.encode(blob, n_shards=10, progress=progress)
    assert progress.done == progress.total > 0
    token = wc.CancelToken()
    token.cancel()
    for call in (wc.encode, wc.compute_metadata):
        with pytest.raises(wc.OperationCancelledError):
            call(blob, n_shards=10, cancel=token)
