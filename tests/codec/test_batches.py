"""Many blobs at once."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import walrus_core as wc

BLOBS = [os.urandom(size) for size in (0, 1, 700, 28, 5000, 3, 64, 1200)] * 3


@pytest.mark.parametrize("n_threads", [None, 1, 2, 5])
def test_results_come_in_order(n_threads: int | None) -> None:
    alone = [wc.encode(blob, n_shards=10) for blob in BLOBS]
    assert list(wc.encode_many(BLOBS, 10, n_threads)) == alone
    metadata = [encoded.metadata for encoded in alone]
    assert list(wc.compute_metadata_many(iter(BLOBS), 10, n_threads)) == metadata


def test_no_blobs() -> None:
    assert list(wc.encode_many([])) == []


def test_paths_are_blobs_too(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(5)]
    for path in paths:
        path.write_bytes(path.name.encode() * 100)
    expected = [wc.compute_metadata(path.read_bytes(), 10) for path in paths]
    assert list(wc.compute_metadata_many(paths, 10)) == expected


def test_blobs_are_read_only_a_little_ahead() -> None:
    n_read = 0

    def blobs() -> Iterator[bytes]:
        nonlocal n_read
        for blob in BLOBS:
            n_read += 1
            yield blob

    results = wc.encode_many(blobs(), 10, threads=2)
    assert n_read == 0
    next(results)
    assert n_read == 4
    next(results)
    assert n_read == 5
    results.close()
    assert n_read == 5


@pytest.mark.parametrize("n_threads", [0, "two"])
def test_bad_arguments_are_refused_at_once(n_threads: object) -> None:
    with pytest.raises(wc.InvalidArgumentError):
        wc.encode_many(BLOBS, 10, n_threads)


def test_an_error_comes_in_its_turn_and_ends_it() -> None:
    others = threading.active_count()
    results = wc.encode_many([*BLOBS[:3], None, *BLOBS], 10)
    for _ in range(3):
        next(results)
    with pytest.raises(wc.InvalidArgumentError, match="blob must"):
        next(results)
    assert list(results) == []
    assert threading.active_count() == others


def test_cancelling() -> None:
    token = wc.CancelToken()
    results = wc.encode_many(BLOBS, 10, cancel=token)
    next(results)
    token.cancel()
    with pytest.raises(wc.OperationCancelledError):
        list(results)


def test_leaving_early_cancels_the_rest() -> None:
    others = threading.active_count()
    token = wc.CancelToken()
    results = wc.encode_many(BLOBS, 10, cancel=token)
    next(results)
    del results
    assert token.cancelled
    assert threading.active_count() == others
