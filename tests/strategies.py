"""Hypothesis strategies: blobs and their number of shards, of every shape that matters."""

import random
from dataclasses import dataclass

from hypothesis import strategies as st

import walrus_core as wc

# Shapes of a symbol: one word, the tail of a 64-byte block, one leaf block, several, whole stripes.
SYMBOL_SIZES = (2, 4, 6, 8, 10, 32, 62, 64, 66, 126, 128, 130, 192, 254, 256, 258)


@dataclass(frozen=True)
class Blob:
    """Bytes to encode for `n_shards` shards."""

    n_shards: int
    data: bytes

    def __repr__(self) -> str:
        shown = self.data[:8].hex()
        return f"Blob({self.n_shards} shards, {len(self.data)} bytes: {shown}...)"


@st.composite
def blobs(draw: st.DrawFn, max_shards: int = 40, repetitive: bool = True) -> Blob:
    """A size that makes the symbol size wanted, exactly or not quite; random, zero-tailed or
    repeated content.
    """
    n_shards = draw(st.integers(4, max_shards))
    config = wc.EncodingConfig(n_shards=n_shards)
    n_symbols = config.n_primary_source_symbols * config.n_secondary_source_symbols
    full = n_symbols * draw(st.sampled_from(SYMBOL_SIZES))
    size = draw(
        st.one_of(
            st.just(full), st.integers(max(0, full - 2 * n_symbols), full), st.integers(0, full)
        )
    )
    data = random.Random(draw(st.integers(0, 2**32))).randbytes(size)
    if repetitive:
        content = draw(st.sampled_from(["random", "zero tail", "one byte", "short period"]))
        if content == "zero tail":
            data = data[: size // 3].ljust(size, b"\x00")
        elif content == "one byte":
            data = data[:1] * size
        elif content == "short period":
            data = (data[:6] * size)[:size]
    return Blob(n_shards, data)


def subset(n: int, size: int) -> st.SearchStrategy[list[int]]:
    """`size` of the integers below n, in random order; hypothesis shrinks only the seed."""
    return st.integers(0, 2**32).map(lambda seed: random.Random(seed).sample(range(n), size))
