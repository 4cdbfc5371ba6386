"""Pieces of slivers as bytes on the wire, written and read by hand.

A sliver would be copied three times on its way into a message of protobuf's classes, and twice on
its way out; here it is copied once, and what is read are views of the message. What the bytes mean
is what node.proto says: any protobuf library reads and writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from walrus_core.codec.bcs import uleb128
from walrus_core.codec.slivers import Sliver
from walrus_core.rpc.convert import AXES
from walrus_core.rpc.streams import MAX_DATA, MAX_ITEMS
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.types import Axis, BlobId, sliver_to_pair

__all__ = [
    "PAIR",
    "PIECE",
    "Part",
    "Piece",
    "SliverMessage",
    "cut",
    "head_of_piece",
    "in_answer",
    "in_request",
    "in_shard",
    "joined",
    "sliver_message",
]

# Tags: the field's number, times eight, and 0 for a number, 2 for bytes. Numbers are ULEB128.
PIECE = b"\x0a"  # GetSliversResponse.pieces, SyncShardResponse.pieces, SliverBatch.pieces
PIECE_TO_PUT = b"\x1a"  # PutSliversRequest.pieces
BLOB_ID, PIECE_OF_SHARD = b"\x0a", b"\x12"  # the fields of a ShardPiece
AXIS, PAIR, OFFSET, SLIVER_SIZE, SYMBOL_SIZE, DATA = b"\x08", b"\x10", b"\x18", b" ", b"(", b"2"

NUMBERS = {
    tag[0]: place for place, tag in enumerate((AXIS, PAIR, OFFSET, SLIVER_SIZE, SYMBOL_SIZE))
}
"""Where the number with this tag stands in a `Piece`."""

LARGEST_NUMBER = (1 << 31) - 1
"""Larger ones would be cut to their field's width."""

WORTH_READING = 16 << 10
"""Bytes of data from which on views cost less than protobuf's copies."""

Before: TypeAlias = "Callable[[int], bytes]"
"""What stands before a SliverPiece of so many bytes in the message that it goes into."""

Part: TypeAlias = tuple[bytes, memoryview]
"""A piece up to where its data begin, and these."""


# -- writing ----------------------------------------------------------------------------------


def in_answer(size: int) -> bytes:
    """In a GetSliversResponse."""
    return PIECE + uleb128(size)


def in_request(size: int) -> bytes:
    """In a PutSliversRequest."""
    return PIECE_TO_PUT + uleb128(size)


def in_shard(blob_id: BlobId) -> Before:
    """In a SyncShardResponse, of a sliver of this blob."""
    blob = BLOB_ID + uleb128(BlobId.SIZE) + blob_id.digest + PIECE_OF_SHARD

    def before(size: int) -> bytes:
        start = blob + uleb128(size)
        return PIECE + uleb128(len(start) + size) + start

    return before


def cut(sliver: Sliver, n_shards: int, before: Before) -> Iterator[tuple[Part, int]]:
    """The pieces of a sliver in order, for `joined`, each with the bytes of its data; the first one
    says how large the sliver is.
    """
    pair = uleb128(sliver_to_pair(sliver.axis, sliver.index, n_shards))
    size = sliver.data.nbytes
    for offset in range(0, size, MAX_DATA):
        data = sliver.data[offset : offset + MAX_DATA]
        head = head_of_piece(sliver.axis, pair, offset, data.nbytes, size, sliver.symbol_size)
        yield (before(len(head) + data.nbytes) + head, data), data.nbytes


def head_of_piece(
    axis: Axis, pair: bytes, offset: int, size: int, sliver_size: int, symbol_size: int
) -> bytes:
    """A SliverPiece with `size` bytes of data, up to where these begin; `pair` is a number as it
    stands there.
    """
    if offset:
        where = OFFSET + uleb128(offset)
    else:
        where = SLIVER_SIZE + uleb128(sliver_size) + SYMBOL_SIZE + uleb128(symbol_size)
    return b"".join((AXIS, uleb128(AXES[axis]), PAIR, pair, where, DATA, uleb128(size)))


def joined(pieces: Iterable[Part]) -> bytes:
    """The message of these pieces."""
    return b"".join(chain.from_iterable(pieces))


# -- reading ----------------------------------------------------------------------------------


class Piece(NamedTuple):
    """A SliverPiece; its data are a view of the message that it came in."""

    axis: int
    sliver_pair_index: int
    offset: int
    sliver_size: int
    symbol_size: int
    data: memoryview


class SliverMessage(NamedTuple):
    """A GetSliversResponse."""

    pieces: Sequence[Piece]
    size: int

    def ByteSize(self) -> int:  # noqa: N802 - as protobuf's messages say it
        return self.size


def sliver_message(data: bytes) -> SliverMessage | pb.GetSliversResponse:
    """What `GetSliversResponse.FromString` makes of it, with its errors: by hand if there is much
    in a piece, and nothing unusual.
    """
    view = memoryview(data)
    try:
        if _number(view, len(PIECE))[0] >= WORTH_READING:
            return SliverMessage(_pieces(view), len(data))
    except (IndexError, KeyError, ValueError):
        pass
    return pb.GetSliversResponse.FromString(data)


def _pieces(view: memoryview) -> list[Piece]:
    """The entries of the message's only field. IndexError, KeyError or ValueError where there is
    another, or more of anything than a node would send.
    """
    pieces: list[Piece] = []
    at = 0
    while at < len(view):
        if view[at] != PIECE[0] or len(pieces) == MAX_ITEMS:
            raise ValueError(at)
        entry, at = _taken(view, *_number(view, at + 1))
        pieces.append(_piece(entry))
    return pieces


def _piece(view: memoryview) -> Piece:
    numbers, data, at = [0] * len(NUMBERS), view[:0], 0
    for _ in Piece._fields:
        if at == len(view):
            break
        tag = view[at]
        number, at = _number(view, at + 1)
        if tag == DATA[0]:
            data, at = _taken(view, number, at)
        else:
            numbers[NUMBERS[tag]] = number
    if at < len(view):
        raise ValueError(at)
    return Piece._make([*numbers, data])


def _taken(view: memoryview, size: int, at: int) -> tuple[memoryview, int]:
    """So many bytes, and where they end."""
    end = at + size
    if end > len(view):
        raise IndexError(end)
    return view[at:end], end


def _number(view: memoryview, at: int) -> tuple[int, int]:
    """A varint, and where it ends."""
    number = 0
    for shift in range(0, 35, 7):
        byte = view[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80 and number <= LARGEST_NUMBER:
            return number, at
    raise ValueError(number)
