"""Where Walrus is: the ids of its objects on each network (spec, chapter 12).

Package ids are not here: they change with every upgrade, so they are read from the System object.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walrus_core.errors import InvalidArgumentError, StorageError
from walrus_core.sui.addresses import parse_address

__all__ = [
    "MAINNET",
    "NETWORKS",
    "TESTNET",
    "Network",
    "described_network",
    "local_network",
    "network",
]

HOME_VARIABLE = "WALRUS_CORE_HOME"
LOCAL_FILE = "network.json"


@dataclass(frozen=True, slots=True)
class Network:
    """A Sui node to talk to, and the shared objects of Walrus on its chain.

    `exchanges` swap SUI for WAL; `wallet` is the key file of a local network, `faucet` the one that
    gives its money away.
    """

    name: str
    url: str
    system: bytes
    staking: bytes
    exchanges: tuple[bytes, ...] = ()
    wallet: Path | None = None
    faucet: Path | None = None

    @property
    def directory_name(self) -> str:
        """Of what is remembered of this network, apart from that of others: what is signed, or was
        to be paid, on one means nothing on another, or costs other money.
        """
        return f"{self.name}-{self.system.hex()[:16]}"


MAINNET = Network(
    "mainnet",
    "https://fullnode.mainnet.sui.io:443",
    parse_address("0x2134d52768ea07e8c43570ef975eb3e4c27a39fa6396bef985b5abc58d03ddd2"),
    parse_address("0x10b9d30c28448939ce6c4d6c6e0ffce4a7f8a4ada8248bdad09ef8b70e4a3904"),
)

TESTNET = Network(
    "testnet",
    "https://fullnode.testnet.sui.io:443",
    parse_address("0x6c2547cbbc38025cf3adac45f63cb0a8d12ecf777cdc75a4971612bf97fdf6af"),
    parse_address("0xbe46180321c30aab2f8b3501e24048377287fa708018a5b7c2792b35fe339ee3"),
    (
        parse_address("0xf4d164ea2def5fe07dc573992a029e010dba09b1a8dcbc44c5c2e79567f39073"),
        parse_address("0x19825121c52080bb1073662231cfea5c0e4d905fd13e95f21e9a018f2ef41862"),
        parse_address("0x83b454e524c71f30803f4d6c302a86fb6a39e96cdfb873c2d1e93bc1c26a3bc5"),
        parse_address("0x8d63209cf8589ce7aef8f262437163c67577ed09f3e636a9d8e0813843fb8bf1"),
    ),
)


def home_directory() -> Path:
    """Where the local network keeps its things: $WALRUS_CORE_HOME, or ~/.walrus-core/local."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path.home() / ".walrus-core" / "local"


def local_network(directory: Path | None = None) -> Network:
    """What `walrus-core chain up` wrote; StorageError when there is nothing, or nonsense."""
    path = (directory or home_directory()) / LOCAL_FILE
    if not path.exists():
        reason = "there is no local network; `walrus-core network up` starts one"
        raise StorageError(str(path), reason)
    return described_network(path)


def described_network(path: Path) -> Network:
    """The network that a file describes, in JSON; StorageError if it does not.

    {"suiUrl", "systemId", "stakingId"}, and if it has them "exchangeIds", "wallet", "faucet", whose
    paths start at the file's directory.
    """
    try:
        return _of_json(json.loads(path.read_text(encoding="utf-8")), path.parent)
    except FileNotFoundError:
        raise StorageError(str(path), "there is no such file") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StorageError(str(path), f"does not describe a network: {error!r}") from None


def _of_json(values: dict[str, Any], directory: Path) -> Network:
    def file(key: str) -> Path | None:
        return directory / values[key] if key in values else None

    return Network(
        "local",
        str(values["suiUrl"]),
        parse_address(values["systemId"]),
        parse_address(values["stakingId"]),
        tuple(parse_address(exchange) for exchange in values.get("exchangeIds", ())),
        file("wallet"),
        file("faucet"),
    )


NETWORKS: dict[str, Callable[[], Network]] = {
    "local": local_network,
    "testnet": lambda: TESTNET,
    "mainnet": lambda: MAINNET,
}


def network(name: str) -> Network:
    """The network of that name, or the one that a .json file describes; InvalidArgumentError."""
    if name in NETWORKS:
        return NETWORKS[name]()
    if name.endswith(".json"):
        return described_network(Path(name))
    raise InvalidArgumentError(
        f"network {name!r} is none of {', '.join(NETWORKS)}, nor a .json file that describes one"
    )
