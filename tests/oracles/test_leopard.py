"""Random 1-D codes against reed-solomon-leopard, another binding of the code that Walrus uses."""

import random

import pytest
from hypothesis import given, strategies as st

from walrus_core import kernel

leopard = pytest.importorskip("reed_solomon_leopard", reason="no wheel for this Python")

pytestmark = pytest.mark.usefixtures("engine")

# Sizes around every change of shape: single words, the tail of a 64-byte block, whole stripes.
SYMBOL_SIZES = st.one_of(
    st.sampled_from([2, 4, 30, 32, 34, 62, 64, 66, 126, 128, 130, 192, 256, 258, 1022]),
    st.integers(1, 300).map(lambda half: 2 * half),
)


@st.composite
def codes(draw: st.DrawFn, max_symbols: int = 300) -> tuple[int, int, int, int]:
    """(k, n, symbol size, seed): any k of at least one, any n above it."""
    n_symbols = draw(st.integers(2, max_symbols))
    n_source = draw(st.integers(1, n_symbols - 1))
    return n_source, n_symbols, draw(SYMBOL_SIZES), draw(st.integers(0, 2**32))


def source_symbols(n_source: int, symbol_size: int, seed: int) -> list[bytes]:
    generator = random.Random(seed)
    return [generator.randbytes(symbol_size) for _ in range(n_source)]


def extended(source: list[bytes], n_symbols: int, symbol_size: int) -> list[bytes]:
    """All n symbols by our kernel."""
    repair = bytearray((n_symbols - len(source)) * symbol_size)
    kernel.extend(b"".join(source), n_symbols, symbol_size, repair)
    return source + [bytes(repair[i : i + symbol_size]) for i in range(0, len(repair), symbol_size)]


@given(codes())
def test_repair_symbols(code: tuple[int, int, int, int]) -> None:
    n_source, n_symbols, symbol_size, seed = code
    source = source_symbols(n_source, symbol_size, seed)
    ours = extended(source, n_symbols, symbol_size)
    assert ours[n_source:] == leopard.encode(source, n_symbols - n_source)


@pytest.mark.parametrize(("n_source", "n_symbols"), [(334, 1000), (667, 1000), (2000, 6000)])
def test_repair_symbols_of_wide_codes(n_source: int, n_symbols: int) -> None:
    """The network's two codes, and one whose tables are larger."""
    source = source_symbols(n_source, 66, n_symbols)
    ours = extended(source, n_symbols, 66)
    assert ours[n_source:] == leopard.encode(source, n_symbols - n_source)


@given(codes(), st.data())
def test_each_decodes_what_the_other_encoded(
    code: tuple[int, int, int, int], data: st.DataObject
) -> None:
    n_source, n_symbols, symbol_size, seed = code
    source = source_symbols(n_source, symbol_size, seed)
    order = random.Random(data.draw(st.integers(0, 2**32))).sample(range(n_symbols), n_source)

    theirs = source + leopard.encode(source, n_symbols - n_source)
    result = bytearray(n_source * symbol_size)
    kernel.decode_symbols(
        [theirs[i] for i in order], order, n_source, n_symbols, symbol_size, result
    )
    assert result == b"".join(source)

    ours = extended(source, n_symbols, symbol_size)
    originals = {i: ours[i] for i in order if i < n_source}
    repair = {i - n_source: ours[i] for i in order if i >= n_source}
    restored = leopard.decode(n_source, n_symbols - n_source, originals, repair)
    assert {**originals, **restored} == dict(enumerate(source))
