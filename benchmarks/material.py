"""What the contests work on, made once for each size of blob."""

import hashlib
import random
from functools import lru_cache

import pysui_fastcrypto as rival

import walrus_core as wc

N_SHARDS = 1000
CONFIG = wc.EncodingConfig(n_shards=N_SHARDS)


@lru_cache(maxsize=1)
def blob(size: int) -> bytes:
    """Bytes that no shortcut for zeros or repetition applies to."""
    return hashlib.shake_128(b"benchmark").digest(size)


@lru_cache(maxsize=1)
def encoded(size: int) -> wc.EncodedBlob:
    """The blob's slivers."""
    return wc.encode(blob(size), n_shards=N_SHARDS)


@lru_cache(maxsize=1)
def verified(size: int) -> list[wc.VerifiedSliver]:
    """334 random primary slivers: as many as decoding needs."""
    whole = encoded(size)
    pairs = random.Random(size).sample(range(N_SHARDS), CONFIG.n_slivers_needed("primary"))
    return [wc.verify_sliver(whole.metadata, whole.primary(pair)) for pair in pairs]


@lru_cache(maxsize=1)
def received(size: int) -> list[bytes]:
    """The same as nodes send them."""
    return [sliver.to_bcs() for sliver in verified(size)]


@lru_cache(maxsize=1)
def rivals_metadata(size: int) -> object:
    """The metadata, as the rival's verified ones."""
    return rival.redstuff_verify_metadata(encoded(size).metadata.to_bcs_with_id(), N_SHARDS)


def recovery_symbols_for(size: int, target: int) -> list[wc.RecoverySymbol]:
    """What 667 random secondary slivers contribute to one primary sliver."""
    whole = encoded(size)
    pairs = random.Random(size).sample(range(N_SHARDS), CONFIG.n_sliver_symbols("primary"))
    return [wc.recovery_symbol(whole.secondary(pair), target, N_SHARDS) for pair in pairs]


def symbol_size(size: int) -> int:
    """Of a blob of this size: 2, 6, 152 and 1206 bytes at the sizes that are measured."""
    return CONFIG.symbol_size(size)


def symbols(size: int, count: int) -> list[bytes]:
    """That many symbols of a blob's symbol size, at random."""
    generator = random.Random(size)
    return [generator.randbytes(symbol_size(size)) for _ in range(count)]
