"""Size classes of the kernel: each line is a branch of the C code, or the edge of one."""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walrus_core import kernel

ByteArray = NDArray[np.uint8]

# symbol size -> why it is here
SYMBOL_SIZES = {
    2: "leaves by table, 64 symbols to a stripe",
    6: "one hashed word, 21 symbols to a stripe",
    10: "window that does not end with a symbol's block",
    30: "four hashed words",
    64: "two whole blocks to a stripe",
    66: "one symbol to a stripe from here",
    128: "the last size that is tested for zeros; a leaf of two blocks",
    130: "symbols side by side share windows: the end of one, a block of the next",
    190: "such a window whose parts are of about equal size",
    340: "side by side: two to the stage",
    1024: "the last size staged whole",
    1026: "two blocks, each less than the stage could hold",
    2050: "three blocks",
}

# number of shards -> why
SHARDS = {
    4: "smallest; trees shallower than a chunk of columns",
    7: "high and low rate of equal powers of two",
    8: "one whole group of lanes",
    10: "a partial group",
    31: "four chunks, the last one partial",
    100: "several units of columns",
}


@dataclass(frozen=True)
class Encoding:
    """A random blob that fills its matrix but for a few bytes, and all that encoding it gives."""

    n: int
    k1: int
    k2: int
    s: int
    blob: bytes
    primary: ByteArray  # (n, k2*s)
    secondary: ByteArray  # (n, k1*s)
    pair_hashes: bytes

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        return self.n, self.k1, self.k2, self.s

    def slivers(self, axis: int) -> ByteArray:
        return self.secondary if axis else self.primary

    def source_symbols(self, axis: int) -> int:
        """How many slivers of this axis reconstruct the blob."""
        return self.k2 if axis else self.k1

    def sliver_root(self, axis: int, index: int) -> bytes:
        pair = self.n - 1 - index if axis else index
        return self.pair_hashes[64 * pair + 32 * axis :][:32]


def encode(n: int, s: int, threads: int = 1, seed: int = 0) -> Encoding:
    f = (n - 1) // 3
    k1, k2 = n - 2 * f, n - f
    blob = random.Random(f"{n} {s} {seed}").randbytes(k1 * k2 * s - min(s, 5))
    primary = np.zeros((n, k2 * s), np.uint8)
    secondary = np.empty((n, k1 * s), np.uint8)
    primary.reshape(-1)[: len(blob)] = np.frombuffer(blob, np.uint8)
    hashes = kernel.encode(blob, n, k1, k2, s, primary[k1:].data, secondary.data, threads)
    return Encoding(n, k1, k2, s, blob, primary, secondary, hashes)
