"""The configuration file as `walrus-core node init` writes it: every key, with what it is for."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walrus_core.services.node.limits import NodeLimits

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Choices", "config_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What differs from node to node; the file names beside it are always the same.

    Addresses as `host:port`; `network` as in the file. `None` leaves a key to its default.
    """

    name: str
    public_host: str
    public_port: int
    listen_address: str
    metrics_address: str | None
    network: str
    storage_limit: str | None = None


STORE, PROTOCOL_KEY, NETWORK_KEY, WALLET = "store", "protocol.key", "network.key", "sui.keystore"

_TEXT = """\
# A walrus-core storage node: `walrus-core node serve --config` with this file runs it.
#
# Paths start at this file's directory. A key that is not listed here is refused. Sizes are bytes,
# or numbers with a unit (250GB, 32MiB); times are seconds.

# What logs and metrics call the node.
name: {name}

# Where slivers and metadata rest. One process at a time.
storage_path: {store}
# The most that they may take, without what the index needs; then the node refuses new blobs.
# Without it: all that the disk has, but for the reserve.
{storage_limit}
# Bytes of the disk that are left alone, so that there is always room to delete.
# storage_reserve: 256MiB

# The key that signs confirmations (BLS12-381), and the one that proves to callers that they reached
# this node (secp256r1, TLS). Both are registered on chain. Back them up; show them to nobody.
protocol_key_pair:
  path: {protocol_key}
network_key_pair:
  path: {network_key}

# Where clients and other nodes find this one, as registered on chain.
public_host: {public_host}
public_port: {public_port}

# Where it listens.
listen_address: {listen_address}

# Prometheus metrics, over plain HTTP: keep them on loopback. Without it, there are none.
{metrics_address}

sui:
  # Whose contract: local, testnet, mainnet, or a .json file like the network.json of a local one.
  # Or, in its place, all three of rpc, system_object and staking_object.
  network: {network}
  # A Sui node's gRPC address; it may also stand beside `network`, to use another than the public.
  # rpc: https://fullnode.testnet.sui.io:443
  # system_object: 0x...
  # staking_object: 0x...
  # The keystore whose first key owns the node's StorageNodeCap; it pays the gas, which is little,
  # for what the node must say on chain.
  wallet: {wallet}
  # The node's id on chain. Without it, the member of the committee that has the protocol key.
  # node_id: 0x...

# debug, info, warning or error: one JSON object in a line, on standard error.
log_level: info

# Threads for the disk and for computing; 0 is a few more than there are processors.
workers: 0

# What calls in progress get to end in, when the node is told to stop.
graceful_shutdown_seconds: 10

# What the node allows itself and others. These are the defaults.
limits:
{limits}
"""


def config_text(choices: Choices) -> str:
    """The file. Its values are as YAML has them, whatever characters are in them."""
    values = {
        "name": choices.name,
        "store": STORE,
        "protocol_key": PROTOCOL_KEY,
        "network_key": NETWORK_KEY,
        "public_host": choices.public_host,
        "public_port": choices.public_port,
        "listen_address": choices.listen_address,
        "network": choices.network,
        "wallet": WALLET,
    }
    return _TEXT.format(
        **{key: json.dumps(value, ensure_ascii=False) for key, value in values.items()},
        storage_limit=_optional("storage_limit", choices.storage_limit, "250GB"),
        metrics_address=_optional("metrics_address", choices.metrics_address, "127.0.0.1:9184"),
        limits="\n".join(_limit_lines(NodeLimits(), "  ")),
    )


def _optional(key: str, value: str | None, example: str) -> str:
    return f"# {key}: {example}" if value is None else f"{key}: {json.dumps(value)}"


def _limit_lines(limits: DataclassInstance, indent: str) -> Iterator[str]:
    """Each limit, commented out; groups of them are sections."""
    for name in [field.name for field in dataclasses.fields(limits)]:
        value = getattr(limits, name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield f"{indent}{name}:"
            yield from _limit_lines(value, indent + "  ")
        else:
            yield f"{indent}# {name}: {value}"
