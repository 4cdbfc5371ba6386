"""Chunks come in order, without gaps, unharmed, and as many as was said."""

import random
from collections.abc import AsyncIterator, Iterable

import pytest
from rpc.serving import in_loop

from walrus_core.errors import ChecksumError, InvalidArgumentError, WrongOffsetError
from walrus_core.rpc.chunks import content_of, crc32c, cut_chunks
from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.v1 import chunk_pb2 as pb

BLOB = random.Random(1).randbytes(2 * MAX_DATA + 5)


def test_crc_is_castagnoli() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"6789", crc32c(b"12345")) == 0xE3069283


async def arriving(chunks: Iterable[pb.Chunk]) -> AsyncIterator[pb.Chunk]:
    for chunk in chunks:
        yield chunk


async def content(chunks: Iterable[pb.Chunk], size: int, start: int = 0) -> bytes:
    return b"".join([data async for data in content_of(arriving(chunks), size, start)])


@pytest.mark.parametrize("size", [0, 1, MAX_DATA, MAX_DATA + 1, len(BLOB)])
@pytest.mark.parametrize("start", [0, 100])
@in_loop
async def test_what_is_cut_is_put_together(size: int, start: int) -> None:
    chunks = list(cut_chunks(memoryview(BLOB)[:size], start))
    assert len(chunks) == -(-size // MAX_DATA)
    assert await content(chunks, start + size, start) == BLOB[:size]


@in_loop
async def test_lies_are_refused() -> None:
    first, second, third = cut_chunks(memoryview(BLOB))
    size = len(BLOB)
    with pytest.raises(WrongOffsetError) as wrong:
        await content([first, third], size)
    assert (wrong.value.expected, wrong.value.got) == (MAX_DATA, 2 * MAX_DATA)
    for chunks in ([second], [first, first], [pb.Chunk(offset=2**64 - 1, data=b"x")]):
        with pytest.raises(WrongOffsetError):
            await content(chunks, size)
    bad = pb.Chunk(offset=MAX_DATA, data=second.data, crc32c=second.crc32c ^ 1)
    with pytest.raises(ChecksumError) as harmed:
        await content([first, bad], size)
    assert harmed.value.offset == MAX_DATA
    too_long = pb.Chunk(data=BLOB[: MAX_DATA + 1], crc32c=crc32c(BLOB[: MAX_DATA + 1]))
    for chunks in ([first, second], [], [pb.Chunk()], [too_long]):
        with pytest.raises(InvalidArgumentError):
            await content(chunks, size)
    with pytest.raises(InvalidArgumentError, match="only 1,048,575 are left of the 1,048,575"):
        await content([first], MAX_DATA - 1)
    with pytest.raises(InvalidArgumentError, match="the chunk at 0 has 0 bytes; one has 1 to"):
        await content([pb.Chunk()], size)
