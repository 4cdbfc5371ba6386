"""The least that an encode can take on this machine, if nothing but its arithmetic took time.

Counted are the three things that make up an encode: compressions of Blake2b over leaves, those over
inner nodes, and butterflies of the transforms (spec, chapters 1.3 and 2). Each is charged at the
rate at which the engine's own inner function does it on data that never leaves the nearest cache.
What is left out - moving bytes, the table of all two-byte leaves, sums of transforms - makes the
bound lower, so that a share of it is never flattered.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from walrus_core import kernel
from walrus_core.codec.config import EncodingConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

BLOCK = 128
"""Bytes that one compression absorbs."""

STRIPE = 128
"""Bytes of each symbol that a transform takes at a time; several smaller symbols share them."""

LARGEST_BARE_SYMBOL = 2048
"""Bytes that `run_bare` hashes at most; larger symbols are hashed at the same rate."""

SHORTEST = 0.003
"""Seconds over which a rate is measured, at least."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one encode has to do.

    `leaves`, `parents`: compressions. A node over nothing but zero symbols is a constant of its
    level and costs nothing; nor do two-byte leaves, of which the engine has a table. `butterflies`:
    of 128 bytes, in every layer of every transform that chapter 1.3 asks for, those included whose
    constant is zero.
    """

    symbol_size: int
    leaves: int
    parents: int
    butterflies: int

    @classmethod
    def of(cls, blob: bytes, n_shards: int) -> Self:
        """The work of encoding `blob`: its zeros matter, otherwise only its size does."""
        config = EncodingConfig(n_shards)
        symbol_size = config.symbol_size(len(blob))
        matrix = expanded(nonzero_symbols(blob, config), n_shards)
        n_compressions = -(-(symbol_size + 1) // BLOCK) if symbol_size > 2 else 0
        return cls(
            symbol_size,
            leaves=n_compressions * int(np.count_nonzero(matrix)),
            parents=inner_nodes(matrix) + inner_nodes(matrix.T) + _blob_tree(n_shards),
            butterflies=_encode_butterflies(config, symbol_size),
        )

    def seconds(self, rates: Rates) -> float:
        """The bound: each count at its rate."""
        return (
            self.leaves * rates.leaf
            + self.parents * rates.parent
            + self.butterflies * rates.butterfly
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """Seconds of one compression over a leaf, of one over an inner node, and of one butterfly."""

    leaf: float
    parent: float
    butterfly: float

    @classmethod
    def measured(cls, symbol_size: int) -> Self:
        """Of the engine in use, now, for leaves over symbols of this size."""
        size = min(symbol_size, LARGEST_BARE_SYMBOL)
        return cls(_rate("leaves", size), _rate("parents"), _rate("transforms"))


def nonzero_symbols(blob: bytes, config: EncodingConfig) -> Flags:
    """Which of the k1 x k2 source symbols are not all zero."""
    n_rows, n_columns = config.n_primary_source_symbols, config.n_secondary_source_symbols
    size = config.symbol_size(len(blob))
    content = np.frombuffer(blob, dtype=np.uint8)
    n_whole = len(blob) // size
    flags = np.zeros(n_rows * n_columns, dtype=np.bool_)
    flags[:n_whole] = content[: n_whole * size].reshape(n_whole, size).any(axis=1)
    if len(blob) % size:
        flags[n_whole] = content[n_whole * size :].any()
    return flags.reshape(n_rows, n_columns)


def expanded(source: Flags, n_shards: int) -> Flags:
    """The same for all n x n symbols: a code word that is not all zero has no zero repair symbol.

    That holds but for one symbol in 256^s, by chance.
    """
    n_rows, n_columns = source.shape
    matrix = np.empty((n_shards, n_shards), dtype=np.bool_)
    matrix[:n_rows, :n_columns] = source
    matrix[:n_rows, n_columns:] = source.any(axis=1, keepdims=True)
    matrix[n_rows:] = matrix[:n_rows].any(axis=0)
    return matrix


def inner_nodes(leaves: Flags) -> int:
    """Inner nodes above at least one true leaf, in trees that have their leaves along the rows."""
    total = 0
    while leaves.shape[1] > 1:
        parents = leaves[:, 0::2].copy()
        parents[:, : leaves.shape[1] // 2] |= leaves[:, 1::2]
        total += int(np.count_nonzero(parents))
        leaves = parents
    return total


def code_butterflies(n_source: int, n_symbols: int) -> int:
    """Butterflies to extend `n_source` symbols to `n_symbols`, in either arrangement."""
    n_repair = n_symbols - n_source
    source, repair = _power_of_two(n_source), _power_of_two(n_repair)
    high = source > repair or (source == repair and n_source <= n_repair)
    chunk, in_chunks, at_once = (
        (repair, n_source, n_repair) if high else (source, n_repair, n_source)
    )
    return transform_butterflies(chunk, at_once) + sum(
        transform_butterflies(chunk, min(chunk, in_chunks - start))
        for start in range(0, in_chunks, chunk)
    )


def transform_butterflies(size: int, count: int) -> int:
    """Butterflies of an FFT or IFFT of `size` positions, of which `count` are wanted or not zero.

    A layer joins positions `distance` apart, and does all of each block of twice that which begins
    before `count`.
    """
    distances = (1 << i for i in range(size.bit_length() - 1))
    return sum(-(-count // (2 * distance)) * distance for distance in distances)


def stripes(n_codes: int, symbol_size: int) -> int:
    """Times that the transforms run to extend all of `n_codes` rows or columns.

    Symbols of up to half a stripe share one; the last stripe of a larger symbol need not be full.
    """
    if symbol_size <= STRIPE // 2:
        return -(-n_codes // (STRIPE // symbol_size))
    return n_codes * -(-symbol_size // STRIPE)


def _encode_butterflies(config: EncodingConfig, symbol_size: int) -> int:
    """The k1 source rows with the secondary code, then all n columns with the primary one."""
    n_shards, n_rows = config.n_shards, config.n_primary_source_symbols
    rows = code_butterflies(config.n_secondary_source_symbols, n_shards)
    columns = code_butterflies(n_rows, n_shards)
    return stripes(n_rows, symbol_size) * rows + stripes(n_shards, symbol_size) * columns


def _blob_tree(n_shards: int) -> int:
    """The tree over the pairs of sliver hashes: its leaves of 64 bytes cost what its nodes cost."""
    return n_shards + inner_nodes(np.ones((1, n_shards), dtype=np.bool_))


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


def _rate(what: Literal["leaves", "parents", "transforms"], symbol_size: int = 2) -> float:
    """Seconds for each unit, over as many as it takes to measure that."""
    rounds = 1
    while True:
        started = time.perf_counter()
        units = kernel.run_bare(what, rounds, symbol_size)
        elapsed = time.perf_counter() - started
        if elapsed >= SHORTEST:
            return elapsed / units
        rounds *= 4
