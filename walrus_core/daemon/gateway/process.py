"""One process of `walrus-core serve`, from its configuration to a server that answers, and back."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from walrus_core.client.state import state_directory
from walrus_core.codec.memory import limit_kept_buffers
from walrus_core.codec.threads import thread_count
from walrus_core.daemon.gateway.call_log import NamesOfCalls
from walrus_core.daemon.gateway.caller_file import CallerFile
from walrus_core.daemon.gateway.config import GatewayConfig
from walrus_core.daemon.gateway.connection import Connection
from walrus_core.daemon.gateway.idle import give_back_when_idle
from walrus_core.daemon.gateway.observers import Observers
from walrus_core.daemon.gateway.ready import Ready
from walrus_core.daemon.gateway.tallies import TallyFiles
from walrus_core.daemon.heap import keep_freed_memory
from walrus_core.daemon.lifetime import ended, live_until_signal
from walrus_core.daemon.logs import log_to
from walrus_core.errors import ConfigurationError, StorageError
from walrus_core.rpc.addresses import host_and_port
from walrus_core.rpc.callers import CallerBook, CallerGate
from walrus_core.rpc.certificates import LiveCertificate
from walrus_core.rpc.gateway import GatewayServer
from walrus_core.services.engine import Engine, EngineOptions, Pool, PoolLimits

__all__ = ["run_gateway"]

KEPT_SHARE = 8
"""This part of the memory for buffers, one eighth, may wait beside them for the next calls."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Files:
    """What is read again when it changes. ConfigurationError if at first it cannot be used."""

    callers: CallerFile | None
    certificate: LiveCertificate | None

    @classmethod
    def of(cls, config: GatewayConfig) -> Self:
        return cls(
            None if config.callers is None else CallerFile(config.callers),
            None if config.certificate is None else LiveCertificate(config.certificate),
        )

    def book(self) -> CallerBook | None:
        """None: everybody may call."""
        return None if self.callers is None else self.callers.book()


def run_gateway(
    config: GatewayConfig, on_ready: Callable[[Ready], object], number: int = 0
) -> None:
    """Serve until SIGINT or SIGTERM, in the main thread; the `number`-th of `config.workers`.

    ConfigurationError and StorageError for what its files and addresses are not.
    """
    keep_freed_memory()
    log_to(sys.stderr, config.log_level, worker=number)
    logging.getLogger().handlers[0].addFilter(NamesOfCalls())
    asyncio.run(_serve(config, on_ready, number))


def directory_of(config: GatewayConfig) -> Path:
    """Where the server keeps what does not fit into memory or must outlive it."""
    return config.directory or state_directory() / "serve"


async def _serve(config: GatewayConfig, on_ready: Callable[[Ready], object], number: int) -> None:
    """Live until a signal comes."""

    def say() -> None:
        _log.info("draining: calls in progress may end within %g s", config.grace)

    await live_until_signal(_live(config, on_ready, number), "gateway", say)
    _log.info("stopped")


async def _live(config: GatewayConfig, on_ready: Callable[[Ready], object], number: int) -> None:
    """Put the server together and serve. When this is cancelled, all of it ends in the order
    opposite to that in which it began: calls first, the engine last.
    """
    directory = directory_of(config)
    async with AsyncExitStack() as parts:
        pool = _pool(config, parts)
        spool = _made(directory / "spool")
        files = _Files.of(config)
        tallies = TallyFiles(directory / "callers", files.book)
        parts.callback(tallies.close)
        observers = await Observers.of(config, pool, number, parts)
        if observers.metrics is not None:
            observers.metrics.follow(files.callers, files.certificate)
        server = GatewayServer(
            Engine(pool, EngineOptions(largest_blob=config.largest_blob, directory=spool)),
            config.network,
            config.limits,
            gate=CallerGate(files.book, tallies),
            attend=observers.attend,
            share_port=config.workers > 1,
        )
        connection = Connection(config, server, observers.metrics)
        connection.start(directory, tallies)
        parts.push_async_callback(connection.close)
        parts.push_async_callback(server.stop, config.grace, config.notice)
        if config.workers > 1:  # another may serve, and have a way to the network
            await connection.first()
        address = _listen(config, server, number, files.certificate)
        await server.start()
        if config.workers == 1:
            await connection.first()
        _log.info("serving at %s", address or config.unix)
        on_ready(
            Ready(
                address,
                tuple(server.services),
                connection.is_made,
                connection.stores,
                observers.metrics_url,
            )
        )
        await connection.wait()


def _pool(config: GatewayConfig, parts: AsyncExitStack) -> Pool:
    """A worker's share of what all have."""
    defaults, share = PoolLimits(), config.workers
    memory = config.memory // share
    limit_kept_buffers(memory // KEPT_SHARE)
    pool = Pool(
        PoolLimits(
            threads=max(1, thread_count(config.threads) // share),
            memory=max(1, memory - memory // 5),
            small_memory=max(1, memory // 5),
            disk=max(defaults.disk, config.largest_blob) // share,
        )
    )
    parts.callback(pool.close)
    tidying = asyncio.create_task(give_back_when_idle(pool), name="idle")
    parts.push_async_callback(ended, tidying)
    return pool


def _listen(
    config: GatewayConfig, server: GatewayServer, number: int, certificate: LiveCertificate | None
) -> str | None:
    """The TCP address, if there is one; the Unix socket is the first worker's."""
    if config.listen is None and config.unix is None:
        raise ConfigurationError("listen_address", "is none, and there is no unix_socket either")
    if config.unix is not None and number == 0:
        server.listen_unix(config.unix, config.unix_mode)
    if config.listen is None:
        return None
    host, port = config.listen
    bound = server.listen(host, port, certificate, plaintext=config.insecure_plaintext)
    return host_and_port(host, bound)


def _made(directory: Path) -> Path:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{error.strerror}; choose another directory with --spool"
        raise StorageError(str(directory), reason) from None
    return directory
