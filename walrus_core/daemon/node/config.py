"""The configuration file of a storage node.

Its keys have the official node's names where the two mean the same (spec, chapter 10); what each
one is for stands in the file itself, as `config_file.config_text` writes it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from walrus_core.daemon.limits import limits_in
from walrus_core.daemon.logs import LOG_LEVELS
from walrus_core.daemon.settings import Address, Settings, load_settings
from walrus_core.errors import InvalidEncodingError, WalrusCoreError
from walrus_core.services.node.limits import NodeLimits
from walrus_core.sui.addresses import parse_address
from walrus_core.sui.networks import NETWORKS, Network, network

__all__ = ["ChainAccess", "NodeConfig", "load_config"]

PORT = 9185
EVERYWHERE = "0.0.0.0"
GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ChainAccess:
    """The chain, and the node on it. `wallet`: the keystore that owns its StorageNodeCap.
    `node_id`: None to be found by the node's key.
    """

    network: Network
    wallet: Path
    node_id: bytes | None


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """What the file at `file` says. Sizes in bytes, times in seconds, paths as they are to open.

    `storage_limit` None: as much as the disk takes. `metrics_address` None: no metrics.
    `workers` None: a few more threads than there are processors.
    """

    file: Path
    name: str
    storage_path: Path
    storage_limit: int | None
    storage_reserve: int | None
    protocol_key: Path
    network_key: Path
    public_host: str
    public_port: int
    listen_address: Address
    metrics_address: Address | None
    chain: ChainAccess
    limits: NodeLimits
    log_level: str = "info"
    workers: int | None = None
    grace: float = GRACE_SECONDS


def load_config(path: Path) -> NodeConfig:
    """The configuration in a file; ConfigurationError names the key that is wrong."""
    top = load_settings(path)
    public_port = top.integer("public_port", PORT, 1, 65_535)
    config = NodeConfig(
        file=path,
        name=top.text("name"),
        storage_path=top.path("storage_path"),
        storage_limit=top.size("storage_limit", None),
        storage_reserve=top.size("storage_reserve", None),
        protocol_key=_key_path(top, "protocol_key_pair"),
        network_key=_key_path(top, "network_key_pair"),
        public_host=top.text("public_host"),
        public_port=public_port,
        listen_address=top.address("listen_address", (EVERYWHERE, public_port)),
        metrics_address=top.address("metrics_address", None),
        chain=_chain_access(top),
        limits=limits_in(top.section("limits"), NodeLimits(), lambda _: True),
        log_level=top.choice("log_level", LOG_LEVELS, "info"),
        workers=top.integer("workers", 0, 0, 64) or None,
        grace=top.seconds("graceful_shutdown_seconds", GRACE_SECONDS, 3600),
    )
    top.finish()
    return config


def _key_path(top: Settings, key: str) -> Path:
    section = top.section(key)
    path = section.path("path")
    section.finish()
    return path


def _chain_access(top: Settings) -> ChainAccess:
    sui = top.section("sui")
    place = _network(sui)
    wallet = sui.path("wallet")
    node_id = _object_id(sui, "node_id")
    sui.finish()
    return ChainAccess(place, wallet, node_id)


def _network(sui: Settings) -> Network:
    """By name or file (`network`), or by its parts (`rpc`, `system_object`, `staking_object`)."""
    name = sui.text("network", None)
    url = sui.text("rpc", None)
    system, staking = _object_id(sui, "system_object"), _object_id(sui, "staking_object")
    if name is None:
        if url is None or system is None or staking is None:
            sui.refuse("network", "is missing; or give rpc, system_object and staking_object")
        return Network("configured", url, system, staking)
    if system or staking:
        sui.refuse("network", "says where Walrus is; give no system_object nor staking_object")
    try:
        known = network(name if name in NETWORKS else str(sui.resolve(name)))
    except WalrusCoreError as error:
        sui.refuse("network", str(error))
    return dataclasses.replace(known, url=url) if url else known


def _object_id(settings: Settings, key: str) -> bytes | None:
    text = settings.text(key, None)
    try:
        return None if text is None else parse_address(text, "an object id")
    except InvalidEncodingError as error:
        settings.refuse(key, str(error))
