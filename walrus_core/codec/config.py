"""What `n_shards` and a blob's size determine (spec, chapters 0 and 1)."""

from __future__ import annotations

from dataclasses import dataclass

from walrus_core.errors import BlobTooLargeError
from walrus_core.types import Axis, checked_int

DEFAULT_SHARDS = 1000
"""Of every public Walrus deployment."""

MIN_SHARDS = 4
"""Below it a code has no repair symbols, and the official encoder crashes."""

MAX_SHARDS = 49_155
"""Above it the code word of the secondary code no longer fits in the 65,536 points of GF(2^16)."""

MAX_SYMBOL_SIZE = 65_534
"""The largest even u16: symbols are made of two-byte elements."""

DIGEST_SIZE = 32


@dataclass(frozen=True, slots=True)
class EncodingConfig:
    """The numbers of the encoding for 4..49,155 shards; InvalidArgumentError for others."""

    n_shards: int = DEFAULT_SHARDS

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "n_shards", checked_int("n_shards", self.n_shards, MIN_SHARDS, MAX_SHARDS)
        )

    @property
    def n_faulty_shards(self) -> int:
        """f, the number of shards that may fail or lie: floor((n - 1) / 3)."""
        return (self.n_shards - 1) // 3

    @property
    def n_primary_source_symbols(self) -> int:
        """k1 = n - 2f: source rows; symbols of a column; primary slivers that make a blob."""
        return self.n_shards - 2 * self.n_faulty_shards

    @property
    def n_secondary_source_symbols(self) -> int:
        """k2 = n - f: source columns; symbols of a row; secondary slivers that make a blob."""
        return self.n_shards - self.n_faulty_shards

    @property
    def max_blob_size(self) -> int:
        """k1 * k2 symbols of the largest size, in bytes."""
        return self.n_primary_source_symbols * self.n_secondary_source_symbols * MAX_SYMBOL_SIZE

    def n_slivers_needed(self, axis: Axis | str) -> int:
        """How many slivers of this axis reconstruct a blob: k1 if primary, k2 if secondary."""
        primary = Axis(axis) is Axis.PRIMARY
        return self.n_primary_source_symbols if primary else self.n_secondary_source_symbols

    def n_sliver_symbols(self, axis: Axis | str) -> int:
        """How many symbols a sliver of this axis has, and as many recovery symbols rebuild it."""
        return self.n_slivers_needed(Axis(axis).orthogonal)

    def symbol_size(self, size: int) -> int:
        """Bytes per symbol: the least even s with k1 * k2 * s >= max(size, 1).

        BlobTooLargeError if that is more than 65,534.
        """
        size = checked_int("size", size, 0, 2**64 - 1)
        if size > self.max_blob_size:
            raise BlobTooLargeError(size, self.max_blob_size)
        n_symbols = self.n_primary_source_symbols * self.n_secondary_source_symbols
        symbol_size = -(-max(size, 1) // n_symbols)
        return symbol_size + symbol_size % 2

    def padded_size(self, size: int) -> int:
        """The bytes of a blob with the zeros that fill its source matrix: k1 * k2 * s."""
        return (
            self.n_primary_source_symbols * self.n_secondary_source_symbols * self.symbol_size(size)
        )

    def sliver_size(self, axis: Axis | str, size: int) -> int:
        """Bytes of one sliver of a blob of `size` bytes: k2 * s if primary, k1 * s if secondary."""
        return self.n_sliver_symbols(axis) * self.symbol_size(size)

    def encoded_size(self, size: int) -> int:
        """What storage is paid for: n * ((k1 + k2) * s + n * 64 + 32), metadata on each shard."""
        metadata_size = self.n_shards * 2 * DIGEST_SIZE + DIGEST_SIZE
        n_pair_symbols = self.n_primary_source_symbols + self.n_secondary_source_symbols
        return self.n_shards * (n_pair_symbols * self.symbol_size(size) + metadata_size)
