"""One flipped bit anywhere is detected, or what results is itself authentic.

The exception exists: in repetitive blobs slivers are equal, so a sliver with another index can be
the right one for it.
"""

import pytest
from hypothesis import given, strategies as st
from strategies import Blob, blobs

import walrus_core as wc

pytestmark = pytest.mark.usefixtures("engine")

AXES = st.sampled_from(list(wc.Axis))
REFUSED = (wc.InvalidEncodingError, wc.VerificationError)


def with_flipped_bit(content: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, 8 * len(content) - 1), label="bit")
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def sliver_at(encoded: wc.EncodedBlob, axis: wc.Axis, index: int) -> wc.Sliver:
    """The true sliver with this index on its own axis."""
    pair = wc.sliver_to_pair(axis, index, encoded.metadata.n_shards)
    return encoded.primary(pair) if axis is wc.Axis.PRIMARY else encoded.secondary(pair)


@given(blobs(), AXES, st.data())
def test_in_a_sliver(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    sliver = sliver_at(encoded, axis, data.draw(st.integers(0, blob.n_shards - 1)))
    changed = with_flipped_bit(sliver.to_bcs(), data)
    try:
        accepted = wc.verify_sliver(encoded.metadata, wc.Sliver.from_bcs(axis, changed))
    except REFUSED:
        return
    assert accepted == sliver_at(encoded, axis, accepted.index)


@given(blobs(), AXES, st.data())
def test_in_a_sliver_that_is_decoded(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    needed = wc.EncodingConfig(n_shards=blob.n_shards).n_slivers_needed(axis)
    indices = data.draw(st.permutations(range(blob.n_shards)))[:needed]
    raw = [sliver_at(encoded, axis, index).to_bcs() for index in indices]
    bad = data.draw(st.integers(0, needed - 1), label="which sliver")
    raw[bad] = with_flipped_bit(raw[bad], data)
    try:
        slivers = [wc.Sliver.from_bcs(axis, content) for content in raw]
        assert wc.decode(encoded.metadata, slivers, check="skip") == blob.data
    except (*REFUSED, wc.InvalidArgumentError):
        pass  # a changed index can repeat another's


@given(blobs(), AXES, st.data())
def test_in_a_recovery_symbol_or_its_proof(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    target, source = (data.draw(st.integers(0, blob.n_shards - 1)) for _ in range(2))

    def symbol_from(index: int) -> wc.RecoverySymbol:
        sliver = sliver_at(encoded, axis.orthogonal, index)
        return wc.recovery_symbol(sliver, target, n_shards=blob.n_shards)

    changed = with_flipped_bit(symbol_from(source).to_bcs(), data)
    try:
        accepted = wc.RecoverySymbol.from_bcs(axis, changed)
        wc.verify_recovery_symbol(encoded.metadata, accepted, axis, target)
    except REFUSED:
        return
    assert accepted == symbol_from(accepted.index)


@given(blobs(), st.data())
def test_in_metadata(blob: Blob, data: st.DataObject) -> None:
    """The blob ID commits to every bit, so here there is no exception."""
    metadata = wc.compute_metadata(blob.data, n_shards=blob.n_shards)
    changed = with_flipped_bit(metadata.to_bcs_with_id(), data)
    with pytest.raises(REFUSED):
        wc.UnverifiedMetadata.from_bcs_with_id(changed).verify()


@given(blobs(repetitive=False), AXES, st.data())
def test_in_an_inconsistency_proof(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    """Of a true proof any change is seen, and no change makes a proof against a true blob."""
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    target = data.draw(st.integers(0, blob.n_shards - 1))
    hashes = encoded.metadata.sliver_pair_hashes.copy()
    hashes[target, axis.number] ^= 1
    wrong = wc.VerifiedMetadata.of(len(blob.data), hashes.tobytes())
    source = encoded.secondary if axis is wc.Axis.PRIMARY else encoded.primary
    symbols = [
        wc.recovery_symbol(source(pair), target, n_shards=blob.n_shards)
        for pair in range(blob.n_shards)
    ]
    with pytest.raises(wc.InconsistentBlobError) as caught:
        wc.recover_sliver(wrong, axis, target, symbols)
    changed = with_flipped_bit(caught.value.proof.to_bcs(), data)
    with pytest.raises(REFUSED):
        wc.InconsistencyProof.from_bcs(axis, changed).verify(encoded.metadata)
    try:
        accepted = wc.InconsistencyProof.from_bcs(axis, changed)
        accepted.verify(wrong)
    except REFUSED:
        return
    assert accepted.symbols == caught.value.proof.symbols
