"""How a network begins: its nodes' keys, addresses and configurations, before there is a chain."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walrus_core.codec.durable_files import EVERYBODY, write_durably
from walrus_core.daemon.node.config_file import (
    NETWORK_KEY,
    PROTOCOL_KEY,
    STORE,
    WALLET,
    Choices,
    config_text,
)
from walrus_core.daemon.node.identity import (
    make_account,
    network_key,
    network_public_key,
    protocol_key,
)
from walrus_core.errors import InvalidArgumentError, StorageError
from walrus_core.localnet.network.ports import LOOPBACK, free_ports
from walrus_core.types import checked_int

__all__ = ["NODES", "Founded", "found", "founded"]

NODES = 7
MOST_NODES = 100
FIRST_EPOCH = 0
"""In which founders prove that they have their keys."""


@dataclass(frozen=True, slots=True)
class Founded:
    """The files of a network in `directory`; `addresses`: of its nodes, in their order."""

    directory: Path
    addresses: tuple[str, ...]
    chain_port: int

    @property
    def n_nodes(self) -> int:
        return len(self.addresses)

    @property
    def network_file(self) -> Path:
        """Written by the chain when it is ready: for `--network FILE`."""
        return self.directory / "network.json"

    @property
    def logs(self) -> Path:
        return self.directory / "log"

    def node(self, number: int) -> Path:
        return self.directory / "nodes" / str(number)

    def config(self, number: int) -> Path:
        return self.node(number) / "node.yaml"

    def store(self, number: int) -> Path:
        return self.node(number) / STORE


def found(directory: Path, n_nodes: int) -> Founded:
    """Prepare a new network in a directory. What a founding that was cut short left is made anew.

    The nodes' stakes are equal, so that their shards are as equal as can be. StorageError if a
    chain without these nodes, or another's, is there.
    """
    checked_int("nodes", n_nodes, 1, MOST_NODES)
    directory = directory.expanduser().absolute()
    if (directory / "chain").exists():
        reason = "holds a chain that began without nodes; choose another --dir"
        raise StorageError(str(directory), reason)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(directory / "nodes", ignore_errors=True)  # nobody has heard of them yet
    chain_port, *ports = free_ports(1 + 2 * n_nodes)
    addresses = [f"{LOOPBACK}:{port}" for port in ports]
    network = Founded(directory, tuple(addresses[:n_nodes]), chain_port)
    network.logs.mkdir(mode=0o700, exist_ok=True)
    founders = [
        _found_node(network.node(number), f"node-{number}", address, addresses[n_nodes + number])
        for number, address in enumerate(network.addresses)
    ]
    _write(directory / "ports.json", {"chain": chain_port})
    _write(directory / "founders.json", founders)  # the last: with it, the network is founded
    return network


def founded(directory: Path, n_nodes: int | None = None) -> Founded | None:
    """The network in a directory; None if there is none. InvalidArgumentError if it has another
    number of nodes than `n_nodes`; StorageError if it cannot be read.
    """
    directory = directory.expanduser().absolute()
    founders, ports = directory / "founders.json", directory / "ports.json"
    if not founders.exists():
        return None
    try:
        addresses = tuple([str(node["network_address"]) for node in _read(founders)])
        checked_int("nodes", len(addresses), 1, MOST_NODES)
        port = checked_int("chain", _read(ports)["chain"], 1, 65_535)
    except (LookupError, TypeError, ValueError, OSError) as error:
        raise StorageError(
            str(directory), f"founders.json or ports.json is damaged: {error!r}"
        ) from None
    if n_nodes not in (None, len(addresses)):
        raise InvalidArgumentError(
            f"the network in {directory} has {len(addresses)} nodes, not {n_nodes};"
            " choose another --dir"
        )
    return Founded(directory, addresses, port)


def _found_node(directory: Path, name: str, address: str, metrics: str) -> dict[str, Any]:
    """Make a node's directory; what the chain's genesis needs to know of it (`load_founders`)."""
    directory.mkdir(mode=0o700, parents=True)
    owner = make_account(directory / WALLET)
    key = protocol_key(directory / PROTOCOL_KEY)
    choices = Choices(
        name=name,
        public_host=LOOPBACK,
        public_port=int(address.rpartition(":")[2]),
        listen_address=address,
        metrics_address=metrics,
        network="../../network.json",
    )
    (directory / "node.yaml").write_text(config_text(choices), encoding="utf-8")
    return {
        "name": name,
        "network_address": address,
        "public_key": key.public_key.data.hex(),
        "proof_of_possession": key.prove_possession(FIRST_EPOCH, owner).data.hex(),
        "network_public_key": network_public_key(network_key(directory / NETWORK_KEY)).hex(),
        "owner": owner.hex(),
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, value: object) -> None:
    write_durably(path, json.dumps(value, indent=2).encode(), EVERYBODY)
