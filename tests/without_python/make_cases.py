"""Write the cases on which harness.c checks the C kernel, as this machine's engine answers them.

    python tests/without_python/make_cases.py FILE [--few | --all]

First the official encoder's known answers: what is written has their hashes, or this fails. Then
each class of symbol sizes that the kernel tells apart, for small and odd numbers of shards. `--few`
writes one of each class, `--all` adds more shards, and known answers up to 1000 shards and 20 MB.
"""

import argparse
import hashlib
import random
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from known_answers import BUILT_IN, Entry, blob_of, encoding_work, entries

import walrus_core as wc

NAME_BYTES = 40

# Several symbols to a stripe; a stripe and part of one, side by side on the stage; block by block.
PACKED = (2, 4, 6, 8, 10, 30, 32, 42, 44, 62, 64)
SIDE_BY_SIDE = (66, 126, 128, 130, 190, 254, 256, 258, 510, 512, 514, 1022, 1024)
BLOCKS = (1026, 1028, 1152, 2046, 2048, 2050, 3000)

# Shards of those cases: codes of both rates, full and partial groups of eight, one chunk and more.
FEW_SHARDS = (4, 7, 17)
MORE_SHARDS = (8, 31, 64, 100)

# What a known answer may cost (`encoding_work`) to be written.
SHORT, LONG = 60_000, 8_000_000


def record(name: str, encoded: wc.EncodedBlob, n: int) -> bytes:
    """A case of harness.c: header, matrix, hashes, repair rows, columns."""
    config = wc.EncodingConfig(n_shards=n)
    k1, k2 = config.n_primary_source_symbols, config.n_secondary_source_symbols
    s = encoded.metadata.symbol_size
    rows = b"".join(encoded.primary(pair).data for pair in range(n))
    columns = b"".join(encoded.secondary(pair).data for pair in reversed(range(n)))
    matrix, repair = rows[: k1 * k2 * s], rows[k1 * k2 * s :]
    label = name.encode()[: NAME_BYTES - 1].ljust(NAME_BYTES, b"\0")
    hashes = encoded.metadata.sliver_pair_hashes.tobytes()
    return b"".join([label, struct.pack("<4Q", n, k1, k2, s), matrix, hashes, repair, columns])


def check(encoded: wc.EncodedBlob, entry: Entry) -> None:
    """The encoding is the official one, to the last byte of every sliver."""
    assert encoded.metadata.blob_id.hex() == entry["blob_id_hex"]
    for axis, sliver in (("primary", encoded.primary), ("secondary", encoded.secondary)):
        digest = hashlib.sha256()
        for pair in range(entry["n_shards"]):
            digest.update(sliver(pair).to_bcs())
        assert digest.hexdigest() == entry[f"{axis}_slivers_bcs_sha256"]


def known_cases(most_work: float) -> Iterator[bytes]:
    for name, entry in entries("encode.json", [BUILT_IN]).items():
        if encoding_work(entry) <= most_work:
            encoded = wc.encode(blob_of(entry), n_shards=entry["n_shards"])
            check(encoded, entry)
            yield record(name, encoded, entry["n_shards"])


def size_cases(shards: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[bytes]:
    """Random bytes, then two thirds of them zeros: both ways that small symbols are hashed."""
    for n in shards:
        config = wc.EncodingConfig(n_shards=n)
        for s in sizes:
            size = config.n_primary_source_symbols * config.n_secondary_source_symbols * s
            blob = random.Random(s).randbytes(size)
            yield record(f"random, n = {n}", wc.encode(blob, n_shards=n), n)
            if s <= 128:
                sparse = blob[: size // 3].ljust(size, b"\0")
                yield record("two thirds zeros", wc.encode(sparse, n_shards=n), n)


def cases(scope: str | None) -> Iterator[bytes]:
    if scope == "few":
        yield from size_cases((31,), (2, 42, 64, 66, 130, 1024, 1026))
        return
    yield from known_cases(LONG if scope == "all" else SHORT)
    yield from size_cases(FEW_SHARDS, PACKED + SIDE_BY_SIDE + BLOCKS)
    if scope == "all":
        yield from size_cases(MORE_SHARDS, PACKED + SIDE_BY_SIDE + BLOCKS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path)
    scope = parser.add_mutually_exclusive_group()
    for name in ("few", "all"):
        scope.add_argument(f"--{name}", dest="scope", action="store_const", const=name)
    arguments = parser.parse_args()
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    with arguments.file.open("wb") as file:
        file.writelines(cases(arguments.scope))


if __name__ == "__main__":
    main()
