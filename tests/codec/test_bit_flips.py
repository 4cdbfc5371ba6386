"""One flipped bit is noticed, whatever it hits, in blobs of every shape.

Unless what results is itself authentic: in a repetitive blob slivers are equal, so that a flipped
index may make a sliver into another one.
"""

import pytest
from hypothesis import given, strategies as st
from strategies import Blob, blobs

import walrus_core as wc

pytestmark = pytest.mark.usefixtures("engine")

AXES = st.sampled_from(list(wc.Axis))
NOTICED = (wc.InvalidEncodingError, wc.VerificationError)


def sliver_of(encoded: wc.EncodedBlob, axis: wc.Axis, pair: int) -> wc.VerifiedSliver:
    return encoded.primary(pair) if axis is wc.Axis.PRIMARY else encoded.secondary(pair)


def flipped(encoding: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, 8 * len(encoding) - 1))
    changed = bytearray(encoding)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(blobs(max_shards=20), AXES, st.data())
def test_in_a_sliver(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    pair = data.draw(st.integers(0, blob.n_shards - 1))
    changed = flipped(sliver_of(encoded, axis, pair).to_bcs(), data)
    try:
        sliver = wc.verify_sliver(encoded.metadata, wc.Sliver.from_bcs(axis, changed))
    except NOTICED:
        return
    there = wc.sliver_to_pair(axis, sliver.index, blob.n_shards)
    assert sliver == sliver_of(encoded, axis, there)


@given(blobs(max_shards=20), AXES, st.data())
def test_in_a_recovery_symbol(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    source, target = (data.draw(st.integers(0, blob.n_shards - 1)) for _ in range(2))
    sliver = sliver_of(encoded, axis.orthogonal, source)
    symbol = wc.recovery_symbol(sliver, target, blob.n_shards)
    try:
        changed = wc.RecoverySymbol.from_bcs(axis, flipped(symbol.to_bcs(), data))
        wc.verify_recovery_symbol(encoded.metadata, changed, axis, target)
    except NOTICED:
        return
    there = wc.sliver_to_pair(axis.orthogonal, changed.index, blob.n_shards)
    sliver = sliver_of(encoded, axis.orthogonal, there)
    assert changed == wc.recovery_symbol(sliver, target, blob.n_shards)


@given(blobs(max_shards=20), st.data())
def test_in_metadata(blob: Blob, data: st.DataObject) -> None:
    metadata = wc.compute_metadata(blob.data, n_shards=blob.n_shards)
    changed = flipped(metadata.to_bcs_with_id(), data)
    with pytest.raises(NOTICED):
        wc.UnverifiedMetadata.from_bcs_with_id(changed).verify()


@given(blobs(max_shards=20, repetitive=False), AXES, st.data())
def test_in_a_sliver_that_is_used(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    """Decoding authenticates, and takes nothing but the blob's slivers."""
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    needed = encoded.metadata.config.n_slivers_needed(axis)
    slivers: list[wc.Sliver] = [sliver_of(encoded, axis, pair) for pair in range(needed)]
    damaged = data.draw(st.integers(0, needed - 1))
    content = flipped(bytes(slivers[damaged].data), data)
    sliver = slivers[damaged]
    slivers[damaged] = wc.Sliver(axis, sliver.index, sliver.symbol_size, content)
    with pytest.raises(wc.VerificationError, match=f"{axis} sliver {sliver.index}") as caught:
        wc.decode(encoded.metadata, slivers)
    assert list(caught.value.failures) == [damaged]
