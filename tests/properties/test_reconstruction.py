"""Any k1 primary or k2 secondary slivers give the blob; one fewer gives an error."""

import random

import pytest
from hypothesis import given, strategies as st
from strategies import Blob, blobs, subset

import walrus_core as wc

pytestmark = pytest.mark.usefixtures("engine")

AXES = st.sampled_from(list(wc.Axis))
CHECKS = st.sampled_from(["skip", "default", "strict"])


def slivers_of(encoded: wc.EncodedBlob, axis: wc.Axis, pairs: list[int]) -> list[wc.Sliver]:
    """Slivers as they arrive from elsewhere: not known to be authentic."""
    sliver = encoded.primary if axis is wc.Axis.PRIMARY else encoded.secondary
    return [wc.Sliver.from_bcs(axis, sliver(pair).to_bcs()) for pair in pairs]


@given(blobs(), AXES, CHECKS, st.data())
def test_any_sufficient_set_decodes(
    threads: int, blob: Blob, axis: wc.Axis, check: str, data: st.DataObject
) -> None:
    """Some sets are larger than they need be."""
    encoded = wc.encode(blob.data, n_shards=blob.n_shards, threads=threads)
    needed = wc.EncodingConfig(n_shards=blob.n_shards).n_slivers_needed(axis)
    pairs = data.draw(subset(blob.n_shards, data.draw(st.integers(needed, blob.n_shards))))
    slivers = slivers_of(encoded, axis, pairs)
    assert wc.decode(encoded.metadata, slivers, check=check, threads=threads) == blob.data


@given(blobs(), AXES, st.data())
def test_one_too_few_is_an_error(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    needed = wc.EncodingConfig(n_shards=blob.n_shards).n_slivers_needed(axis)
    pairs = data.draw(subset(blob.n_shards, needed - 1))
    with pytest.raises(wc.NotEnoughSliversError) as caught:
        wc.decode(encoded.metadata, slivers_of(encoded, axis, pairs))
    assert (caught.value.needed, caught.value.got) == (needed, needed - 1)
    with pytest.raises(wc.InvalidArgumentError):
        wc.decode(encoded.metadata, slivers_of(encoded, axis, [*pairs, pairs[0]]))


def test_the_network_size(threads: int) -> None:
    """1000 shards take the paths that other numbers do not."""
    blob = random.Random(7).randbytes(900_001)
    encoded = wc.encode(blob, n_shards=1000, threads=threads)
    for axis, needed in ((wc.Axis.PRIMARY, 334), (wc.Axis.SECONDARY, 667)):
        for pairs in (range(needed), range(1000 - needed, 1000), range(300, 300 + needed)):
            slivers = slivers_of(encoded, axis, list(pairs))
            assert wc.decode(encoded.metadata, slivers, threads=threads) == blob
