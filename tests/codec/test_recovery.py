"""Recovery of lost slivers, among liars, and proofs of inconsistency."""

import pickle
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from strategies import Blob, blobs, subset

import walrus_core as wc
from walrus_core.codec import bcs

AXES = pytest.mark.parametrize("axis", list(wc.Axis))


def symbols_for(encoded: wc.EncodedBlob, axis: wc.Axis, pair: int) -> list[wc.RecoverySymbol]:
    """What each of the ten pairs contributes to the sliver of `axis` in `pair`."""
    sources = encoded.secondary if axis is wc.Axis.PRIMARY else encoded.primary
    return [wc.recovery_symbol(sources(source), pair, n_shards=10) for source in range(10)]


def sliver_of(encoded: wc.EncodedBlob, axis: wc.Axis, pair: int) -> wc.VerifiedSliver:
    return encoded.primary(pair) if axis is wc.Axis.PRIMARY else encoded.secondary(pair)


def damaged(symbol: wc.RecoverySymbol) -> wc.RecoverySymbol:
    return replace(symbol, data=bytes(len(symbol.data)))


@AXES
def test_any_sufficient_symbols_rebuild_any_sliver(
    encoded: wc.EncodedBlob, axis: wc.Axis, engine: str
) -> None:
    needed = encoded.metadata.config.n_sliver_symbols(axis)
    for pair in range(10):
        symbols = symbols_for(encoded, axis, pair)
        for _ in range(5):
            some = random.Random(pair).sample(symbols, needed)
            sliver = wc.recover_sliver(encoded.metadata, axis, pair, iter(some))
            assert type(sliver) is wc.VerifiedSliver
            assert sliver == sliver_of(encoded, axis, pair), engine
            assert sliver.blob_id == encoded.metadata.blob_id


@pytest.mark.usefixtures("engine")
@given(blobs(), st.sampled_from(list(wc.Axis)), st.data())
def test_slivers_of_blobs_of_every_shape(blob: Blob, axis: wc.Axis, data: st.DataObject) -> None:
    encoded = wc.encode(blob.data, n_shards=blob.n_shards)
    needed = encoded.metadata.config.n_sliver_symbols(axis)
    target = data.draw(st.integers(0, blob.n_shards - 1))
    sources = encoded.secondary if axis is wc.Axis.PRIMARY else encoded.primary
    symbols = [
        wc.recovery_symbol(sources(pair), target, blob.n_shards)
        for pair in data.draw(subset(blob.n_shards, needed))
    ]
    sliver = wc.recover_sliver(encoded.metadata, axis, target, symbols)
    assert sliver == sliver_of(encoded, axis, target)


@AXES
def test_liars_and_repetitions_are_passed_over(encoded: wc.EncodedBlob, axis: wc.Axis) -> None:
    good = symbols_for(encoded, axis, 2)
    needed = encoded.metadata.config.n_sliver_symbols(axis)
    bad = [damaged(symbol) for symbol in good]
    wrong_target = symbols_for(encoded, axis, 3)
    wrong_axis = symbols_for(encoded, axis.orthogonal, 2)
    mixed = [*bad, good[0], *wrong_axis, good[0], *wrong_target, *good]
    assert wc.recover_sliver(encoded.metadata, axis, 2, mixed) == sliver_of(encoded, axis, 2)
    for symbols in ([], good[: needed - 1], [*good[: needed - 1], good[0], good[0]]):
        with pytest.raises(wc.NotEnoughSymbolsError) as caught:
            wc.recover_sliver(encoded.metadata, axis, 2, symbols)
        assert (caught.value.needed, caught.value.got) == (needed, min(needed - 1, len(symbols)))
        assert caught.value.__cause__ is None


@AXES
def test_too_few_names_the_bad_ones(encoded: wc.EncodedBlob, axis: wc.Axis) -> None:
    symbols = symbols_for(encoded, axis, 2)
    for position in (0, 3, *range(4, 10)):
        symbols[position] = damaged(symbols[position])
    with pytest.raises(wc.NotEnoughSymbolsError) as caught:
        wc.recover_sliver(encoded.metadata, axis, 2, symbols)
    assert caught.value.got == 2
    assert isinstance(caught.value.__cause__, wc.VerificationError)
    assert list(caught.value.__cause__.failures) == [0, 3, *range(4, 10)]


def test_no_more_symbols_are_looked_at_than_needed(encoded: wc.EncodedBlob) -> None:
    remaining = iter(symbols_for(encoded, wc.Axis.SECONDARY, 0))
    wc.recover_sliver(encoded.metadata, "secondary", 0, remaining)
    assert len(list(remaining)) == 6


def test_bad_arguments(encoded: wc.EncodedBlob) -> None:
    symbols = symbols_for(encoded, wc.Axis.PRIMARY, 0)
    for pair in (-1, 10, None):
        with pytest.raises(wc.InvalidArgumentError, match="pair index"):
            wc.recover_sliver(encoded.metadata, "primary", pair, symbols)
    with pytest.raises(wc.InvalidArgumentError, match="axis"):
        wc.recover_sliver(encoded.metadata, "tertiary", 0, symbols)
    with pytest.raises(wc.InvalidArgumentError, match="no RecoverySymbol"):
        wc.recover_sliver(encoded.metadata, "primary", 0, [symbols[0].data] * 7)


@pytest.fixture(scope="module")
def false_metadata(encoded: wc.EncodedBlob) -> wc.VerifiedMetadata:
    """They commit to wrong slivers in pair 2, of either axis."""
    pair_hashes = encoded.metadata.sliver_pair_hashes.copy()
    pair_hashes[2] ^= 255
    return wc.VerifiedMetadata.of(700, pair_hashes.tobytes())


@AXES
def test_inconsistency_is_proven(
    encoded: wc.EncodedBlob, false_metadata: wc.VerifiedMetadata, axis: wc.Axis, engine: str
) -> None:
    needed = encoded.metadata.config.n_sliver_symbols(axis)
    symbols = [s for pair, s in enumerate(symbols_for(encoded, axis, 2)) if pair != 2]
    with pytest.raises(wc.InconsistentBlobError, match="valid recovery symbols") as caught:
        wc.recover_sliver(false_metadata, axis, 2, symbols[::-1])
    proof = caught.value.proof
    assert proof.symbols == tuple(symbols[::-1][:needed]), engine
    assert proof.target_index == wc.pair_to_sliver(axis, 2, 10)
    proof.verify(false_metadata)
    parsed = wc.InconsistencyProof.from_bcs(str(axis), proof.to_bcs())
    assert parsed == proof == pickle.loads(pickle.dumps(proof))
    parsed.verify(false_metadata)
    assert pickle.loads(pickle.dumps(caught.value)).proof == proof
    assert repr(proof) == (
        f"InconsistencyProof({axis} sliver {proof.target_index}, {needed} symbols)"
    )


@AXES
def test_what_is_no_proof(
    encoded: wc.EncodedBlob, false_metadata: wc.VerifiedMetadata, axis: wc.Axis
) -> None:
    needed = encoded.metadata.config.n_sliver_symbols(axis)
    symbols = tuple(s for pair, s in enumerate(symbols_for(encoded, axis, 2)) if pair != 2)
    proof = wc.InconsistencyProof(axis, wc.pair_to_sliver(axis, 2, 10), symbols[:needed])
    proof.verify(false_metadata)
    lies = {
        "prove no inconsistency": (proof, encoded.metadata),
        f"{needed - 1} symbols != {needed}": (replace(proof, symbols=symbols[1:needed]),),
        f"{needed + 1} symbols != {needed}": (replace(proof, symbols=symbols[: needed + 1]),),
        "from the same sliver": (replace(proof, symbols=(*symbols[1:needed], symbols[1])),),
        "does not lead": (replace(proof, symbols=(damaged(symbols[0]), *symbols[1:needed])),),
        "its path does not lead": (replace(proof, target_index=5),),
        "index 10 >= 10": (replace(proof, target_index=10),),
    }
    for reason, (lie, *metadata) in lies.items():
        with pytest.raises(wc.VerificationError, match=reason):
            lie.verify(*metadata or [false_metadata])


def test_a_decoder_does_not_need_a_proof(misencoded) -> None:
    """The wrong sliver's own symbols are valid, and contradict the other slivers' columns."""
    sources = misencoded.primary[:3] + misencoded.primary[9:]
    symbols = [wc.recovery_symbol(sliver, 4, n_shards=10) for sliver in sources]
    with pytest.raises(wc.InconsistentBlobError) as caught:
        wc.recover_sliver(misencoded.metadata, "secondary", 4, symbols)
    caught.value.proof.verify(misencoded.metadata)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "truncated"),
        (b"\x00\x00", "truncated"),
        (b"\x00\x00\x01", "announces 1 items"),
        (b"\x00\x00\xff\xff\xff\xff\x0f", "announces 4,294,967,295"),
        (b"\x00\x00\x00\x00", "over-long"),
        (b"\x00\x00\x01\x00\x00\x02ab\x00\x00", "over-long"),
        (b"\x00\x00\x01\x00\x00\x03abc\x00", "3 bytes"),
    ],
)
def test_bad_bcs(data: bytes, reason: str) -> None:
    with pytest.raises(wc.InvalidEncodingError, match=reason):
        wc.InconsistencyProof.from_bcs("primary", data)


def test_bad_proofs(encoded: wc.EncodedBlob) -> None:
    symbol = wc.recovery_symbol(encoded.primary(0), 0, n_shards=10)
    with pytest.raises(wc.InvalidArgumentError, match="about a primary one"):
        wc.InconsistencyProof("primary", 0, (symbol,))
    with pytest.raises(wc.InvalidArgumentError, match="target sliver index"):
        wc.InconsistencyProof("secondary", -1, (symbol,))
    empty = wc.InconsistencyProof("secondary", 0, ())
    assert empty.to_bcs() == bcs.u16(0) + b"\x00"
    with pytest.raises(wc.VerificationError, match="0 symbols != 4"):
        empty.verify(encoded.metadata)


def test_cancelled_before_and_on_the_way(encoded: wc.EncodedBlob) -> None:
    """Whoever asks for a sliver may want it no more while symbols come."""
    symbols = symbols_for(encoded, wc.Axis.PRIMARY, 2)
    before, meanwhile = wc.CancelToken(), wc.CancelToken()
    before.cancel()

    def while_it_is_wanted() -> Iterator[wc.RecoverySymbol]:
        for number, symbol in enumerate(symbols, 1):
            if number == encoded.metadata.config.n_sliver_symbols("primary"):
                meanwhile.cancel()
            yield symbol

    for some, token in ((symbols, before), (while_it_is_wanted(), meanwhile)):
        with pytest.raises(wc.OperationCancelledError):
            wc.recover_sliver(encoded.metadata, "primary", 2, some, token)
