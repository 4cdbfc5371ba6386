"""The way from an uploader to one node: what passes is counted, and can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from walrus_core.codec.metadata import BlobMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import NodeUnavailableError
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node_api import BlobStatus, Holdings, NodeApi, StoredStatus
from walrus_core.types import Axis, BlobId

Before = Callable[[str], Awaitable[None]]


@dataclass
class Gate:
    """Stands before `node`, None while that is down.

    `before` hears of each call, and may raise, or never return. After `dies_after` slivers the node
    is gone, for as long as nobody sets it to None again.
    """

    node: NodeApi | None
    before: Before | None = None
    dies_after: int | None = None
    calls: list[str] = field(default_factory=list)
    slivers: list[tuple[Axis, int]] = field(default_factory=list)
    most_at_once: int = 0

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool = False) -> StoredStatus:
        return await (await self._open("put_metadata")).put_metadata(metadata, pending=pending)

    async def holdings(self, blob_id: BlobId) -> Holdings:
        return await (await self._open("holdings")).holdings(blob_id)

    async def status(self, blob_id: BlobId) -> BlobStatus:
        return await (await self._open("status")).status(blob_id)

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        node = await self._open("put_slivers")
        return await node.put_slivers(blob_id, self._counted(slivers), pending=pending)

    async def confirmation(
        self, blob_id: BlobId, object_id: bytes | None, wait: float = 0.0
    ) -> SignedMessage:
        node = await self._open("confirmation")
        return await node.confirmation(blob_id, object_id, wait)

    async def _counted(self, slivers: AsyncIterable[Sliver]) -> AsyncIterator[Sliver]:
        async for sliver in slivers:
            if self.dies_after is not None:
                if not self.dies_after:
                    raise NodeUnavailableError("gate", "died midway")
                self.dies_after -= 1
            self.slivers.append((sliver.axis, sliver.index))
            yield sliver

    async def _open(self, call: str) -> NodeApi:
        self.calls.append(call)
        await asyncio.sleep(0.01)
        if self.node is None or self.dies_after == 0:
            raise NodeUnavailableError("gate", "dead")
        if self.before is not None:
            await self.before(call)
        return self.node


async def hang(_: str) -> None:
    """Never answers."""
    await asyncio.Event().wait()


def refusing(error: Exception, times: int = 10**9, calls: str = "") -> Before:
    """Refuses so many calls, of this name if any."""
    left = times

    async def before(call: str) -> None:
        nonlocal left
        if left and (not calls or call == calls):
            left -= 1
            raise error

    return before


async def idle(call: str) -> None:
    """Answers what it holds and knows, and fails at whatever is work."""
    if call not in ("holdings", "status"):
        raise NodeUnavailableError("gate", "dead")
