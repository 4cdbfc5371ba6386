"""How many bytes a blob becomes, and the id that its content gives it (contract.md, sections 13 and
15), as the contract computes them: in its integer widths.
"""

from __future__ import annotations

import hashlib

from walrus_core.localnet.ledger.integers import ceil_div, u16, u64
from walrus_core.protocol.aborts import abort

__all__ = [
    "RS2",
    "STORAGE_UNIT",
    "derive_blob_id",
    "encoded_length",
    "storage_units",
    "symbol_size",
]

RS2 = 1
"""The one encoding type in use."""

STORAGE_UNIT = 1_048_576
"""Prices are per MiB of encoded size, begun ones included."""

HASH_SIZE = 32
METADATA_HASHES = 2  # each shard's metadata holds the roots of a primary and a secondary sliver


def storage_units(size: int) -> int:
    """What is paid for, of `size` encoded bytes."""
    return ceil_div(size, STORAGE_UNIT)


def symbol_size(size: int, n_shards: int) -> int:
    """Bytes of a symbol of a blob of `size` bytes: even, and a u16."""
    primary, secondary = _source_symbols(n_shards)
    smallest = u16((max(size, 1) - 1) // (primary * secondary) + 1)
    return u16(smallest + smallest % 2)


def encoded_length(size: int, n_shards: int, encoding_type: int = RS2) -> int:
    """Bytes that a blob of `size` bytes takes on all shards together, metadata included."""
    if encoding_type != RS2:
        raise abort("encoding", "EInvalidEncodingType")
    primary, secondary = _source_symbols(n_shards)
    slivers = (primary + secondary) * symbol_size(size, n_shards)
    metadata = METADATA_HASHES * HASH_SIZE * n_shards + HASH_SIZE
    return u64(n_shards * (slivers + metadata))


def _source_symbols(n_shards: int) -> tuple[int, int]:
    """(primary, secondary) for the most faulty shards that n can bear; none in epoch 0."""
    faulty = u16(n_shards - 1) // 3
    return n_shards - 2 * faulty, n_shards - faulty


def derive_blob_id(root_hash: int, encoding_type: int, size: int) -> int:
    """The blob id as u256: Blake2b-256 of BCS(type u8, size u64, root hash u256)."""
    source = bytes([encoding_type]) + size.to_bytes(8, "little") + root_hash.to_bytes(32, "little")
    return int.from_bytes(hashlib.blake2b(source, digest_size=32).digest(), "little")
