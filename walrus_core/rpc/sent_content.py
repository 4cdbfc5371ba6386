"""What a caller of BlobService.Store sends after the header: a blob's chunks, and nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from walrus_core.errors import WalrusCoreError
from walrus_core.rpc.chunks import content_of
from walrus_core.rpc.encoding_requests import chunks_in
from walrus_core.rpc.streams import closed
from walrus_core.rpc.v1 import blob_pb2 as pb

__all__ = ["SentContent"]


class SentContent:
    """The chunks of one call: `content` of them as long as some are wanted, then `watch` for more,
    which nobody should send. `aclose` it before the requests.
    """

    def __init__(self, requests: AsyncIterator[pb.StoreRequest]) -> None:
        self._requests = requests
        self._rest: asyncio.Task[None] | None = None

    async def content(self, start: int, size: int) -> AsyncGenerator[bytes, None]:
        """See `services.uploads.Content`."""
        async with closed(content_of(chunks_in(self._requests), size, start)) as pieces:
            async for piece in pieces:
                yield piece

    def watch(self, size: int) -> None:
        """No byte is wanted any more: begin to read what comes all the same."""
        if self._rest is None:
            self._rest = asyncio.create_task(self._read_on(size))

    def check(self) -> None:
        """InvalidArgumentError if something came behind the blob's last byte. Who is merely silent,
        or trickles, is waited for no more: it has sent all that is wanted.
        """
        if self._rest is not None and self._rest.done():
            error = self._rest.exception()
            if isinstance(error, WalrusCoreError):
                raise error

    async def aclose(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            await asyncio.gather(self._rest, return_exceptions=True)

    async def _read_on(self, size: int) -> None:
        async with closed(content_of(chunks_in(self._requests), size, size)) as pieces:
            async for _ in pieces:
                pass
