"""Pieces that are written by hand are protobuf's, and what protobuf wrote is read by hand alike."""

import random

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, strategies as st

from walrus_core.codec.bcs import uleb128
from walrus_core.codec.slivers import Sliver
from walrus_core.rpc.sliver_wire import (
    WORTH_READING,
    SliverMessage,
    cut,
    in_answer,
    in_request,
    joined,
    sliver_message,
)
from walrus_core.rpc.streams import MAX_DATA, MAX_ITEMS
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.types import Axis

FIELDS = [field.name for field in pb.SliverPiece.DESCRIPTOR.fields]
NOISE = random.Random(3).randbytes(MAX_DATA)

numbers = st.one_of(
    st.integers(0, 300), st.integers(0, (1 << 31) - 1), st.integers(0, (1 << 32) - 1)
)
pieces = st.builds(
    pb.SliverPiece,
    axis=st.sampled_from([0, 1, 2]),
    sliver_pair_index=numbers,
    offset=st.one_of(numbers, st.integers(0, (1 << 64) - 1)),
    sliver_size=numbers,
    symbol_size=numbers,
    data=st.sampled_from([0, 1, WORTH_READING, 3 * WORTH_READING]).map(lambda size: NOISE[:size]),
)


def as_read(message: pb.GetSliversResponse | SliverMessage) -> list[list[object]]:
    return [
        [bytes(piece.data), *(getattr(piece, name) for name in FIELDS if name != "data")]
        for piece in message.pieces
    ]


@given(st.lists(pieces, max_size=4))
def test_both_read_the_same(some: list[pb.SliverPiece]) -> None:
    data = pb.GetSliversResponse(pieces=some).SerializeToString()
    read = sliver_message(data)
    assert as_read(read) == as_read(pb.GetSliversResponse.FromString(data))
    assert read.ByteSize() == len(data)


@pytest.mark.parametrize("axis", Axis)
@pytest.mark.parametrize("size", [2, 16 << 10, MAX_DATA, MAX_DATA + 2, 3 * MAX_DATA])
@pytest.mark.parametrize("index", [0, 1, 127, 128, 999])
def test_both_write_the_same(axis: Axis, size: int, index: int) -> None:
    sliver = Sliver(axis, index, 2, bytes(size))
    pair = index if axis is Axis.PRIMARY else 999 - index
    expected = [
        pb.SliverPiece(
            axis=pb.AXIS_PRIMARY if axis is Axis.PRIMARY else pb.AXIS_SECONDARY,
            sliver_pair_index=pair,
            offset=offset,
            sliver_size=0 if offset else size,
            symbol_size=0 if offset else 2,
            data=bytes(min(size - offset, MAX_DATA)),
        )
        for offset in range(0, size, MAX_DATA)
    ]
    answer = joined(piece for piece, _ in cut(sliver, 1000, in_answer))
    assert list(pb.GetSliversResponse.FromString(answer).pieces) == expected
    request = joined(piece for piece, _ in cut(sliver, 1000, in_request))
    assert list(pb.PutSliversRequest.FromString(request).pieces) == expected


def test_large_data_are_views_of_the_message() -> None:
    data = pb.GetSliversResponse(pieces=[pb.SliverPiece(data=NOISE)]).SerializeToString()
    read = sliver_message(data)
    assert isinstance(read, SliverMessage)
    assert read.pieces[0].data.obj is data


def entry(content: bytes) -> bytes:
    return b"\x0a" + uleb128(len(content)) + content


LARGE = b"2" + uleb128(len(NOISE)) + NOISE

UNUSUAL = {
    "another field": entry(LARGE) + b"\x10\x01",
    "another field in a piece": entry(LARGE + b"8\x01"),
    "data twice": entry(LARGE + b"2\x01a"),
    "numbers twice": entry(LARGE + b"\x10\x01" * 10),
    "a long number": entry(LARGE + b"\x10\x81\x80\x80\x00"),
    "a number of eleven bytes": entry(LARGE + b"\x10" + b"\x81" * 10 + b"\x00"),
    "a negative axis": entry(LARGE + b"\x08" + b"\xff" * 9 + b"\x01"),
    "cut off": entry(LARGE)[:-1],
    "cut off before the data": entry(LARGE) + b"\x0a",
    "an entry longer than the message": entry(LARGE) + b"\x0a\x05abc",
    "data longer than the entry": entry(LARGE) + entry(b"2\x05abc"),
    "a wrong type": entry(LARGE) + entry(b"\x12\x01a"),
    "a group": entry(LARGE) + b"\x0b\x0c",
    "very many pieces": entry(LARGE) + entry(b"") * (MAX_ITEMS + 1),
    "a number without end": entry(LARGE) + b"\xff" * (4 << 20),
    "nothing": b"",
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_what_is_unusual_is_read_as_protobuf_does(what: str) -> None:
    try:
        expected = as_read(pb.GetSliversResponse.FromString(UNUSUAL[what]))
    except DecodeError:
        with pytest.raises(DecodeError):
            sliver_message(UNUSUAL[what])
    else:
        assert as_read(sliver_message(UNUSUAL[what])) == expected
