"""Whose key signs: one that is given, the environment's, or a keystore's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from walrus_core.errors import InvalidArgumentError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from walrus_core.sui.chain import SuiChain
    from walrus_core.sui.keys import Key
    from walrus_core.sui.networks import Network

__all__ = ["GivenKey", "load_pysui", "paying_chain"]

GivenKey: TypeAlias = "Key | str | Callable[[], Key] | None"
"""A key, its text, or what finds it once it is needed: keys take pysui, too."""

OFFICIAL_KEYSTORE = Path(".sui", "sui_config", "sui.keystore")


def load_pysui() -> None:
    """Half a second's work, which `paying_chain` need not do then. MissingDependencyError."""
    try:
        import walrus_core.sui.chain
        import walrus_core.sui.keys  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("pysui", "client", str(error)) from error


def paying_chain(
    network: Network, key: GivenKey, wallet: Path | None, address: bytes | None
) -> SuiChain:
    """The chain, with the key that pays.

    In this order: `key`, or its text; $WALRUS_CORE_SUI_KEY, unless a wallet is named; the first key
    of `wallet`, else of the network's own, else of the official client's, or the one of `address`.
    InvalidArgumentError, StorageError, InvalidEncodingError; MissingDependencyError.
    """
    load_pysui()
    from walrus_core.sui.chain import SuiChain
    from walrus_core.sui.keys import Key, key_from_environment, read_keystore

    if callable(key):
        key = key()
    if isinstance(key, str):
        key = Key.from_text(key)
    if key is None and wallet is None:
        key = key_from_environment()
    where = wallet or network.wallet or Path.home() / OFFICIAL_KEYSTORE
    keys = [key] if key else read_keystore(where)
    if address is not None:
        keys = [each for each in keys if each.address == address]
    if not keys:
        raise InvalidArgumentError(f"{where} holds no such key; choose another, or make one")
    return SuiChain(network, keys[0])
