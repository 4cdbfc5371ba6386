"""Every size class of the C code, on every engine, against the reference and against itself."""

import random

import numpy as np
import pytest
from kernel.geometry import SHARDS, SYMBOL_SIZES, encode

from walrus_core import kernel
from walrus_core.kernel import reference

pytestmark = [pytest.mark.sanitize, pytest.mark.usefixtures("engine")]

SMALL = [(n, s) for n in (4, 7, 10) for s in SYMBOL_SIZES if n * n * s < 20_000]
PAIRS = [(n, s) for n in SHARDS for s in SYMBOL_SIZES if n * n * s < 1_500_000]


WINDOWS = [(n, s, w) for n, s in PAIRS for w in (1, 3, 8, 64) if w >= 8 or s > 64]


def flat(pair_hashes: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(primary + secondary for primary, secondary in pair_hashes)


def draw(n: int, k: int, at_random: bool) -> list[int]:
    """Choose k of n indices: at random, or those with the fewest source symbols."""
    indices = random.Random(n * k).sample(range(n), k) if at_random else list(range(n - k, n))
    random.Random(k).shuffle(indices)
    return indices


@pytest.mark.parametrize(("n", "s"), SMALL)
def test_encoding_equals_the_reference(n: int, s: int, threads: int) -> None:
    done = encode(n, s, threads)
    expected = reference.encode(done.blob, n)
    for axis in (0, 1):
        for index in range(n):
            assert done.slivers(axis)[index].tobytes() == expected.sliver(axis, index)
    assert done.pair_hashes == flat(expected.pair_hashes)


@pytest.mark.parametrize("s", range(66, 516, 2))
def test_symbols_that_share_windows(s: int) -> None:
    """Which blocks of neighbours fall into one window is another pattern for each size."""
    n = 4
    done = encode(n, s)
    assert done.pair_hashes == flat(reference.encode(done.blob, n).pair_hashes)
    for axis in (0, 1):
        k = done.source_symbols(axis)
        blob = bytearray(done.k1 * done.k2 * s)
        slivers = [sliver.data for sliver in done.slivers(axis)[n - k :]]
        kernel.reconstruct(slivers, range(n - k, n), axis, *done.numbers, blob)
        assert blob[: len(done.blob)] == done.blob


@pytest.mark.parametrize(("n", "s"), PAIRS)
def test_any_slivers_give_the_blob(n: int, s: int, threads: int) -> None:
    done = encode(n, s)
    for axis in (0, 1):
        k = done.source_symbols(axis)
        for indices in (draw(n, k, True), draw(n, k, False), draw(n, min(n, k + 2), True)):
            slivers = [done.slivers(axis)[i].data for i in indices]
            blob = bytearray(done.k1 * done.k2 * s)
            kernel.reconstruct(slivers, indices, axis, *done.numbers, blob, threads)
            assert blob[: len(done.blob)] == done.blob
            assert not any(blob[len(done.blob) :])


@pytest.mark.parametrize(("n", "s"), PAIRS)
def test_slivers_have_their_roots(n: int, s: int, threads: int) -> None:
    done = encode(n, s)
    for axis in (0, 1):
        slivers = [sliver.data for sliver in done.slivers(axis)]
        roots = kernel.sliver_roots(slivers, n, s, threads)
        assert roots == b"".join(done.sliver_root(axis, i) for i in range(n))


@pytest.mark.parametrize(("n", "s"), PAIRS)
def test_a_sliver_expands_to_its_row(n: int, s: int) -> None:
    done = encode(n, s)
    index = n // 2
    symbols, tree = bytearray(n * s), bytearray(32 * kernel.tree_digests(n))
    root = kernel.expand_sliver(done.primary[index].data, n, s, symbols, tree)
    assert root == done.sliver_root(0, index) == tree[-32:]
    repair = bytearray((n - done.k2) * s)
    kernel.extend(done.primary[index].data, n, s, repair)
    assert symbols == done.primary[index].tobytes() + repair
    if index < done.k1:
        column = index * s
        assert symbols == done.secondary[:, column : column + s].tobytes()
    received = random.Random(s).sample(range(n), done.k2)
    source = bytearray(done.k2 * s)
    pieces = [symbols[i * s : (i + 1) * s] for i in received]
    kernel.decode_symbols(pieces, received, done.k2, n, s, source)
    assert source == done.primary[index].tobytes()


@pytest.mark.parametrize(("n", "s", "width"), WINDOWS)
def test_windows_equal_the_whole(n: int, s: int, width: int, threads: int) -> None:
    done = encode(n, s)
    n, k1, k2, s = done.numbers
    extension = np.empty((n - k2, k1 * s), np.uint8)
    encoder = kernel.WindowEncoder(done.blob, n, k1, k2, s, extension.data)
    encoder.extend_rows(threads)
    assert (extension == done.secondary[k2:]).all()
    unit = encoder.columns_per_unit
    width = width if width < 8 else max(unit, width // unit * unit)
    while (first := encoder.columns_done) < n:
        count = min(width, n - first, 8 - first % 8 if width < 8 else n)
        source = max(min(first + count, k2) - first, 0)
        repair = np.empty((n - k1, source * s), np.uint8)
        columns = np.empty((source, k1 * s), np.uint8)
        outputs = (repair.data, columns.data) if source else (None, None)
        encoder.encode_columns(count, *outputs, threads)
        assert (repair == done.primary[k1:, first * s : (first + source) * s]).all()
        assert (columns == done.secondary[first : first + source]).all()
    assert encoder.pair_hashes(threads) == done.pair_hashes


@pytest.mark.parametrize("zeros", ["all", "most", "tail", "one column"])
@pytest.mark.parametrize("s", [2, 4, 30, 130])
def test_zero_regions_are_like_any_other(zeros: str, s: int) -> None:
    """Equal zero nodes are copied rather than hashed: the reference hashes them all."""
    n, k1, k2 = 31, 11, 21
    matrix = np.random.default_rng(s).integers(1, 256, (k1, k2, s), np.uint8)
    if zeros == "all":
        matrix[:] = 0
    elif zeros == "most":
        matrix[:, 1:] = 0
    elif zeros == "tail":
        matrix[2:] = 0
    else:
        matrix[:, 7] = 0
    blob = matrix.tobytes()
    expected = flat(reference.encode(blob, n).pair_hashes)
    assert kernel.encode(blob, n, k1, k2, s, None, None) == expected
