"""Recovery symbols: made, written, read, verified."""

import pickle

import pytest

import walrus_core as wc
from walrus_core.codec import bcs
from walrus_core.kernel import reference

AXES = pytest.mark.parametrize("axis", list(wc.Axis))


def source(encoded: wc.EncodedBlob, target_axis: wc.Axis, pair: int) -> wc.Sliver:
    """The sliver of a pair that has symbols for slivers of this axis."""
    primary_targets = target_axis is wc.Axis.PRIMARY
    return encoded.secondary(pair) if primary_targets else encoded.primary(pair)


@AXES
def test_every_symbol_is_the_references(
    encoded: wc.EncodedBlob, blob: bytes, axis: wc.Axis, engine: str
) -> None:
    naive = reference.encode(blob, 10)
    for pair in range(10):
        sliver = source(encoded, axis, pair)
        symbols = wc.recovery_symbols(sliver, n_shards=10)
        assert len(symbols) == 10
        for target_pair, symbol in enumerate(symbols):
            target = wc.pair_to_sliver(axis, target_pair, 10)
            expected = naive.recovery_symbol_bcs(axis.number, target, sliver.index)
            assert symbol.to_bcs() == expected, engine
            assert symbol == wc.recovery_symbol(sliver, target_pair, n_shards=10)
            assert (symbol.axis, symbol.index) == (axis, sliver.index)


def test_symbols_are_a_sequence(encoded: wc.EncodedBlob) -> None:
    symbols = wc.recovery_symbols(encoded.primary(3), n_shards=10)
    assert symbols[-1] == symbols[9] == list(symbols)[9]
    assert symbols[2:4] == (symbols[2], symbols[3])
    assert symbols[4] in symbols
    with pytest.raises(IndexError):
        symbols[10]
    assert pickle.loads(pickle.dumps(symbols)) == symbols
    assert repr(symbols) == "RecoverySymbols(for 10 secondary slivers, from primary sliver 3)"
    assert repr(symbols[0]) == (
        "RecoverySymbol(for a secondary sliver, from primary sliver 3, 26 bytes)"
    )
    assert pickle.loads(pickle.dumps(symbols[0])) == symbols[0] != symbols[1]


@AXES
def test_bcs(encoded: wc.EncodedBlob, axis: wc.Axis) -> None:
    symbol = wc.recovery_symbol(source(encoded, axis, 4), 6, n_shards=10)
    data = symbol.to_bcs()
    assert wc.RecoverySymbol.from_bcs(axis, data) == symbol
    general = symbol.to_general_bcs(6)
    end = 2 + 1 + 26
    assert general == bytes([axis.number]) + data[:end] + bcs.u16(6) + data[end:]
    assert wc.RecoverySymbol.from_general_bcs(general) == (symbol, 6)
    for length in range(len(data)):
        with pytest.raises(wc.InvalidEncodingError):
            wc.RecoverySymbol.from_bcs(axis, data[:length])
    for parse in (
        wc.RecoverySymbol.from_general_bcs,
        lambda d: wc.RecoverySymbol.from_bcs(axis, d),
    ):
        with pytest.raises(wc.InvalidEncodingError):
            parse(data + b"\x00")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\x00\x00\x00", "0 bytes"),
        (b"\x00\x00\x03abc\x00", "3 bytes"),
        (b"\x00\x00\xfe\xff\x03" + bytes(65_534) + b"\x00\x00", "over-long"),
        (b"\x00\x00\x80\x80\x04" + bytes(65_536) + b"\x00", "65,536 bytes"),
        (b"\x00\x00\xff\xff\xff\xff\x0fab\x00", "announces"),
    ],
)
def test_bad_bcs(data: bytes, reason: str) -> None:
    with pytest.raises(wc.InvalidEncodingError, match=reason):
        wc.RecoverySymbol.from_bcs("primary", data)


def test_bad_general_bcs(encoded: wc.EncodedBlob) -> None:
    symbol = wc.recovery_symbol(encoded.primary(0), 1, n_shards=10)
    with pytest.raises(wc.InvalidEncodingError, match="axis variant 2"):
        wc.RecoverySymbol.from_general_bcs(b"\x02" + symbol.to_general_bcs(8)[1:])
    with pytest.raises(wc.InvalidArgumentError, match="target sliver index"):
        symbol.to_general_bcs(65_536)


@AXES
def test_every_symbol_verifies(encoded: wc.EncodedBlob, axis: wc.Axis, engine: str) -> None:
    by_source = [
        wc.recovery_symbols(source(encoded, axis, pair), n_shards=10) for pair in range(10)
    ]
    for target_pair in range(10):
        symbols = [symbols[target_pair] for symbols in by_source]
        assert (
            wc.verify_recovery_symbols(encoded.metadata, symbols, axis, target_pair) == symbols
        ), engine
        symbol = symbols[target_pair]
        assert wc.verify_recovery_symbol(encoded.metadata, symbol, str(axis), target_pair) is symbol


def test_every_bit_counts(engine: str) -> None:
    """A flipped bit in a symbol's BCS, data or path, is noticed, wherever it is."""
    encoded = wc.encode(b"every byte of this differs", n_shards=5)

    def verify(data: bytearray, axis: wc.Axis) -> None:
        symbol = wc.RecoverySymbol.from_bcs(axis, data)
        wc.verify_recovery_symbol(encoded.metadata, symbol, axis, 4)

    for axis in wc.Axis:
        data = bytearray(wc.recovery_symbol(source(encoded, axis, 4), 4, n_shards=5).to_bcs())
        for bit in range(8 * len(data)):
            data[bit // 8] ^= 1 << bit % 8
            with pytest.raises((wc.InvalidEncodingError, wc.VerificationError)):
                verify(data, axis)
            data[bit // 8] ^= 1 << bit % 8
    assert wc.kernel.engine_name() == engine


def test_symbols_that_do_not_belong(encoded: wc.EncodedBlob, other: wc.EncodedBlob) -> None:
    metadata = encoded.metadata
    good = wc.recovery_symbol(encoded.secondary(1), 3, n_shards=10)
    wrong = {
        "for a secondary sliver": wc.recovery_symbol(encoded.primary(1), 3, n_shards=10),
        "does not lead": wc.recovery_symbol(other.secondary(1), 3, n_shards=10),
        "from secondary sliver 8: its path does not": wc.recovery_symbol(
            encoded.secondary(1), 4, n_shards=10
        ),
        "index 10 >= 10": wc.RecoverySymbol("primary", 10, good.data, good.proof),
        "28 bytes != 26": wc.RecoverySymbol("primary", 8, bytes(28), good.proof),
        "3 nodes != 4": wc.RecoverySymbol(
            "primary", 8, good.data, wc.MerkleProof(good.proof.path[32:])
        ),
        "5 nodes != 4": wc.RecoverySymbol(
            "primary", 8, good.data, wc.MerkleProof(good.proof.path + bytes(32))
        ),
    }
    for reason, symbol in wrong.items():
        with pytest.raises(wc.VerificationError, match=reason):
            wc.verify_recovery_symbol(metadata, symbol, "primary", 3)
    with pytest.raises(wc.VerificationError, match="7 of 9 symbols are bad") as caught:
        wc.verify_recovery_symbols(metadata, [good, *wrong.values(), good], "primary", 3)
    assert list(caught.value.failures) == list(range(1, 8))


def test_bad_arguments(encoded: wc.EncodedBlob) -> None:
    sliver = encoded.secondary(0)
    symbol = wc.recovery_symbol(sliver, 0, n_shards=10)
    for pair in (-1, 10, True, 1.5):
        with pytest.raises(wc.InvalidArgumentError, match="pair index"):
            wc.recovery_symbol(sliver, pair, n_shards=10)
        with pytest.raises(wc.InvalidArgumentError, match="pair index"):
            wc.verify_recovery_symbol(encoded.metadata, symbol, "primary", pair)
    with pytest.raises(wc.InvalidArgumentError, match="axis"):
        wc.verify_recovery_symbol(encoded.metadata, symbol, "both", 0)
    with pytest.raises(wc.InvalidArgumentError, match="no RecoverySymbol but a bytes"):
        wc.verify_recovery_symbols(encoded.metadata, [symbol.data], "primary", 0)
    with pytest.raises(wc.InvalidArgumentError, match="4 symbols != 334"):
        wc.recovery_symbols(sliver)
    with pytest.raises(wc.InvalidArgumentError, match="sliver index = 9"):
        wc.recovery_symbols(sliver, n_shards=9)
    for data in (b"", b"abc", bytes(65_536), "text"):
        with pytest.raises(wc.InvalidArgumentError):
            wc.RecoverySymbol("primary", 0, data, symbol.proof)
