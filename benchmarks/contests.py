"""What is compared: ways of doing one operation on one size of blob, inputs prepared off the clock.

All at 1000 shards, the size of the network. The rival, pysui-fastcrypto, wraps the official Rust
encoder; where it has no such operation, a contest has one contender, or ours compete.
"""

import pysui_fastcrypto as rival
from bound import BOUND
from harness import KIB, OURS, RIVAL, Contender, Contest, Run
from layers import LAYERS
from material import (
    N_SHARDS,
    blob,
    encoded,
    received,
    recovery_symbols_for,
    rivals_metadata,
    verified,
)
from processes import PROCESSES

import walrus_core as wc
from walrus_core import kernel

BEST, *OTHERS = kernel.available_engines()
MANY = 20  # blobs in one call


def encode(size: int, threads: int = 1) -> Run:
    """A blob to all its slivers and metadata."""
    data = blob(size)
    return lambda: wc.encode(data, n_shards=N_SHARDS, threads=threads)


def rival_encode(size: int) -> Run:
    data = blob(size)
    return lambda: rival.redstuff_encode(data, N_SHARDS)


def encode_many(size: int) -> Run:
    """As many CPUs as there are, for all blobs together."""
    blobs = [blob(size)] * MANY
    return lambda: list(wc.encode_many(blobs, n_shards=N_SHARDS))


def encode_each(size: int) -> Run:
    """As many CPUs as there are, for one blob after the other."""
    blobs = [blob(size)] * MANY
    return lambda: [wc.encode(data, n_shards=N_SHARDS) for data in blobs]


def blob_id(size: int) -> Run:
    """Blob ID and hashes only, without slivers."""
    data = blob(size)
    return lambda: wc.compute_metadata(data, n_shards=N_SHARDS, threads=1)


def decode_trusted(size: int) -> Run:
    """Slivers that were verified before; the result is not checked."""
    metadata, slivers = encoded(size).metadata, verified(size)
    return lambda: wc.decode(metadata, slivers, check="skip", threads=1)


def rival_decode_trusted(size: int) -> Run:
    raw = received(size)
    return lambda: rival.redstuff_decode(raw, size, N_SHARDS, "primary")


def decode_checked(size: int) -> Run:
    """From bytes as nodes send them to a blob that is proven right, each library in its own default
    way: ours authenticates every sliver and every row that was missing.
    """
    metadata, raw = encoded(size).metadata, received(size)

    def decode() -> bytes:
        slivers = [wc.Sliver.from_bcs("primary", data) for data in raw]
        return wc.decode(metadata, slivers, threads=1)

    return decode


def rival_decode_checked(size: int) -> Run:
    """It encodes the result again."""
    metadata, raw = rivals_metadata(size), received(size)
    return lambda: rival.redstuff_decode_and_verify(raw, metadata, "primary")


def verify_sliver(size: int) -> Run:
    """One primary sliver, from its bytes, against the metadata."""
    metadata, raw = encoded(size).metadata, received(size)[0]
    return lambda: wc.verify_sliver(metadata, wc.Sliver.from_bcs("primary", raw))


def rival_verify_sliver(size: int) -> Run:
    metadata, raw = rivals_metadata(size), received(size)[0]
    return lambda: rival.redstuff_verify_sliver(raw, metadata, "primary")


def one_symbol(size: int) -> Run:
    """One recovery symbol, with its proof, of a secondary sliver."""
    sliver = encoded(size).secondary(7)
    return lambda: wc.recovery_symbol(sliver, 17, n_shards=N_SHARDS)


def all_symbols(size: int) -> Run:
    """All that it has to give: they are cut out, when asked for, of one tree."""
    sliver = encoded(size).secondary(7)
    return lambda: wc.recovery_symbols(sliver, n_shards=N_SHARDS)


def recover_sliver(size: int) -> Run:
    """One primary sliver from 667 recovery symbols, each checked against the metadata."""
    metadata, symbols = encoded(size).metadata, recovery_symbols_for(size, target=17)
    return lambda: wc.recover_sliver(metadata, "primary", 17, symbols)


CONTESTS: dict[str, Contest] = {
    "encode": Contest("encode", (Contender(OURS, encode), Contender(RIVAL, rival_encode))),
    "decode_trusted": Contest(
        "decode 334 random primary slivers, unchecked",
        (Contender(OURS, decode_trusted), Contender(RIVAL, rival_decode_trusted)),
    ),
    "decode_checked": Contest(
        "the same from untrusted bytes, result proven",
        (Contender(OURS, decode_checked), Contender(RIVAL, rival_decode_checked)),
    ),
    "verify_sliver": Contest(
        "verify one primary sliver",
        (Contender(OURS, verify_sliver), Contender(RIVAL, rival_verify_sliver)),
    ),
    "bound": BOUND,
    "encode_by_engine": Contest(
        "encode, one thread, by engine",
        (
            *(Contender(name, encode, engine=name) for name in [BEST, *OTHERS]),
            Contender(RIVAL, rival_encode),
        ),
    ),
    "encode_by_threads": Contest(
        "encode, by threads",
        (
            Contender("2 threads", lambda size: encode(size, threads=2), cpus=2),
            Contender("1 thread", encode),
        ),
    ),
    "blob_id": Contest("blob ID and hashes only", (Contender(OURS, blob_id),)),
    "recovery_symbols": Contest(
        "recovery symbols of one sliver, with proofs",
        (Contender("one", one_symbol), Contender("all 1000", all_symbols)),
    ),
    "recover_sliver": Contest(
        "rebuild a primary sliver from 667 symbols, each verified",
        (Contender(OURS, recover_sliver),),
    ),
    **LAYERS,
    **PROCESSES,
}

if hasattr(wc, "encode_many"):
    CONTESTS["encode_many"] = Contest(
        f"encode {MANY} blobs, two CPUs",
        (
            Contender("in one call", encode_many, cpus=2),
            Contender("one after the other", encode_each, cpus=2),
        ),
        sizes=(KIB, 10 * KIB, 100 * KIB),
    )
