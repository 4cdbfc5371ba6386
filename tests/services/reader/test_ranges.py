"""Ranges: the same bytes as the slice, from little more than the slivers they lie in."""

import pytest
from hypothesis import given, strategies as st
from services.reader.network import Fault, Network
from simulation.loop import run

from walrus_core.errors import InvalidRangeError

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
