"""The layers under an encode, each alone: hashing, transforms, the one-dimensional code.

Sizes are again those of blobs: a layer works on symbols as such a blob has them. The rivals are
`hashlib`, one message at a time, for Blake2b, and `reed-solomon-leopard` for the code.
"""

import random
from collections.abc import Sequence
from hashlib import blake2b

from harness import KIB, OURS, Contender, Contest, Run
from material import CONFIG, N_SHARDS, symbol_size, symbols

from walrus_core import kernel

HASHLIB, LEOPARD = "hashlib", "reed-solomon-leopard"
LANES = 8
N_SOURCE = CONFIG.n_primary_source_symbols
N_REPAIR = N_SHARDS - N_SOURCE
TRANSFORMS = 100


def leaves(size: int) -> Run:
    """A thousand leaves, on data in the nearest cache."""
    measured = symbol_size(size)
    return lambda: kernel.run_bare("leaves", N_SHARDS // LANES, measured)


def parents(_size: int) -> Run:
    """A thousand inner nodes."""
    return lambda: kernel.run_bare("parents", N_SHARDS // LANES)


def tree(size: int) -> Run:
    """The whole tree over a thousand symbols."""
    content, measured = b"".join(symbols(size, N_SHARDS)), symbol_size(size)
    return lambda: kernel.merkle_tree(content, measured)


def transforms(_size: int) -> Run:
    """An IFFT and an FFT of 512 positions of 128 bytes, many times."""
    return lambda: kernel.run_bare("transforms", TRANSFORMS)


def digests(messages: Sequence[bytes]) -> list[bytes]:
    return [blake2b(message, digest_size=32).digest() for message in messages]


def hashlib_leaves(size: int) -> Run:
    messages = [b"\0" + symbol for symbol in symbols(size, N_SHARDS)]
    return lambda: digests(messages)


def hashlib_parents(_size: int) -> Run:
    messages = [b"\1" + bytes(64)] * N_SHARDS
    return lambda: digests(messages)


def hashlib_tree(size: int) -> Run:
    content = symbols(size, N_SHARDS)

    def root() -> bytes:
        level = digests([b"\0" + symbol for symbol in content])
        while len(level) > 1:
            level += [bytes(32)] * (len(level) % 2)
            pairs = zip(level[::2], level[1::2], strict=True)
            level = digests([b"\1" + left + right for left, right in pairs])
        return level[0]

    return root


def extend(size: int) -> Run:
    """One column: 334 source symbols to 666 repair symbols."""
    source, measured = b"".join(symbols(size, N_SOURCE)), symbol_size(size)
    repair = bytearray(N_REPAIR * measured)
    return lambda: kernel.extend(source, N_SHARDS, measured, repair)


def leopard_extend(size: int) -> Run:
    import reed_solomon_leopard as leopard

    source = symbols(size, N_SOURCE)
    return lambda: leopard.encode(source, N_REPAIR)


def one_code_word(size: int) -> dict[int, bytes]:
    """334 random symbols of a code word, by index."""
    source, measured = symbols(size, N_SOURCE), symbol_size(size)
    repair = bytearray(N_REPAIR * measured)
    kernel.extend(b"".join(source), N_SHARDS, measured, repair)
    starts = range(0, len(repair), measured)
    whole = source + [bytes(repair[start : start + measured]) for start in starts]
    return {i: whole[i] for i in random.Random(size).sample(range(N_SHARDS), N_SOURCE)}


def decode(size: int) -> Run:
    """The source symbols of a column from any 334 symbols."""
    received, measured = one_code_word(size), symbol_size(size)
    some, indices = list(received.values()), list(received)
    source = bytearray(N_SOURCE * measured)
    return lambda: kernel.decode_symbols(some, indices, N_SOURCE, N_SHARDS, measured, source)


def leopard_decode(size: int) -> Run:
    import reed_solomon_leopard as leopard

    received = one_code_word(size)
    source = {i: symbol for i, symbol in received.items() if i < N_SOURCE}
    repair = {i - N_SOURCE: symbol for i, symbol in received.items() if i >= N_SOURCE}
    return lambda: leopard.decode(N_SOURCE, N_REPAIR, source, repair)


LAYERS: dict[str, Contest] = {
    "hash_leaves": Contest(
        "1000 leaves", (Contender(OURS, leaves), Contender(HASHLIB, hashlib_leaves))
    ),
    "hash_parents": Contest(
        "1000 inner nodes",
        (Contender(OURS, parents), Contender(HASHLIB, hashlib_parents)),
        sizes=(KIB,),
    ),
    "hash_tree": Contest(
        "a tree over 1000 symbols", (Contender(OURS, tree), Contender(HASHLIB, hashlib_tree))
    ),
    "code_extend": Contest(
        "extend one column", (Contender(OURS, extend), Contender(LEOPARD, leopard_extend))
    ),
    "code_decode": Contest(
        "decode one column", (Contender(OURS, decode), Contender(LEOPARD, leopard_decode))
    ),
    "transforms": Contest(
        f"{TRANSFORMS} IFFTs and FFTs of 512 positions, by engine",
        tuple(Contender(name, transforms, engine=name) for name in kernel.available_engines()),
        sizes=(KIB,),
    ),
}
