"""The process behind `walrus-core chain up`: from a directory to a chain that answers, and back."""

from __future__ import annotations

import asyncio
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.genesis import Genesis
from walrus_core.localnet.sui_node.home import Home, Network, key_in
from walrus_core.localnet.sui_node.ids import address_text, digest_text
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
        chain = LocalChain.open(home.chain, _genesis(home, options))
        try:
            asyncio.run(_serve(chain, home, options, on_ready))
        finally:
            chain.close()


def _genesis(home: Home, options: Options) -> Genesis:
    """What a new chain begins with; one that is there already remembers its own."""
    return Genesis(
        operator=key_in(home.faucet).address,
        accounts=(key_in(home.wallet).address,),
        seed=secrets.token_bytes(32),
        start_ms=time.time_ns() // 1_000_000,
        n_shards=options.n_shards,
        epoch_duration_ms=options.epoch_duration_ms,
    )


async def _serve(
    chain: LocalChain, home: Home, options: Options, on_ready: Callable[[Network], object]
) -> None:
    stopped = asyncio.Event()
    for reason in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(reason, stopped.set)
    server = Server(chain)
    try:
        port = await server.start(options.host, options.port)
        network = _network(chain, home, options.host, port)
        home.tell(network)
        on_ready(network)
        await stopped.wait()
    finally:
        await server.stop()


def _network(chain: LocalChain, home: Home, host: str, port: int) -> Network:
    ids = chain.ids
    return Network(
        sui_url=f"http://{f'[{host}]' if ':' in host else host}:{port}",
        chain_id=digest_text(chain.service_info().chain_id),
        n_shards=chain.genesis.n_shards,
        system_id=address_text(ids.system),
        staking_id=address_text(ids.staking),
        exchange_ids=(address_text(ids.exchange),),
        wallet=str(home.wallet),
        wallet_address=address_text(key_in(home.wallet).address),
        faucet=str(home.faucet),
    )
