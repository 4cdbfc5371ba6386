"""Whose key signs: one that is given, the environment's, or a keystore's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from walrus_core.errors import InvalidArgumentError, MissingDependencyError

if TYPE_CHECKING:
    from walrus_core.sui.chain import SuiChain
    from walrus_core.sui.keys import Key
    from walrus_core.sui.networks import Network

__all__ = ["paying_chain"]

OFFICIAL_KEYSTORE = Path(".sui", "sui_config", "sui.keystore")


def paying_chain(
    network: Network, key: Key | str | None, wallet: Path | None, address: bytes | None
) -> SuiChain:
    """The chain, with the key that pays; here pysui is loaded.

    In this order: `key`, or its text; $WALRUS_CORE_SUI_KEY, unless a wallet is named; the first key
    of `wallet`, else of the network's own, else of the official client's, or the one of `address`.
    InvalidArgumentError, StorageError, InvalidEncodingError; MissingDependencyError.
    """
    try:
        from walrus_core.sui.chain import SuiChain
        from walrus_core.sui.keys import Key, key_from_environment, read_keystore
    except ImportError as error:
        raise MissingDependencyError("pysui", "client", str(error)) from error

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
