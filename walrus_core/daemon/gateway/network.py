"""The gateway's way to a network: a client of its own, and the uploads of its callers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from walrus_core.client import AsyncClient
from walrus_core.client.wallet import load_pysui
from walrus_core.daemon.gateway.config import GatewayConfig
from walrus_core.errors import ChainUnavailableError, InvalidArgumentError, StorageError
from walrus_core.rpc.gateway import Blobs
from walrus_core.services.reader import ReadOptions
from walrus_core.services.uploader import UploadOptions
from walrus_core.services.uploads import Accounts, Uploads
from walrus_core.services.workers import ThreadWorkers

__all__ = ["serve_blobs"]

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""Seconds between two looks whether the chain answers."""

CACHE = 4 << 20
"""Bytes that a stream from the network keeps."""

WINDOW = 16 << 20
"""Bytes that a stream reads ahead: the more, the less the slowest node of a window holds up."""

_log = logging.getLogger(__name__)


async def serve_blobs(
    config: GatewayConfig,
    directory: Path,
    accounts: Accounts,
    come: Callable[[Blobs], Awaitable[None]],
) -> None:
    """Connect, tell `come`, and look after the uploads until cancelled.

    A chain that does not answer is waited for. StorageError if the directory is of no use; that,
    InvalidArgumentError or InvalidEncodingError if a wallet that was named is: without one that was
    not, it only reads.
    """
    if config.wallet is not None:
        await asyncio.to_thread(_require_key, config.wallet)
    pause = FIRST_PAUSE
    while True:
        try:
            await _serve(config, directory, accounts, come)
        except ChainUnavailableError as error:
            _log.warning("waiting for the network: %s", error)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _require_key(wallet: Path) -> None:
    """Before the chain answers: who named it wants to know at once."""
    load_pysui()
    from walrus_core.sui.keys import read_keystore

    if not read_keystore(wallet):
        raise InvalidArgumentError(f"{wallet} holds no key; choose another wallet, or make one")


async def _serve(
    config: GatewayConfig,
    directory: Path,
    accounts: Accounts,
    come: Callable[[Blobs], Awaitable[None]],
) -> None:
    """ChainUnavailableError before there was a way, and never after."""
    spool = directory / "spool"
    client = AsyncClient(
        config.network or "local",
        wallet=config.wallet,
        state=None if config.directory is None else directory / "client",
        read_options=ReadOptions(cache=CACHE, window=WINDOW, directory=spool),
        upload_options=UploadOptions(directory=spool),
    )
    async with AsyncExitStack() as parts:
        await parts.enter_async_context(client)
        reader = await client.reader()
        uploads = None
        try:
            uploader = await client.uploader()
        except (InvalidArgumentError, StorageError) as error:
            if config.wallet is not None:
                raise
            _log.warning("reading only, since there is no wallet: %s", error)
        else:
            workers = ThreadWorkers()
            parts.callback(workers.close)
            place = directory / "uploads" / client.network.directory_name
            uploads = Uploads(place, uploader, workers, config.uploads, accounts)
            await uploads.start()
            parts.push_async_callback(uploads.close)
        await come(Blobs(uploads, reader))
        if uploads is None:
            await asyncio.Event().wait()
        else:
            await uploads.run()
