"""What is compared: for each operation and blob size, the ways of doing it, on inputs prepared off
the clock.

All at 1000 shards, the size of the network. The rival, pysui-fastcrypto, wraps the official Rust
encoder; it has no operation for recovery symbols, so that those contests have one contender.
"""

import random
from collections.abc import Callable
from functools import lru_cache

import pysui_fastcrypto as rival
from harness import OURS, RIVAL, Contender

import walrus_core as wc
from walrus_core import kernel

N_SHARDS = 1000

Contest = Callable[[int], list[Contender]]


@lru_cache(maxsize=1)
def blob(size: int) -> bytes:
    """Bytes that no shortcut for zeros or repetition applies to."""
    return random.Random(size).randbytes(size)


@lru_cache(maxsize=1)
def encoded(size: int) -> wc.EncodedBlob:
    """The blob's slivers, from all CPUs."""
    return wc.encode(blob(size), n_shards=N_SHARDS)


@lru_cache(maxsize=1)
def received(size: int) -> list[int]:
    """The pairs of 334 random primary slivers: as many as decoding needs."""
    needed = wc.EncodingConfig(n_shards=N_SHARDS).n_primary_source_symbols
    return random.Random(size).sample(range(N_SHARDS), needed)


def encode(size: int) -> list[Contender]:
    """A blob to all its slivers and metadata."""
    data = blob(size)
    return [
        Contender(OURS, lambda: wc.encode(data, n_shards=N_SHARDS, threads=1)),
        Contender(RIVAL, lambda: rival.redstuff_encode(data, N_SHARDS)),
    ]


def encode_by_engine(size: int) -> list[Contender]:
    """The same work on every engine of this CPU."""
    data = blob(size)
    return [
        Contender(engine, lambda: wc.encode(data, n_shards=N_SHARDS, threads=1), engine=engine)
        for engine in kernel.available_engines()
    ]


def encode_by_threads(size: int) -> list[Contender]:
    """One thread on one core, two threads on two."""
    data = blob(size)
    return [
        Contender("1 thread", lambda: wc.encode(data, n_shards=N_SHARDS, threads=1)),
        Contender("2 threads", lambda: wc.encode(data, n_shards=N_SHARDS, threads=2), cpus=2),
    ]


def blob_id(size: int) -> list[Contender]:
    """Blob ID and hashes only. The rival can only encode and throw the slivers away."""
    data = blob(size)
    return [
        Contender(OURS, lambda: wc.compute_metadata(data, n_shards=N_SHARDS, threads=1)),
        Contender(RIVAL, lambda: rival.redstuff_encode(data, N_SHARDS)),
    ]


def decode_trusted(size: int) -> list[Contender]:
    """Reconstruction from slivers that were authenticated before; the result is not checked."""
    whole, pairs = encoded(size), received(size)
    metadata = whole.metadata
    verified = [wc.verify_sliver(metadata, whole.primary(pair)) for pair in pairs]
    raw = [sliver.to_bcs() for sliver in verified]
    return [
        Contender(OURS, lambda: wc.decode(metadata, verified, check="skip", threads=1)),
        Contender(RIVAL, lambda: rival.redstuff_decode(raw, size, N_SHARDS, "primary")),
    ]


def decode_checked(size: int) -> list[Contender]:
    """From bytes as a node sends them to a blob that is proven right, each library in its own
    default way.

    Ours authenticates every sliver and the rows that were missing; the rival encodes the result
    again.
    """
    whole, pairs = encoded(size), received(size)
    metadata = whole.metadata
    raw = [whole.primary(pair).to_bcs() for pair in pairs]
    theirs = rival.redstuff_verify_metadata(metadata.to_bcs_with_id(), N_SHARDS)

    def decode() -> bytes:
        slivers = [wc.Sliver.from_bcs("primary", data) for data in raw]
        return wc.decode(metadata, slivers, threads=1)

    return [
        Contender(OURS, decode),
        Contender(RIVAL, lambda: rival.redstuff_decode_and_verify(raw, theirs, "primary")),
    ]


def verify_sliver(size: int) -> list[Contender]:
    """One primary sliver, from its bytes, against the metadata."""
    whole = encoded(size)
    metadata = whole.metadata
    raw = whole.primary(N_SHARDS - 1).to_bcs()
    theirs = rival.redstuff_verify_metadata(metadata.to_bcs_with_id(), N_SHARDS)
    return [
        Contender(OURS, lambda: wc.verify_sliver(metadata, wc.Sliver.from_bcs("primary", raw))),
        Contender(RIVAL, lambda: rival.redstuff_verify_sliver(raw, theirs, "primary")),
    ]


def recovery_symbols(size: int) -> list[Contender]:
    """All 1000 recovery symbols, with their proofs, that one secondary sliver can give."""
    sliver = encoded(size).secondary(7)
    return [Contender(OURS, lambda: wc.recovery_symbols(sliver, n_shards=N_SHARDS))]


def recover_sliver(size: int) -> list[Contender]:
    """One primary sliver from 667 recovery symbols, each checked against the metadata."""
    whole = encoded(size)
    metadata = whole.metadata
    needed = wc.EncodingConfig(n_shards=N_SHARDS).n_secondary_source_symbols
    symbols = [
        wc.recovery_symbol(whole.secondary(pair), 17, n_shards=N_SHARDS)
        for pair in random.Random(size).sample(range(N_SHARDS), needed)
    ]
    return [Contender(OURS, lambda: wc.recover_sliver(metadata, "primary", 17, symbols))]


CONTESTS: dict[str, Contest] = {
    "encode": encode,
    "encode_by_engine": encode_by_engine,
    "encode_by_threads": encode_by_threads,
    "blob_id": blob_id,
    "decode_trusted": decode_trusted,
    "decode_checked": decode_checked,
    "verify_sliver": verify_sliver,
    "recovery_symbols": recovery_symbols,
    "recover_sliver": recover_sliver,
}
