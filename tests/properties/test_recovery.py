"""Any sliver is rebuilt from any sufficient set of recovery symbols; an inconsistent blob is found
out.
"""

import pytest
from hypothesis import given, strategies as st
from strategies import Blob, blobs, subset

import walrus_core as wc

pytestmark = pytest.mark.usefixtures("engine")

AXES = st.sampled_from(list(wc.Axis))


def symbols_from(
    encoded: wc.EncodedBlob, axis: wc.Axis, target_pair: int, pairs: list[int]
) -> list[wc.RecoverySymbol]:
    """One from each pair's sliver of the other axis, each by itself."""
    source = encoded.secondary if axis is wc.Axis.PRIMARY else encoded.primary
    n_shards = encoded.metadata.n_shards
    return [wc.recovery_symbol(source(pair), target_pair, n_shards=n_shards) for pair in pairs]


def sliver_of(encoded: wc.EncodedBlob, axis: wc.Axis, pair: int) -> wc.Sliver:
    return encoded.primary(pair) if axis is wc.Axis.PRIMARY else encoded.secondary(pair)


@given(blobs(), AXES, st.data())
def test_any_sufficient_set_recovers(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    needed = wc.EncodingConfig(n_shards=blob.n_shards).n_slivers_needed(axis.orthogonal)
    target = data.draw(st.integers(0, blob.n_shards - 1))
    pairs = data.draw(subset(blob.n_shards, data.draw(st.integers(needed, blob.n_shards))))
    symbols = symbols_from(encoded, axis, target, pairs)
    for symbol in symbols:
        wc.verify_recovery_symbol(encoded.metadata, symbol, axis, target)
        assert wc.RecoverySymbol.from_bcs(axis, symbol.to_bcs()) == symbol
    recovered = wc.recover_sliver(encoded.metadata, axis, target, symbols)
    assert recovered == sliver_of(encoded, axis, target)


@given(blobs(), AXES, st.data())
def test_one_symbol_too_few_is_an_error(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    needed = wc.EncodingConfig(n_shards=blob.n_shards).n_slivers_needed(axis.orthogonal)
    pairs = data.draw(subset(blob.n_shards, needed - 1))
    with pytest.raises(wc.NotEnoughSymbolsError) as caught:
        wc.recover_sliver(encoded.metadata, axis, 0, symbols_from(encoded, axis, 0, pairs))
    assert (caught.value.needed, caught.value.got) == (needed, needed - 1)


@given(blobs(), st.data())
def test_all_symbols_in_one_pass_are_the_same(blob: Blob, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    pair = data.draw(st.integers(0, blob.n_shards - 1))
    for sliver in (encoded.primary(pair), encoded.secondary(pair)):
        together = wc.recovery_symbols(sliver, n_shards=blob.n_shards)
        one_by_one = [
            wc.recovery_symbol(sliver, target, n_shards=blob.n_shards)
            for target in range(blob.n_shards)
        ]
        assert list(together) == one_by_one


@given(blobs(repetitive=False), AXES, st.data())
def test_a_wrong_hash_in_the_metadata_is_proven(
    blob: Blob, axis: wc.Axis, data: st.DataObject
) -> None:
    """Whoever signs metadata that are not those of one blob is convicted by the honest symbols."""
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    target = data.draw(st.integers(0, blob.n_shards - 1))
    hashes = encoded.metadata.sliver_pair_hashes.copy()
    hashes[target, axis.number] ^= data.draw(st.integers(1, 255))
    wrong = wc.VerifiedMetadata.of(len(blob.data), hashes.tobytes())
    symbols = symbols_from(encoded, axis, target, list(range(blob.n_shards)))
    with pytest.raises(wc.InconsistentBlobError) as caught:
        wc.recover_sliver(wrong, axis, target, symbols)
    proof = caught.value.proof
    proof.verify(wrong)
    assert wc.InconsistencyProof.from_bcs(axis, proof.to_bcs()) == proof
    with pytest.raises(wc.VerificationError):
        proof.verify(encoded.metadata)
