"""A process's way to the network, if it is to have one: the server gets the blobs when it is there.

What is on the way stands in `network`, which loads the client: that takes its time.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from walrus_core.daemon.gateway.config import GatewayConfig
from walrus_core.daemon.lifetime import ended
from walrus_core.rpc.gateway import Blobs, GatewayServer
from walrus_core.services.uploads import Accounts

if TYPE_CHECKING:
    from walrus_core.daemon.gateway.metrics import GatewayMetrics

__all__ = ["Connection"]

FIRST_SECONDS = 10.0
"""How long the network may let those wait who want to hear that the server serves."""


class Connection:
    """`start` it; `close` it at the end. `stores`: blobs can be stored there, and not only read,
    which is not known before it `is_made`.
    """

    def __init__(
        self, config: GatewayConfig, server: GatewayServer, metrics: GatewayMetrics | None
    ) -> None:
        self.stores = False
        self._config = config
        self._server = server
        self._metrics = metrics
        self._made = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    @property
    def is_made(self) -> bool:
        return self._made.is_set()

    def start(self, directory: Path, accounts: Accounts) -> None:
        """Connect as soon as the chain answers, and look after the uploads from then on."""
        self._life = asyncio.create_task(self._live(directory, accounts), name="network")

    async def first(self) -> None:
        """Until it is made, or not waited for any more. Raises what will keep it from being made,
        as `serve_blobs` does.
        """
        assert self._life is not None
        if self._config.network is None:
            return
        made = asyncio.create_task(self._made.wait())
        try:
            await asyncio.wait(
                [self._life, made], timeout=FIRST_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            made.cancel()
        if self._life.done():
            self._life.result()

    async def wait(self) -> None:
        """Until it fails, which is raised. It goes on when who waits is cancelled: calls that are
        in progress need it.
        """
        assert self._life is not None
        await asyncio.wait([self._life])
        self._life.result()

    async def close(self) -> None:
        """Leave uploads and stores where they are."""
        assert self._life is not None
        await ended(self._life)

    async def _live(self, directory: Path, accounts: Accounts) -> None:
        if self._config.network is None:
            await asyncio.Event().wait()  # there is nothing to do beside answering
        else:
            from walrus_core.daemon.gateway.network import serve_blobs

            await serve_blobs(self._config, directory, accounts, self._come)

    async def _come(self, blobs: Blobs) -> None:
        self.stores = blobs.uploads is not None
        await self._server.come(blobs)
        if self._metrics is not None:
            self._metrics.connected(blobs.uploads)
        self._made.set()
