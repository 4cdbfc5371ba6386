"""Ranges: the same bytes as the slice, from little more than the slivers they lie in."""

import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from services.reader.network import Fault, Network
from simulation.loop import run

from walrus_core.errors import InvalidRangeError
from walrus_core.services.reader import ReadOptions, ReadOutcome

BLOB = bytes(i * 7 % 251 for i in range(5000))
NETWORK = Network(BLOB, b"")
ROW = NETWORK.blobs[NETWORK.blob_id].primary(0).data.nbytes


def read(network: Network, start: int, end: int | None, **options: int) -> bytes:
    return run(network.reader(**options).read(network.blob_id, start, end)).content


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 0),
        (len(BLOB) - 1, len(BLOB) - 1),
        (0, len(BLOB) - 1),
        (1, None),
        (0, ROW - 1),
        (ROW - 1, ROW),
        (ROW, 2 * ROW - 1),
        (ROW + 5, 3 * ROW),
        (3 * ROW, None),
    ],
)
def test_edges(start: int, end: int | None) -> None:
    stop = len(BLOB) if end is None else end + 1
    assert read(NETWORK, start, end) == BLOB[start:stop]


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, len(BLOB)), (len(BLOB), None), (-1, 3), (3, 2), (len(BLOB) + 7, len(BLOB) + 9), (1, -1)],
)
def test_what_is_not_in_the_blob(start: int, end: int | None) -> None:
    with pytest.raises(InvalidRangeError):
        read(NETWORK, start, end)


def test_the_empty_blob_has_no_ranges() -> None:
    reader = NETWORK.reader()
    assert run(reader.read(NETWORK.ids[1])).content == b""
    with pytest.raises(InvalidRangeError):
        run(reader.read(NETWORK.ids[1], 0, 0))


@given(
    size=st.integers(1, 700),
    ends=st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True)),
    fault=st.sampled_from(list(Fault)),
    window=st.integers(1, 400),
    seed=st.integers(0, 100),
)
def test_any_range_is_the_slice(
    size: int, ends: tuple[float, float], fault: Fault, window: int, seed: int
) -> None:
    blob = BLOB[:size]
    start, end = sorted(int(size * end) for end in ends)
    network = Network(blob)
    network.break_shards(fault, seed=seed)
    assert read(network, start, end, seed=seed, window=window) == blob[start : end + 1]


LARGE = bytes(i * 31 % 251 for i in range(200_000))


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.HANGS, Fault.OTHER_SLIVER, Fault.NO_SLIVERS])
def test_a_missing_sliver_is_recovered_from_symbols(fault: Fault) -> None:
    """With symbols this large it moves little more than the sliver has."""
    network = Network(LARGE)
    network.holder(1).fault = fault
    row = network.blobs[network.blob_id].primary(1).data.nbytes
    outcome = run(network.reader().read(network.blob_id, row + 5, row + 104))
    assert outcome.content == LARGE[row + 5 : row + 105]
    assert (outcome.recovered, outcome.was_decoded) == (1, False)
    wrong = row if fault is Fault.OTHER_SLIVER else 0
    assert row < outcome.received - wrong < 1.2 * row + 3 * 800


def test_when_symbols_are_dearer_the_blob_is_read() -> None:
    """Paths are larger than the symbols of a small blob."""
    network = Network(b"small")
    network.holder(0).fault = Fault.DOWN
    outcome = run(network.reader().read(network.blob_id, 0, 3))
    assert outcome.content == b"smal"
    assert (outcome.recovered, outcome.was_decoded) == (0, True)


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.HANGS])
def test_too_few_for_symbols_but_enough_for_the_blob(fault: Fault) -> None:
    """A row takes symbols of seven shards, the blob slivers of four; nobody waits for symbols of
    those who hang.
    """
    network = Network(LARGE)
    network.holder(0).fault = fault
    for node in network.in_order:
        alive = sum(n.member.weight for n in network.in_order if n.fault is Fault.NONE)
        if alive - node.member.weight >= 4:
            node.fault = fault
    assert sum(n.member.weight for n in network.in_order if n.fault is Fault.NONE) < 7

    async def timed() -> tuple[ReadOutcome, float]:
        clock = asyncio.get_running_loop().time
        begun = clock()
        return await network.reader().read(network.blob_id, 0, 9), clock() - begun

    outcome, seconds = run(timed())
    assert (outcome.content, outcome.was_decoded) == (LARGE[:10], True)
    assert seconds < ReadOptions().node_timeout


def test_who_is_merely_slow_still_helps_when_nobody_else_can() -> None:
    network = Network(LARGE)
    for node in network.in_order:
        node.fault = Fault.NO_SLIVERS
    slow = network.holder(0)
    slow.fault, slow.delay = Fault.NONE, 5.0
    assert run(network.reader().read(network.blob_id, 0, 9)).content == LARGE[:10]


def test_a_strict_range_checks_the_whole_blob() -> None:
    outcome = run(NETWORK.reader().read(NETWORK.blob_id, 3, 5, check="strict"))
    assert (outcome.content, outcome.was_decoded) == (BLOB[3:6], True)
    assert outcome.received > len(BLOB)


def test_a_range_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "range"
    run(NETWORK.reader(window=1).read_to_file(NETWORK.blob_id, path, ROW - 7, 2 * ROW))
    assert path.read_bytes() == BLOB[ROW - 7 : 2 * ROW + 1]


@pytest.mark.slow
def test_a_mebibyte_of_256_of_a_thousand_shards() -> None:
    """The figure of issue 7, at the worst place: over three slivers."""
    chance = random.Random(7)
    blob = b"".join(chance.randbytes(1 << 20) for _ in range(256))
    network = Network(blob, weights=[50] * 20)
    row = network.blobs[network.blob_id].primary(0).data.nbytes
    start = 100 * row - 1
    outcome = run(network.reader().read(network.blob_id, start, start + (1 << 20) - 1))
    assert outcome.content == blob[start : start + (1 << 20)]
    print(f"{outcome.received:,} bytes for {outcome.size:,}")
    assert outcome.received < 3 << 20
