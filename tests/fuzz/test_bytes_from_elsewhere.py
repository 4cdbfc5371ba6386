"""Bytes that claim to be a sliver, metadata, a symbol, a proof: parsed to a value that gives
exactly these bytes again, or refused. Nothing is allocated on the word of a length field.
"""

import random
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest

import walrus_core as wc

ROUNDS = [
    pytest.param(2_000, id="short", marks=pytest.mark.sanitize),
    pytest.param(100_000, id="long", marks=pytest.mark.slow),
]
ENCODED = wc.encode(random.Random(3).randbytes(1500), n_shards=7)
HUGE_LENGTHS = [b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x80\x80\x20", b"\xff" * 10, b"\x80\x80\x01"]

# Name -> valid bytes, and bytes -> value -> bytes.
Parser = Callable[[bytes], bytes]
KINDS: dict[str, tuple[bytes, Parser]] = {
    "sliver": (
        ENCODED.primary(3).to_bcs(),
        lambda data: wc.Sliver.from_bcs("primary", data).to_bcs(),
    ),
    "metadata": (
        ENCODED.metadata.to_bcs_with_id(),
        lambda data: wc.UnverifiedMetadata.from_bcs_with_id(data).to_bcs_with_id(),
    ),
    "symbol": (
        wc.recovery_symbol(ENCODED.secondary(2), 5, n_shards=7).to_bcs(),
        lambda data: wc.RecoverySymbol.from_bcs("primary", data).to_bcs(),
    ),
    "proof": (
        wc.InconsistencyProof(
            "secondary",
            1,
            [wc.recovery_symbol(ENCODED.primary(pair), 5, n_shards=7) for pair in range(3)],
        ).to_bcs(),
        lambda data: wc.InconsistencyProof.from_bcs("secondary", data).to_bcs(),
    ),
    "blob ID": (
        str(ENCODED.metadata.blob_id).encode(),
        lambda data: str(wc.BlobId.from_str(data.decode("latin-1"))).encode("latin-1"),
    ),
}


def mutated(content: bytes, dice: random.Random) -> bytes:
    """One to three changes: flipped bits, cut or repeated pieces, foreign bytes, absurd lengths."""
    data = bytearray(content)
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(data) + 1)
        change = dice.randrange(6)
        if change == 0 and place < len(data):
            data[place] ^= 1 << dice.randrange(8)
        elif change == 1:
            del data[place:]
        elif change == 2:
            del data[place : place + dice.randint(1, 8)]
        elif change == 3:
            data[place:place] = dice.randbytes(dice.randint(1, 8))
        elif change == 4:
            data[place:place] = data[: dice.randint(0, 40)]
        else:
            length = dice.choice(HUGE_LENGTHS)
            data[place : place + len(length)] = length
    return bytes(data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_canonical_or_refused(kind: str, rounds: int) -> None:
    valid, parse = KINDS[kind]
    assert parse(valid) == valid
    for seed in range(rounds):
        data = mutated(valid, random.Random(seed))
        with suppress(wc.InvalidEncodingError):
            assert parse(data) == data


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation_is_refused(kind: str) -> None:
    valid, parse = KINDS[kind]
    for size in range(len(valid)):
        with pytest.raises(wc.InvalidEncodingError):
            parse(valid[:size])
    with pytest.raises(wc.InvalidEncodingError):
        parse(valid + b"\x00")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "blob ID"])
def test_announced_lengths_allocate_nothing(kind: str) -> None:
    """Each place in turn announces up to 2**40 bytes."""
    valid, parse = KINDS[kind]
    tracemalloc.start()
    try:
        for place in range(len(valid)):
            for length in HUGE_LENGTHS:
                with suppress(wc.InvalidEncodingError):
                    parse(valid[:place] + length + valid[place + 1 :])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
