"""The process behind `walrus-core chain up`: from a directory to a chain that answers, and back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.home import Home, Network
from walrus_core.localnet.sui_node.server import Server

__all__ = ["Options", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person chooses; `n_shards` and `epoch_duration_ms` count when the chain is new."""

    directory: Path | None = None
    host: str = "127.0.0.1"
    port: int = 9000
    n_shards: int = 100
    epoch_duration_ms: int = 24 * 3_600_000


def run(options: Options, on_ready: Callable[[Network], object]) -> None:
    """Serve the chain until SIGINT or SIGTERM, in the main thread.

    Raises StorageError if the directory is in use or damaged, or the address cannot be had.
    """
    home = Home(options.directory)
    with home.occupied():
        asyncio.run(_serve(home, options, on_ready))
