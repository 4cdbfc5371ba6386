"""The files of a local network: where they lie, and what stands in them.

$WALRUS_CORE_HOME (by default ~/.walrus-core/local) holds network.json: how `--network local` finds
the chain. DIR of `chain up`, by default the same directory:

    network.json      the same, so that DIR can be made $WALRUS_CORE_HOME later
    sui.keystore      the wallet, mode 0600
    faucet.keystore   the key that gives SUI and WAL away, mode 0600
    founders.json     the nodes that a new chain begins with, if there are to be such
    founder.key       otherwise the key of the one with which it began, mode 0600
    chain/            the chain itself: its journal and snapshots
    lock              held by the process that serves the chain
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from walrus_core.errors import StorageError
from walrus_core.sui.keys import Key, add_to_keystore, read_keystore
from walrus_core.sui.networks import LOCAL_FILE, home_directory

__all__ = ["Home", "Network", "key_in"]


@dataclass(frozen=True, slots=True)
class Network:
    """What network.json says; ids are "0x" and 64 hexadecimal digits, the paths absolute."""

    sui_url: str
    chain_id: str
    n_shards: int
    system_id: str
    staking_id: str
    exchange_ids: tuple[str, ...]
    wallet: str
    wallet_address: str
    faucet: str

    @property
    def values(self) -> dict[str, object]:
        """As they stand in network.json."""
        return {
            "suiUrl": self.sui_url,
            "chainId": self.chain_id,
            "nShards": self.n_shards,
            "systemId": self.system_id,
            "stakingId": self.staking_id,
            "exchangeIds": list(self.exchange_ids),
            "wallet": self.wallet,
            "walletAddress": self.wallet_address,
            "faucet": self.faucet,
        }


class Home:
    """The directory of one chain."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = (directory or home_directory()).expanduser().absolute()
        self.chain = self.directory / "chain"
        self.wallet = self.directory / "sui.keystore"
        self.faucet = self.directory / "faucet.keystore"
        self.founders = self.directory / "founders.json"
        self.founder = self.directory / "founder.key"

    @contextlib.contextmanager
    def occupied(self) -> Iterator[None]:
        """Keep every other process from serving this chain.

        Raises StorageError if one does. The lock dies with its process, also by `kill -9`.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(lock):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StorageError(
                    str(self.directory), "another process serves its chain; choose another --dir"
                ) from None
            yield

    def tell(self, network: Network) -> None:
        """Write network.json, here and where `--network local` looks for it."""
        text = json.dumps(network.values, indent=2) + "\n"
        for directory in {self.directory, home_directory().absolute()}:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = directory / f".{LOCAL_FILE}.{os.getpid()}"
            draft.write_text(text, encoding="utf-8")
            draft.replace(directory / LOCAL_FILE)


def key_in(keystore: Path) -> Key:
    """The first key of a keystore, which is made if it is not there."""
    if not keystore.exists():
        add_to_keystore(keystore, Key.generate())
    keys = read_keystore(keystore)
    if not keys:
        raise StorageError(str(keystore), "holds no key; delete it, and a new one is made")
    return keys[0]
