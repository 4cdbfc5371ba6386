"""The counts behind the bound, against brute force: trees and loops written out."""

import random
from collections.abc import Iterator

import pytest

import walrus_core as wc
from walrus_core.cli.bench_bound import Rates, Work, code_butterflies, stripes
from walrus_core.types import Axis


def butterflies_of(size: int, count: int) -> int:
    """The loops of chapter 1.3, counting."""
    done, distance = 0, 1
    while distance < size:
        for start in range(0, count, 2 * distance):
            for _position in range(start, start + distance):
                done += 1
        distance *= 2
    return done


# (k, n): butterflies by the recipes of chapter 1.3; c is the chunk.
RECIPES = {
    (334, 1000): butterflies_of(512, 334) + butterflies_of(512, 512) + butterflies_of(512, 154),
    (667, 1000): butterflies_of(512, 512) + butterflies_of(512, 155) + butterflies_of(512, 333),
    (4, 10): butterflies_of(4, 4) + butterflies_of(4, 4) + butterflies_of(4, 2),  # LOW, c = 4
    (7, 10): butterflies_of(4, 4) + butterflies_of(4, 3) + butterflies_of(4, 3),  # HIGH, c = 4
    (2, 4): butterflies_of(2, 2) + butterflies_of(2, 2),  # HIGH, c = 2
    (3, 4): 0,  # HIGH, c = 1: the repair symbol is the sum
    (3, 5): butterflies_of(2, 2) + butterflies_of(2, 1) + butterflies_of(2, 2),  # HIGH, c = 2
    (5, 8): butterflies_of(4, 4) + butterflies_of(4, 1) + butterflies_of(4, 3),  # HIGH, c = 4
}


@pytest.mark.parametrize(("n_source", "n_symbols"), RECIPES)
def test_butterflies(n_source: int, n_symbols: int) -> None:
    assert code_butterflies(n_source, n_symbols) == RECIPES[n_source, n_symbols]


@pytest.mark.parametrize(
    ("n_codes", "symbol_size", "expected"),
    [(64, 2, 1), (65, 2, 2), (1000, 6, 48), (3, 64, 2), (3, 66, 3), (3, 128, 3), (3, 130, 6)],
)
def test_stripes(n_codes: int, symbol_size: int, expected: int) -> None:
    assert stripes(n_codes, symbol_size) == expected


def symbols_of(encoded: wc.EncodedBlob, n_shards: int) -> list[list[bytes]]:
    """The expanded matrix: each row is what its primary sliver extends to."""
    size = encoded.metadata.symbol_size
    rows = []
    for pair in range(n_shards):
        expanded = wc.recovery_symbols(encoded.primary(pair), n_shards).expanded
        rows.append([expanded[at : at + size] for at in range(0, len(expanded), size)])
    return rows


def nodes_above(leaves: list[bool]) -> Iterator[bool]:
    """Of each inner node of a tree, whether any of its leaves is true."""
    while len(leaves) > 1:
        leaves = [any(leaves[i : i + 2]) for i in range(0, len(leaves), 2)]
        yield from leaves


BLOBS = {
    "nothing": b"",
    "zeros": bytes(700),
    "one byte": b"\x01",
    "the first row": random.Random(1).randbytes(90),
    "a last symbol": bytes(680) + b"end",
    "holes": b"".join(random.Random(2).choice([bytes(26), b"x" * 26]) for _ in range(28)),
    "everything": random.Random(3).randbytes(700),
    "large symbols": random.Random(4).randbytes(8000),
}


@pytest.mark.parametrize("n_shards", [4, 7, 10, 13])
@pytest.mark.parametrize("blob", BLOBS.values(), ids=BLOBS)
def test_compressions(blob: bytes, n_shards: int) -> None:
    encoded = wc.encode(blob, n_shards)
    size = encoded.metadata.symbol_size
    rows = [[any(symbol) for symbol in row] for row in symbols_of(encoded, n_shards)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    own = n_shards + len(list(nodes_above([True] * n_shards)))  # the tree over the pairs
    work = Work.of(blob, n_shards)
    assert work.symbol_size == size
    assert work.parents == own + sum(sum(nodes_above(leaves)) for leaves in rows + columns)
    blocks = 0 if size == 2 else len(range(0, 1 + size, 128))
    assert work.leaves == blocks * sum(map(sum, rows))


def test_the_whole_of_an_encode() -> None:
    blob, n_shards = random.Random(5).randbytes(30_000), 31
    config = wc.EncodingConfig(n_shards)
    n_rows = config.n_slivers_needed(Axis.PRIMARY)
    rows = code_butterflies(config.n_slivers_needed(Axis.SECONDARY), n_shards)
    columns = code_butterflies(n_rows, n_shards)
    work = Work.of(blob, n_shards)
    assert config.symbol_size(len(blob)) == 130  # two stripes, two compressions
    assert work.butterflies == 2 * n_rows * rows + 2 * n_shards * columns
    assert work.leaves == 2 * n_shards**2
    assert work.seconds(Rates(1, 0, 0)) == work.leaves
    assert work.seconds(Rates(0, 1, 0)) == work.parents
    assert work.seconds(Rates(0, 0, 1)) == work.butterflies


def test_rates(engine: str) -> None:
    assert engine
    for symbol_size in (2, 130, 65_534):
        rates = Rates.measured(symbol_size)
        assert min(rates.leaf, rates.parent, rates.butterfly) > 0
        assert max(rates.leaf, rates.parent, rates.butterfly) < 1e-3
