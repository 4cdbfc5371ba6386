"""Random blobs and shard counts against pysui-fastcrypto, the official Rust encoder, in both
directions.
"""

import pysui_fastcrypto as official
import pytest
from hypothesis import given, strategies as st
from strategies import Blob, blobs, subset

import walrus_core as wc
from walrus_core.types import shard_to_pair

pytestmark = pytest.mark.usefixtures("engine")


@given(blobs(max_shards=80))
def test_every_byte_is_the_same(threads: int, blob: Blob) -> None:
    theirs = official.redstuff_encode(blob.data, blob.n_shards)
    ours = wc.encode(blob.data, n_shards=blob.n_shards, threads=threads)
    assert bytes(ours.metadata.blob_id) == theirs.blob_id
    assert ours.metadata.root_hash == theirs.root_hash
    assert ours.metadata.to_bcs() == theirs.metadata_bcs
    for shard, pair in enumerate(theirs.slivers):
        index = pair.sliver_pair_index
        assert shard_to_pair(ours.metadata.blob_id, shard, blob.n_shards) == index
        assert ours.primary(index).to_bcs() == pair.primary
        assert ours.secondary(index).to_bcs() == pair.secondary


@pytest.mark.parametrize("n_shards", [99, 255, 256, 334, 999, 1000, 1025])
def test_every_byte_is_the_same_for_many_shards(threads: int, n_shards: int) -> None:
    """Shard counts around the powers of two that the transforms round up to."""
    data = bytes(range(256)) * 300 + b"odd"
    theirs = official.redstuff_encode(data, n_shards)
    ours = wc.encode(data, n_shards=n_shards, threads=threads)
    assert ours.metadata.to_bcs() == theirs.metadata_bcs
    for pair in theirs.slivers:
        assert ours.primary(pair.sliver_pair_index).to_bcs() == pair.primary
        assert ours.secondary(pair.sliver_pair_index).to_bcs() == pair.secondary


@given(blobs(), st.data())
def test_their_slivers_decode_here(threads: int, blob: Blob, data: st.DataObject) -> None:
    theirs = official.redstuff_encode(blob.data, blob.n_shards)
    metadata = wc.UnverifiedMetadata.from_bcs_with_id(theirs.blob_id + theirs.metadata_bcs).verify()
    config = wc.EncodingConfig(n_shards=blob.n_shards)
    for axis in wc.Axis:
        some = data.draw(subset(blob.n_shards, config.n_slivers_needed(axis)))
        slivers = [wc.Sliver.from_bcs(axis, getattr(theirs.slivers[i], axis)) for i in some]
        assert wc.decode(metadata, slivers, check="strict", threads=threads) == blob.data


@given(blobs(), st.data())
def test_our_slivers_verify_and_decode_there(threads: int, blob: Blob, data: st.DataObject) -> None:
    ours = wc.encode(blob.data, n_shards=blob.n_shards, threads=threads)
    metadata = official.redstuff_verify_metadata(ours.metadata.to_bcs_with_id(), blob.n_shards)
    assert metadata.unencoded_length == len(blob.data)
    config = wc.EncodingConfig(n_shards=blob.n_shards)
    for axis, sliver in (("primary", ours.primary), ("secondary", ours.secondary)):
        some = data.draw(subset(blob.n_shards, config.n_slivers_needed(axis)))
        raw = [sliver(pair).to_bcs() for pair in some]
        for one in raw:
            official.redstuff_verify_sliver(one, metadata, axis)
        assert official.redstuff_decode_and_verify(raw, metadata, axis) == blob.data
