"""A blob's bytes in chunks: checked as they come, made as they go."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator

import google_crc32c
import numpy as np

from walrus_core.errors import ChecksumError, InvalidArgumentError, WrongOffsetError
from walrus_core.rpc.streams import MAX_DATA, closed
from walrus_core.rpc.v1 import chunk_pb2 as pb

__all__ = ["checked_data", "content_of", "crc32c", "cut_chunks"]


def crc32c(data: bytes | memoryview, before: int = 0) -> int:
    """CRC-32C (Castagnoli) of `data`, after bytes whose own is `before`."""
    # The library takes no memoryview, but arrays, which show the same bytes without copying them.
    plain = data if isinstance(data, bytes) else np.frombuffer(data, dtype=np.uint8)
    value: int = google_crc32c.extend(before, plain)
    return value


def checked_data(chunk: pb.Chunk, offset: int, size: int) -> bytes:
    """The data of the chunk that belongs at `offset` of `size` bytes.

    WrongOffsetError, ChecksumError; InvalidArgumentError for one that is empty or too long.
    """
    data = chunk.data  # each access copies it
    if chunk.offset != offset:
        raise WrongOffsetError(offset, chunk.offset)
    if not 0 < len(data) <= MAX_DATA:
        raise InvalidArgumentError(
            f"the chunk at {offset:,} has {len(data):,} bytes; one has 1 to {MAX_DATA:,}"
        )
    if len(data) > size - offset:
        raise InvalidArgumentError(
            f"the chunk at {offset:,} has {len(data):,} bytes, but only {size - offset:,} are left"
            f" of the {size:,} that were announced"
        )
    if (crc := crc32c(data)) != chunk.crc32c:
        raise ChecksumError(offset, chunk.crc32c, crc)
    return data


async def content_of(
    chunks: AsyncIterable[pb.Chunk], size: int, start: int = 0
) -> AsyncIterator[bytes]:
    """The bytes of a blob of `size` bytes from `start` on, each chunk's after it was checked.

    As `checked_data`, and InvalidArgumentError where the chunks end too early.
    """
    offset = start
    async with closed(chunks):
        async for chunk in chunks:
            data = checked_data(chunk, offset, size)
            offset += len(data)
            yield data
    if offset != size:
        raise InvalidArgumentError(f"the chunks end at {offset:,} of {size:,} bytes")


def cut_chunks(content: memoryview, offset: int = 0) -> Iterator[pb.Chunk]:
    """The chunks of bytes that begin at `offset` of a blob."""
    for at in range(0, content.nbytes, MAX_DATA):
        data = bytes(content[at : at + MAX_DATA])
        yield pb.Chunk(offset=offset + at, data=data, crc32c=crc32c(data))
