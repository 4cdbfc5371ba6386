"""Commands that talk to a network's chain: which one, whose wallet, and how the talk is run."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from walrus_core.errors import InvalidArgumentError, MissingDependencyError

if TYPE_CHECKING:
    from walrus_core.client import AsyncClient
    from walrus_core.sui.chain import SuiChain
    from walrus_core.sui.keys import Key
    from walrus_core.sui.networks import Network

T = TypeVar("T")

OFFICIAL_KEYSTORE = Path(".sui") / "sui_config" / "sui.keystore"
"""Where the official client keeps its keys, below the home directory."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the options say of the network and the wallet."""

    network: str
    wallet: Path | None
    address: str | None
    dry_run: bool

    def run(self, work: Callable[[SuiChain], Awaitable[T]]) -> T:
        """Do this with the network's chain, without a wallet."""
        return asyncio.run(self._run(work, key=None))

    def spend(self, work: Callable[[SuiChain], Awaitable[T]]) -> T:
        """Do this with the network's chain and the wallet."""
        return asyncio.run(self._run(work, key=self.key()))

    def run_client(self, work: Callable[[AsyncClient], Awaitable[T]]) -> T:
        """Do this with the network's storage nodes, without a wallet."""
        return asyncio.run(self._run_client(work, key=None))

    def spend_client(self, work: Callable[[AsyncClient], Awaitable[T]]) -> T:
        """Do this with the network's storage nodes and the wallet."""
        return asyncio.run(self._run_client(work, key=self.key))

    def key(self) -> Key:
        """The key in the environment, else the one of --address, or the first, in the keystore."""
        require_pysui()
        from walrus_core.sui.addresses import parse_address
        from walrus_core.sui.keys import KEY_VARIABLE, key_from_environment, read_keystore

        if known := key_from_environment():
            where, keys = f"${KEY_VARIABLE}", [known]
        else:
            where, keys = str(self.keystore()), read_keystore(self.keystore())
        if self.address is not None:
            wanted = parse_address(self.address)
            keys = [key for key in keys if key.address == wanted]
        if not keys:
            of = f" of {self.address}" if self.address else ""
            raise InvalidArgumentError(f"{where} holds no key{of}; choose another, or make one")
        return keys[0]

    def keystore(self) -> Path:
        """The file of --wallet, else the network's own, else the official client's."""
        if self.wallet:
            return self.wallet
        return self.described().wallet or Path.home() / OFFICIAL_KEYSTORE

    def described(self) -> Network:
        """Where the network's node and objects are."""
        from walrus_core.sui.networks import network

        return network(self.network)

    async def _run(self, work: Callable[[SuiChain], Awaitable[T]], key: Key | None) -> T:
        require_pysui()
        from walrus_core.sui.chain import SuiChain

        async with SuiChain(self.described(), key, dry_run=self.dry_run) as chain:
            return await work(chain)

    async def _run_client(
        self, work: Callable[[AsyncClient], Awaitable[T]], key: Callable[[], Key] | None
    ) -> T:
        try:
            from walrus_core.client import AsyncClient
        except ImportError as error:
            reason = "it talks to storage nodes"
            raise MissingDependencyError.of(error, "client", reason) from None
        async with AsyncClient(self.described(), key=key) as client:
            return await work(client)


def on_network(command: Callable[..., T]) -> Callable[..., T]:
    """Give a command `--network`, and what they say as its argument `access`."""
    return _with_access(command, [_NETWORK])


def with_wallet(command: Callable[..., T]) -> Callable[..., T]:
    """Give a command `--network`, `--wallet` and `--address` as its argument `access`."""
    return _with_access(command, [_NETWORK, _WALLET, _ADDRESS])


def with_money(command: Callable[..., T]) -> Callable[..., T]:
    """As `with_wallet`, and `--dry-run`: the command sends a transaction."""
    return _with_access(command, [_NETWORK, _WALLET, _ADDRESS, _DRY_RUN])


_NETWORK = click.option(
    "--network",
    default="local",
    show_default=True,
    metavar="local|testnet|mainnet|FILE",
    help="Whose chain to talk to; FILE is like the network.json of a local one.",
)
_WALLET = click.option(
    "--wallet",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A sui.keystore.  [default: the network's own, or ~/.sui/sui_config/sui.keystore;"
    " $WALRUS_CORE_SUI_KEY comes before all]",
)
_ADDRESS = click.option(
    "--address", metavar="0x...", help="Which key of the wallet.  [default: its first]"
)
_DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Only simulate: tell what would be paid, and send nothing."
)


def _with_access(command: Callable[..., T], options: list[Any]) -> Callable[..., T]:
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        network: str,
        wallet: Path | None = None,
        address: str | None = None,
        dry_run: bool = False,
        **kwargs: Any,
    ) -> T:
        return command(*args, access=Access(network, wallet, address, dry_run), **kwargs)

    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def require_pysui() -> None:
    """MissingDependencyError unless the extra `sui` is installed."""
    if find_spec("pysui") is None:
        raise MissingDependencyError("pysui", "sui", "it talks to the chain")
