"""The process behind `walrus-core node serve`: one storage node, from its configuration to a server
that answers, and back.

It loads nothing that it does not need to serve; pysui, above all, is for the few transactions that
a node sends.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
import secrets
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walrus_core.daemon.heap import keep_freed_memory
from walrus_core.daemon.lifetime import ended, live_until_signal
from walrus_core.daemon.logs import log_to
from walrus_core.daemon.node import identity
from walrus_core.daemon.node.config import NodeConfig
from walrus_core.daemon.settings import Address
from walrus_core.errors import ChainUnavailableError, ConfigurationError
from walrus_core.protocol.keys import KeyPair
from walrus_core.rpc.client import RpcPeers
from walrus_core.rpc.server import NodeServer, ServedNode, ServerOptions
from walrus_core.rpc.tls import TlsIdentity
from walrus_core.services.node.node import StorageNode
from walrus_core.services.ports import Committees
from walrus_core.services.workers import ThreadWorkers
from walrus_core.storage.local import RESERVE, LocalStore, open_store
from walrus_core.storage.store import Damage
from walrus_core.sui.node_chain import LightChain, SuiNodeChain

if TYPE_CHECKING:
    from walrus_core.daemon.metrics_server import MetricsServer
    from walrus_core.daemon.node.metrics import NodeMetrics

__all__ = ["Ready", "run_node"]


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a node says when it serves, and where: at `address`."""

    config: NodeConfig
    node_id: bytes
    address: str


OnReady = Callable[[Ready], object]
Wrap = Callable[[StorageNode], ServedNode]


def run_node(
    config: NodeConfig,
    on_ready: OnReady,
    wrap: Wrap = lambda node: node,
) -> None:
    """Serve a node until SIGINT or SIGTERM, in the main thread; `wrap` puts something between the
    node and those who call it.

    StorageError and ConfigurationError for what its files, its disk or its addresses are not. A
    chain that does not answer is waited for.
    """
    keep_freed_memory()
    log_to(sys.stderr, config.log_level, node=config.name)
    asyncio.run(_serve(config, on_ready, wrap))


async def _serve(config: NodeConfig, on_ready: OnReady, wrap: Wrap) -> None:
    """Live until a signal comes."""
    life = _live(config, on_ready, wrap)
    await live_until_signal(life, "node", lambda: _log.info("stopping"))
    _log.info("stopped")


async def _live(config: NodeConfig, on_ready: OnReady, wrap: Wrap) -> None:
    """Put the node together, serve, and do what a node does. When this is cancelled, all of it ends
    in the order opposite to that in which it began: calls first, the disk last.
    """
    key_pair = identity.protocol_key(config.protocol_key, make=False)
    tls = TlsIdentity.self_signed(identity.network_key(config.network_key, make=False))
    async with AsyncExitStack() as parts:
        store = await asyncio.to_thread(_open, config)
        parts.callback(store.close)
        workers = ThreadWorkers(config.workers)
        parts.callback(workers.close)
        committees = await _committees(config)
        n_shards = committees.current.n_shards
        node_id = config.chain.node_id or _node_id(config, key_pair, committees)
        chain = await parts.enter_async_context(_chain(config, node_id))
        peers = RpcPeers(n_shards)
        parts.push_async_callback(peers.close)
        chance = random.Random(secrets.randbits(256))
        node = StorageNode(node_id, key_pair, store, chain, peers, workers, chance, config.limits)
        await node.start()
        life = asyncio.create_task(node.run(), name="upkeep")
        parts.push_async_callback(ended, life)
        options = ServerOptions(n_shards)
        if config.metrics_address is not None:
            page, metrics = await _measured(config.metrics_address, node, store, workers)
            parts.push_async_callback(page.stop)
            options = dataclasses.replace(options, attend=(metrics.attend,))
        server = NodeServer(wrap(node), tls, options)
        host, port = config.listen_address[0], await server.start(*config.listen_address)
        parts.push_async_callback(server.stop, config.grace)
        _log.info("serving at %s:%d", host, port)
        on_ready(Ready(config, node_id, f"{host}:{port}"))
        await life


def _open(config: NodeConfig) -> LocalStore:
    reserve = RESERVE if config.storage_reserve is None else config.storage_reserve
    return open_store(config.storage_path, config.storage_limit, _report, reserve=reserve)


def _report(damage: Damage) -> None:
    what = "metadata" if damage.sliver is None else f"{damage.sliver.axis} sliver"
    _log.error("%s lost: %s", what, damage.reason, extra={"blob_id": str(damage.blob_id)})


def _chain(config: NodeConfig, node_id: bytes) -> SuiNodeChain:
    access, pause = config.chain, config.limits.poll_interval
    return SuiNodeChain(access.network, access.wallet, node_id, poll_seconds=pause)


async def _committees(config: NodeConfig) -> Committees:
    """As soon as the chain answers."""
    pause = config.limits.chain_retry
    async with LightChain(config.chain.network) as chain:
        while True:
            try:
                return await chain.committees()
            except ChainUnavailableError as error:
                _log.warning("waiting for the chain: %s", error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, config.limits.longest_chain_retry)


def _node_id(config: NodeConfig, key_pair: KeyPair, committees: Committees) -> bytes:
    """Of the one member with the node's key. ConfigurationError if there is none, or several."""
    members = committees.current.members_with_key(key_pair.public_key)
    if len(members) == 1:
        return members[0].node_id
    if members:
        reason = (
            f"sui.node_id: needed, since {len(members)} members of the committee have the key in"
            f" {config.protocol_key}"
        )
    else:
        reason = (
            f"no member of the committee has the key in {config.protocol_key}: register the node"
            " (`walrus-core node register`) and have enough staked with it (`walrus-core stake`);"
            " with its id in sui.node_id it can be started before it is a member"
        )
    raise ConfigurationError(str(config.file), reason)


async def _measured(
    address: Address, node: StorageNode, store: LocalStore, workers: ThreadWorkers
) -> tuple[MetricsServer, NodeMetrics]:
    """Metrics, served; their libraries are loaded only now."""
    from walrus_core.daemon.metrics_server import MetricsServer
    from walrus_core.daemon.node.metrics import NodeMetrics

    metrics = NodeMetrics()
    metrics.follow(node.healing.progress)

    async def page() -> bytes:
        return metrics.text(await node.health(), await workers.run(store.usage))

    server = MetricsServer(page)
    await server.start(*address)
    return server, metrics
