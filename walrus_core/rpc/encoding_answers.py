"""Answers of the encoding service as bytes on the wire, written by hand.

An answer of 1 MiB would be copied four times on its way through protobuf's classes, and two
thousand small slivers would each be an object there; here both are laid out once. What it means is
what encoding.proto says: any protobuf library reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from walrus_core import kernel
from walrus_core.codec.bcs import uleb128
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.rpc.chunks import crc32c
from walrus_core.rpc.sliver_wire import PAIR, PIECE, head_of_piece
from walrus_core.rpc.streams import MAX_DATA, MAX_ITEMS
from walrus_core.rpc.v1 import encoding_pb2 as pb
from walrus_core.types import Axis, sliver_to_pair

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.codec.memory import ByteArray

__all__ = ["SliverPacker", "chunk_answer", "description"]

# Tags: the field's number, times eight, and 0 for a varint, 2 for bytes, 5 for four bytes.
PART = b"\x0a"  # EncodeResponse.slivers, RecoverResponse.slivers, DecodeResponse.chunk
BATCH_CRC = b"\x15"
CHUNK_OFFSET, CHUNK_DATA, CHUNK_CRC = b"\x08", b"\x12", b"\x1d"

CRC_SIZE = 5
"""With its tag."""

START = 4
"""Bytes of the tag and the length with which a batch of 2^14 to 2^21 bytes begins."""

MAX_PIECES = 1024
LARGEST_HEAD = 40
"""Bytes before the data of one piece, at most: the numbers there have 31 bits at most."""

LARGEST_BATCH = START + MAX_DATA + MAX_PIECES * LARGEST_HEAD + CRC_SIZE

SMALL = 64 << 10
"""Bytes of the largest slivers that are laid out many at a time."""


class SliverPacker:
    """Makes `EncodeResponse`s, or the `RecoverResponse` that has the same fields: pieces of slivers
    in batches of at most 1 MiB of data, then the description of the blob.
    """

    def __init__(self, config: EncodingConfig, size: int) -> None:
        self._n_shards = config.n_shards
        self._symbol_size = config.symbol_size(size)
        self._sizes = {axis: config.sliver_size(axis, size) for axis in Axis}
        self._batch = _Batch()

    def piece(
        self, axis: Axis, sliver_index: int, offset: int, data: memoryview
    ) -> Iterator[tuple[bytes, int]]:
        """See `Packer`; what is larger than a message is cut."""
        pair = uleb128(sliver_to_pair(axis, sliver_index, self._n_shards))
        for at in range(0, data.nbytes, MAX_DATA):
            part = data[at : at + MAX_DATA]
            if not self._batch.has_room(part.nbytes):
                yield from self.flush()
            self._batch.add(self._head(axis, pair, offset + at, part.nbytes), part)

    def run(self, axis: Axis, first: int, data: memoryview) -> Iterator[tuple[bytes, int]]:
        """See `Packer`."""
        size = self._sizes[axis]
        count = data.nbytes // size
        if size > SMALL:
            for index in range(count):
                yield from self.piece(axis, first + index, 0, data[index * size :][:size])
            return
        yield from self.flush()
        at_once = min(MAX_DATA // size, MAX_ITEMS)
        done = 0
        while done < count:
            pairs = self._alike(axis, first + done, min(at_once, count - done))
            some = data[done * size : (done + len(pairs)) * size]
            yield self._rows(axis, pairs, some), some.nbytes
            done += len(pairs)

    def flush(self) -> Iterator[tuple[bytes, int]]:
        """What is begun, as a message."""
        if self._batch.n_data:
            yield self._batch.finish(), self._batch.n_data
            self._batch = _Batch()

    def finish(self, metadata: VerifiedMetadata) -> Iterator[tuple[bytes, int]]:
        """See `Packer`."""
        yield from self.flush()
        last = pb.EncodeResponse(blob=description(metadata)).SerializeToString()
        yield last, len(last)

    def _alike(self, axis: Axis, first: int, count: int) -> range:
        """The pairs of at most so many slivers from `first` on, whose numbers are equally long."""
        start = sliver_to_pair(axis, first, self._n_shards)
        step = 1 if axis is Axis.PRIMARY else -1
        pairs = range(start, start + step * count, step)
        length = len(uleb128(pairs[0]))
        if len(uleb128(pairs[-1])) == length:
            return pairs
        return range(start, 1 << 7 * length if step > 0 else (1 << 7 * (length - 1)) - 1, step)

    def _rows(self, axis: Axis, pairs: range, data: memoryview) -> bytes:
        """The message of whole slivers; `data` are all of theirs."""
        size, number = self._sizes[axis], uleb128(pairs[0])
        head = self._head(axis, number, 0, size)
        at = head.index(PAIR + number) + len(PAIR)
        content = len(pairs) * (len(head) + size)
        before = PART + uleb128(content + CRC_SIZE)
        message = kernel.BytesBuffer(len(before) + content + CRC_SIZE)
        view = _array(message)
        view[: len(before)] = _array(before)
        rows = view[len(before) : -CRC_SIZE].reshape(len(pairs), -1)
        rows[:, : len(head)] = _array(head)
        numbers = np.arange(pairs.start, pairs.stop, pairs.step)
        for i in range(len(number)):
            more = 0x80 if i + 1 < len(number) else 0
            rows[:, at + i] = numbers >> 7 * i & 0x7F | more
        rows[:, len(head) :] = _array(data).reshape(len(pairs), -1)
        view[-CRC_SIZE:] = _array(BATCH_CRC + crc32c(data).to_bytes(4, "little"))
        del rows, view
        return message.finish()

    def _head(self, axis: Axis, pair: bytes, offset: int, size: int) -> bytes:
        """An entry of SliverBatch.pieces up to where its data begin."""
        sizes = size, self._sizes[axis], self._symbol_size
        head = head_of_piece(axis, pair, offset, *sizes)
        return PIECE + uleb128(len(head) + size) + head


class _Batch:
    """Pieces on their way into one message, laid out where they stay."""

    def __init__(self) -> None:
        self.n_data = 0
        self._n_pieces = 0
        self._crc = 0
        self._end = START
        self._message = kernel.BytesBuffer(LARGEST_BATCH)
        self._view = memoryview(self._message)

    def has_room(self, size: int) -> bool:
        return self.n_data + size <= MAX_DATA and self._n_pieces < MAX_PIECES

    def add(self, head: bytes, data: memoryview) -> None:
        at = self._end + len(head)
        self._end = at + data.nbytes
        self._view[at - len(head) : at] = head
        self._view[at : self._end] = data
        self._crc = crc32c(self._view[at : self._end], self._crc)
        self._n_pieces += 1
        self.n_data += data.nbytes

    def finish(self) -> bytes:
        """The message."""
        end = self._end + CRC_SIZE
        self._view[self._end : end] = BATCH_CRC + self._crc.to_bytes(4, "little")
        start = PART + uleb128(end - START)
        if len(start) < START:  # a small one
            return start + bytes(self._view[START:end])
        self._view[:START] = start
        self._view.release()
        return self._message.finish(end)


def chunk_answer(offset: int, *parts: memoryview, tag: bytes = PART) -> tuple[bytes, int]:
    """A DecodeResponse with a chunk of these parts, and how many bytes that has; with the tag of
    another field any message with a chunk, such as BlobService's.
    """
    size = sum(part.nbytes for part in parts)
    head = CHUNK_OFFSET + uleb128(offset) if offset else b""
    head += CHUNK_DATA + uleb128(size)
    start = tag + uleb128(len(head) + size + CRC_SIZE) + head
    message = kernel.BytesBuffer(len(start) + size + CRC_SIZE)
    with memoryview(message) as view:
        view[: len(start)] = start
        at = len(start)
        for part in parts:
            view[at : at + part.nbytes] = part
            at += part.nbytes
        crc = crc32c(view[len(start) : at])
        view[at:] = CHUNK_CRC + crc.to_bytes(4, "little")
    return message.finish(), size


def _array(data: Buffer) -> ByteArray:
    return np.frombuffer(memoryview(data), dtype=np.uint8)


def description(metadata: VerifiedMetadata, *, id_only: bool = False) -> pb.BlobDescription:
    """What was made of a blob; the metadata of 1000 shards are 64 KiB of it."""
    size = metadata.unencoded_length
    return pb.BlobDescription(
        blob_id=metadata.blob_id.digest,
        size=size,
        n_shards=metadata.n_shards,
        symbol_size=metadata.symbol_size,
        root_hash=metadata.root_hash,
        encoded_size=metadata.config.encoded_size(size),
        metadata=None if id_only else metadata.to_bcs_with_id(),
    )
