"""`decode_into`: the same bytes as `decode`, in windows, wherever they are wanted."""

import gzip
import io
import mmap
import os
import random
import threading
from pathlib import Path

import pytest

import walrus_core as wc
from walrus_core.codec import reconstruction

AXES = list(wc.Axis)


@pytest.fixture(params=[1, 3, 8, 20, 1000])
def window(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """So many codewords of 1026-byte symbols in a window, for ten shards, more for smaller ones."""
    monkeypatch.setattr(reconstruction, "WINDOW", request.param * 7 * 1026)


def mapped(sliver: wc.Sliver, directory: Path) -> wc.Sliver:
    """The same sliver in a file."""
    path = directory / f"{sliver.axis}-{sliver.index}"
    path.write_bytes(sliver.to_bcs())
    return wc.Sliver.from_bcs(sliver.axis, wc.map_file(path))


def some_slivers(
    encoded: wc.EncodedBlob, axis: wc.Axis, seed: int | None = None
) -> list[wc.VerifiedSliver]:
    """Just enough: the repair slivers as far as they go, or a random choice."""
    n, needed = encoded.metadata.n_shards, encoded.metadata.config.n_slivers_needed(axis)
    indices = range(n - needed, n) if seed is None else random.Random(seed).sample(range(n), needed)
    pairs = [wc.sliver_to_pair(axis, index, n) for index in indices]
    return [getattr(encoded, axis.value)(pair) for pair in pairs]


@pytest.mark.usefixtures("engine", "window")
@pytest.mark.parametrize(
    ("n_shards", "symbol_size"), [(10, 1026), (10, 2), (10, 5002), (31, 66), (31, 340)]
)
@pytest.mark.parametrize("axis", AXES)
def test_windows_give_the_blob(
    tmp_path: Path, threads: int, n_shards: int, symbol_size: int, axis: wc.Axis
) -> None:
    config = wc.EncodingConfig(n_shards)
    n_symbols = config.n_primary_source_symbols * config.n_secondary_source_symbols
    blob = random.Random(symbol_size).randbytes(n_symbols * symbol_size - 1)
    encoded = wc.encode(blob, n_shards)
    for seed in (None, 1):
        slivers = [mapped(sliver, tmp_path) for sliver in some_slivers(encoded, axis, seed)]
        wc.decode_into(encoded.metadata, slivers, tmp_path / "back", threads=threads)
        assert (tmp_path / "back").read_bytes() == blob
        assert wc.decode(encoded.metadata, slivers, threads=threads) == blob


@pytest.mark.parametrize("check", ["skip", "default", "strict"])
@pytest.mark.parametrize("axis", AXES)
def test_every_target(
    tmp_path: Path, encoded: wc.EncodedBlob, blob: bytes, check: str, axis: wc.Axis
) -> None:
    metadata, slivers = encoded.metadata, some_slivers(encoded, axis)
    size = metadata.config.padded_size(len(blob))
    path, stream, compressed = tmp_path / "back", io.BytesIO(), io.BytesIO()
    array, mapping = bytearray(size + 3), mmap.mmap(-1, size)
    with gzip.open(compressed, "wb") as compressor:
        for target in (path, stream, compressor, array, mapping):
            assert wc.decode_into(metadata, slivers, target, check) is None
    padded = blob.ljust(size, b"\x00")
    assert path.read_bytes() == stream.getvalue() == blob
    assert gzip.decompress(compressed.getvalue()) == blob
    assert (bytes(array), mapping[:]) == (padded + bytes(3), padded)


@pytest.mark.parametrize("size", [0, 1, 2])
def test_the_smallest_blobs(tmp_path: Path, size: int) -> None:
    blob = b"ab"[:size]
    encoded = wc.encode(blob, n_shards=4)
    stream = io.BytesIO()
    for axis in AXES:
        for target in (tmp_path / "back", stream):
            wc.decode_into(encoded.metadata, some_slivers(encoded, axis), target)
        assert (tmp_path / "back").read_bytes() == blob
    assert stream.getvalue() == 2 * blob


def test_a_named_pipe(tmp_path: Path, encoded: wc.EncodedBlob, blob: bytes) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(fifo.read_bytes()))
    reader.start()
    slivers = some_slivers(encoded, wc.Axis.SECONDARY)
    wc.decode_into(encoded.metadata, slivers, fifo)
    reader.join()
    assert received == [blob]
    assert fifo.is_fifo()


@pytest.mark.parametrize("target", [bytes(800), bytearray(727), mmap.mmap(-1, 727), None, 3])
def test_no_target(encoded: wc.EncodedBlob, target: object) -> None:
    """Ten shards take 4 x 7 symbols of 26 bytes: 728."""
    with pytest.raises(wc.InvalidArgumentError, match="target must"):
        wc.decode_into(encoded.metadata, some_slivers(encoded, wc.Axis.PRIMARY), target)


def test_a_place_that_cannot_be_written_to(tmp_path: Path, encoded: wc.EncodedBlob) -> None:
    for path in (tmp_path / "absent" / "back", tmp_path):
        with pytest.raises(OSError) as caught:  # noqa: PT011 (which one, the system decides)
            wc.decode_into(encoded.metadata, some_slivers(encoded, wc.Axis.PRIMARY), path)
        assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_no_file(tmp_path: Path, misencoded: object) -> None:
    path = tmp_path / "back"
    path.write_bytes(b"old")
    token = wc.CancelToken()
    token.cancel()
    slivers = misencoded.primary[6:]
    for options, error in (
        ({}, wc.InconsistentBlobError),
        ({"check": "strict"}, wc.InconsistentBlobError),
        ({"check": "skip", "cancel": token}, wc.OperationCancelledError),
    ):
        with pytest.raises(error):
            wc.decode_into(misencoded.metadata, slivers, path, **options)
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]


def test_a_stream_gets_nothing_before_the_blob_is_known_to_be_right(misencoded: object) -> None:
    stream = io.BytesIO()
    with pytest.raises(wc.InconsistentBlobError):
        wc.decode_into(misencoded.metadata, misencoded.primary[6:], stream)
    assert stream.getvalue() == b""


def test_a_mapped_sliver_that_changes_after_its_verification(
    tmp_path: Path, encoded: wc.EncodedBlob
) -> None:
    """Source slivers are rows of the blob: what was verified must be what arrives."""
    metadata = encoded.metadata
    slivers = [mapped(encoded.primary(pair), tmp_path) for pair in range(4)]
    verified = wc.verify_slivers(metadata, slivers)
    with (tmp_path / "primary-2").open("r+b") as file:
        file.seek(20)
        file.write(b"other")
    for target in (tmp_path / "back", io.BytesIO()):
        with pytest.raises(wc.InconsistentBlobError, match="primary sliver 2"):
            wc.decode_into(metadata, verified, target)
    with pytest.raises(wc.InconsistentBlobError, match="primary sliver 2"):
        wc.decode(metadata, verified)


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize("axis", AXES)
def test_progress_ends_at_its_total(tmp_path: Path, encoded: wc.EncodedBlob, axis: wc.Axis) -> None:
    for check in ("skip", "default"):
        progress = wc.Progress()
        slivers = some_slivers(encoded, axis)
        wc.decode_into(encoded.metadata, slivers, tmp_path / "back", check, progress=progress)
        assert progress.done == progress.total > 0
