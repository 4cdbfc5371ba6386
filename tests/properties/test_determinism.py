"""One blob has one encoding: over engines, threads, kinds of buffer, and the naive reference."""

import mmap
import random
import tempfile

import numpy as np
from hypothesis import given
from strategies import Blob, blobs

import walrus_core as wc
from walrus_core import kernel
from walrus_core.kernel import reference


def fingerprint(encoded: wc.EncodedBlob) -> list[bytes]:
    pairs = encoded.sliver_pairs()
    slivers = [sliver.to_bcs() for pair in pairs for sliver in (pair.primary, pair.secondary)]
    return [encoded.metadata.to_bcs_with_id(), *slivers]


@given(blobs(max_shards=16))
def test_every_engine_agrees_with_the_reference(engine: str, threads: int, blob: Blob) -> None:
    assert kernel.engine_name() == engine
    encoded = wc.encode(blob.data, n_shards=blob.n_shards, threads=threads)
    naive = reference.encode(blob.data, blob.n_shards)
    assert encoded.metadata.to_bcs() == naive.metadata_bcs()
    for pair in range(blob.n_shards):
        assert encoded.primary(pair).to_bcs() == naive.sliver_bcs(0, pair)
        assert encoded.secondary(pair).to_bcs() == naive.sliver_bcs(1, blob.n_shards - 1 - pair)


@given(blobs(max_shards=130))
def test_every_number_of_threads_agrees(engine: str, blob: Blob) -> None:
    """More threads than there is work for are harmless."""
    one = wc.encode(blob.data, n_shards=blob.n_shards, threads=1)
    for threads in (2, 3, 64):
        many = wc.encode(blob.data, n_shards=blob.n_shards, threads=threads)
        assert fingerprint(many) == fingerprint(one), engine


@given(blobs())
def test_metadata_alone_are_the_same(threads: int, blob: Blob) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards, threads=threads)
    assert wc.compute_metadata(blob.data, blob.n_shards, threads=threads) == encoded.metadata


def test_every_kind_of_buffer_gives_the_same() -> None:
    data = random.Random(1).randbytes(48_000)
    expected = fingerprint(wc.encode(data, n_shards=13))
    array = np.frombuffer(data, dtype=np.uint16).reshape(100, -1)
    for buffer in (bytearray(data), memoryview(data), array):
        assert fingerprint(wc.encode(buffer, n_shards=13)) == expected
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert fingerprint(wc.encode(mapped, n_shards=13)) == expected


def test_later_changes_of_the_buffer_do_not_show() -> None:
    buffer = bytearray(random.Random(2).randbytes(10_000))
    encoded = wc.encode(buffer, n_shards=10)
    before = fingerprint(encoded)
    buffer[:] = bytes(len(buffer))
    assert fingerprint(encoded) == before
