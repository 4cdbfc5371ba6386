"""A blob on its way in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from walrus_core.codec.config import EncodingConfig
from walrus_core.errors import BlobTooLargeError, InvalidArgumentError
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.pool import Lane, Pool
from walrus_core.services.engine.room import room_for
from walrus_core.services.tasks import settled

__all__ = ["Content", "check_size", "lane_for", "lent", "received"]

SMALL_WORK = 2 << 20
"""Padded bytes of the largest blob that is worked on in the small lane."""


@dataclass(frozen=True, slots=True)
class Content:
    """A blob of `size` bytes, which come in `parts`, at least one byte in each."""

    size: int
    parts: AsyncIterator[bytes]


def check_size(config: EncodingConfig, size: int, options: EngineOptions) -> None:
    """BlobTooLargeError for more than can be encoded, or than is accepted here."""
    most = min(config.max_blob_size, options.largest_blob)
    if size > most:
        raise BlobTooLargeError(size, most)
    if (padding := config.padded_size(size) - size) > most:
        raise InvalidArgumentError(
            f"for {config.n_shards} shards {size:,} bytes are padded with {padding:,} > {most:,},"
            " the most that is accepted here"
        )


def lane_for(config: EncodingConfig, size: int, pool: Pool) -> Lane:
    return pool.small if config.padded_size(size) <= SMALL_WORK else pool.large


@asynccontextmanager
async def lent(lane: Lane, memory: int, pool: Pool, disk: int) -> AsyncIterator[None]:
    """So many bytes of buffers and of temporary files. OverloadedError."""
    async with lane.memory.lend(memory), pool.disk.lend(disk):
        yield


@asynccontextmanager
async def received(
    content: Content, pool: Pool, options: EngineOptions, *, ahead: bool = False
) -> AsyncIterator[memoryview]:
    """All bytes of a blob whose size was checked; held once. InvalidArgumentError if they are fewer
    or more than was said; `ahead`: that they are more may turn out after the body, which makes
    nothing known before. It need not wait for its caller to say that this was all.
    """
    first = await anext(content.parts, b"")
    if len(first) == content.size:
        ending = asyncio.create_task(_complete(content, len(first)))
        try:
            if not ahead:
                await ending
            yield memoryview(first)
            await ending
        finally:
            ending.cancel()
            await settled(ending)
        return
    async with room_for(content.size, pool, options.in_memory, options.directory) as room:
        offset, data = 0, first
        while data:
            if offset + len(data) > content.size:
                break
            await room.write(offset, data)
            offset += len(data)
            data = await anext(content.parts, b"")
        if data or offset < content.size:
            raise _wrong(content.size, offset + len(data))
        yield await room.finish()


async def _complete(content: Content, size: int) -> None:
    if more := await anext(content.parts, b""):
        raise _wrong(content.size, size + len(more))


def _wrong(size: int, got: int) -> InvalidArgumentError:
    return InvalidArgumentError(f"{got:,} bytes came of a blob of {size:,}")
