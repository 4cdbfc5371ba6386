"""Threads meet in every call of the codec that takes some; see `tests/kernel/test_races.py`."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from codec.collector import Collector, slivers_of

import walrus_core as wc
from walrus_core.codec import reconstruction, streaming

pytestmark = [pytest.mark.races, pytest.mark.usefixtures("engine")]

THREADS = 3
N_SHARDS = 31
SYMBOL_SIZES = (2, 66, 130, 1026)


@pytest.fixture(params=SYMBOL_SIZES)
def blob(request: pytest.FixtureRequest) -> bytes:
    return random.Random(request.param).randbytes(11 * 21 * request.param - 1)


@pytest.fixture
def encoded(blob: bytes) -> wc.EncodedBlob:
    return wc.encode(blob, N_SHARDS, threads=1)


@pytest.mark.parametrize("width", [2, 8])
def test_streaming_out(monkeypatch: pytest.MonkeyPatch, blob: bytes, width: int) -> None:
    """While the kernel fills one window, the sink reads the other one, and the source."""
    monkeypatch.setattr(
        streaming, "window_width", lambda _size, unit, _: width if unit == 8 else unit
    )
    sink, progress = Collector(), wc.Progress()
    wc.encode_into(blob, sink, N_SHARDS, THREADS, progress=progress)
    assert sink.slivers == slivers_of(wc.encode(blob, N_SHARDS, THREADS))
    assert progress.done == progress.total


@pytest.mark.parametrize("axis", wc.Axis)
def test_streaming_back(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    blob: bytes,
    encoded: wc.EncodedBlob,
    axis: wc.Axis,
) -> None:
    """While the kernel fills one window, this thread writes the other one to a file."""
    monkeypatch.setattr(reconstruction.Reconstruction, "_window_width", lambda _: 8)
    slivers = [getattr(pair, axis.value) for pair in encoded.sliver_pairs()]
    random.Random(1).shuffle(slivers)
    unverified = [wc.Sliver.from_bcs(axis, sliver.to_bcs()) for sliver in slivers]
    wc.decode_into(encoded.metadata, unverified, tmp_path / "back", "strict", THREADS)
    assert (tmp_path / "back").read_bytes() == blob
    assert wc.decode(encoded.metadata, unverified, threads=THREADS) == blob


def test_many_blobs() -> None:
    blobs = [bytes([number]) * 700 for number in range(12)]
    batch = list(wc.encode_many(blobs, N_SHARDS, THREADS))
    assert batch == [wc.encode(blob, N_SHARDS, threads=1) for blob in blobs]


def read_and_recover(blob: bytes, encoded: wc.EncodedBlob, seed: int) -> None:
    """What a node and a reader do with slivers that others use at the same time."""
    metadata, chance = encoded.metadata, random.Random(seed)
    pairs = chance.sample(range(N_SHARDS), 21)
    slivers = [encoded.secondary(pair) for pair in pairs]
    assert wc.decode(metadata, slivers, threads=THREADS) == blob
    wc.verify_slivers(metadata, slivers, threads=THREADS)
    target = chance.randrange(N_SHARDS)
    symbols = [wc.recovery_symbol(sliver, target, N_SHARDS) for sliver in slivers]
    assert wc.recover_sliver(metadata, "primary", target, symbols) == encoded.primary(target)
    assert wc.encode(blob, N_SHARDS, threads=THREADS) == encoded


def test_callers_in_many_threads(blob: bytes, encoded: wc.EncodedBlob) -> None:
    with ThreadPoolExecutor(THREADS) as callers:
        list(callers.map(partial(read_and_recover, blob, encoded), range(2 * THREADS)))


def test_cancelling_a_stream(blob: bytes) -> None:
    """From another thread, at some moment; nothing works on when the call has ended."""
    for delay in (0, 0.001, 0.004):
        cancel = wc.CancelToken()
        canceller = threading.Timer(delay, cancel.cancel)
        canceller.start()
        sink = Collector()
        try:
            wc.encode_into(blob, sink, N_SHARDS, THREADS, cancel)
            assert sink.calls == ["begin", "finish"]
        except wc.OperationCancelledError:
            assert sink.calls == ["begin", "abandon"]
        canceller.join()
