"""The process behind `walrus-core chain up`: from a directory to a chain that answers, and back."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from walrus_core.errors import InvalidArgumentError, WalrusCoreError
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.epoch_driver import EpochDriver
from walrus_core.localnet.sui_node.founder import founder
from walrus_core.localnet.sui_node.genesis import Founder, Genesis
from walrus_core.localnet.sui_node.genesis_file import load_founders
from walrus_core.localnet.sui_node.home import Home, Network, key_in
from walrus_core.localnet.sui_node.ids import address_text, digest_text
from walrus_core.localnet.sui_node.server import Server
from walrus_core.sui.keys import Key

__all__ = ["Options", "run"]

GENESIS_FILE = "genesis.json"
N_SHARDS = 100
EPOCH_DURATION_MS = 24 * 3_600_000
_RETRY_SECONDS = 5.0
_EVERYWHERE = ("0.0.0.0", "::")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person chooses. The last two are for a new chain; one that is there has its own."""

    directory: Path | None = None
    host: str = "127.0.0.1"
    port: int = 9000
    n_shards: int | None = None
    epoch_duration_ms: int | None = None


def run(options: Options, on_ready: Callable[[Network], object]) -> None:
    """Serve the chain until SIGINT or SIGTERM, in the main thread.

    Raises StorageError if the directory is in use or damaged, or the address cannot be had, and
    InvalidArgumentError if the chain in it is not as the options want it.
    """
    home = Home(options.directory)
    with home.occupied():
        new = not (home.chain / GENESIS_FILE).exists()
        chain = LocalChain.open(home.chain, _genesis(home, options) if new else None)
        try:
            _compare(chain.genesis, home, options)
            asyncio.run(_serve(chain, home, options, on_ready))
        finally:
            chain.close()


def _genesis(home: Home, options: Options) -> Genesis:
    """What a new chain begins with: money in the faucet, in the wallet and with the owners of its
    nodes.
    """
    operator = key_in(home.faucet).address
    founders = _founders(home, operator)
    owners = dict.fromkeys(each.owner for each in founders if each.owner != operator)
    return Genesis(
        operator=operator,
        accounts=(key_in(home.wallet).address, *owners),
        founders=founders,
        seed=secrets.token_bytes(32),
        start_ms=time.time_ns() // 1_000_000,
        n_shards=options.n_shards or N_SHARDS,
        epoch_duration_ms=options.epoch_duration_ms or EPOCH_DURATION_MS,
    )


def _founders(home: Home, operator: bytes) -> tuple[Founder, ...]:
    """Those that founders.json describes, or one that nobody runs."""
    if home.founders.exists():
        return load_founders(home.founders)
    return (founder(home.founder, operator),)


def _compare(genesis: Genesis, home: Home, options: Options) -> None:
    """Refuse options that the chain's genesis cannot have any more."""
    for name, wanted, there in [
        ("--n-shards", options.n_shards, genesis.n_shards),
        ("--epoch-duration", options.epoch_duration_ms, genesis.epoch_duration_ms),
    ]:
        if wanted not in (None, there):
            unit = " ms" if name == "--epoch-duration" else ""
            raise InvalidArgumentError(
                f"{name} of the chain in {home.directory} is {there:,}{unit} for good, not"
                f" {wanted:,}; choose another --dir"
            )


async def _serve(
    chain: LocalChain, home: Home, options: Options, on_ready: Callable[[Network], object]
) -> None:
    stopped = asyncio.Event()
    for reason in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(reason, stopped.set)
    server = Server(chain)
    port = await server.start(options.host, options.port)
    epochs = asyncio.create_task(_turn_epochs(chain, key_in(home.faucet)))
    try:
        network = _network(chain, home, options.host, port)
        home.tell(network)
        on_ready(network)
        await stopped.wait()
    finally:
        await server.stop()
        epochs.cancel()
        await asyncio.gather(epochs, return_exceptions=True)


async def _turn_epochs(chain: LocalChain, payer: Key) -> None:
    """For as long as the chain is up: what goes wrong once may go right a little later."""
    driver = EpochDriver(chain, payer.address, payer.sign)
    while True:
        try:
            await driver.run()
        except WalrusCoreError as error:
            _log.error("the epoch cannot be turned: %s", error)
            await asyncio.sleep(_RETRY_SECONDS)


def _network(chain: LocalChain, home: Home, host: str, port: int) -> Network:
    ids = chain.ids
    return Network(
        sui_url=_url(host, port),
        chain_id=digest_text(chain.service_info().chain_id),
        n_shards=chain.genesis.n_shards,
        system_id=address_text(ids.system),
        staking_id=address_text(ids.staking),
        exchange_ids=(address_text(ids.exchange),),
        wallet=str(home.wallet),
        wallet_address=address_text(key_in(home.wallet).address),
        faucet=str(home.faucet),
    )


def _url(host: str, port: int) -> str:
    """Where programs on this machine find what listens there."""
    if host in _EVERYWHERE:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
