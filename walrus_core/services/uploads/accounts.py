"""Who may have how much stored: asked before, told after."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from walrus_core.services.ports import Cost
    from walrus_core.services.uploads.upload import Order, StoredBlob

__all__ = ["Accounts", "OpenAccounts", "file_name"]


def file_name(caller: str) -> str:
    """A caller's name, as that of a file or folder of the caller's: nobody finds another's, and
    names need not be trusted.
    """
    return hashlib.sha256(caller.encode()).hexdigest()[:32]


class Accounts(Protocol):
    """What callers may spend of the server's wallet."""

    async def admit(self, caller: str, order: Order, cost: Cost) -> None:
        """Raises the error to refuse a new upload with, which would cost about so much."""
        ...

    async def stored(self, caller: str, blob: StoredBlob) -> None:
        """It was stored, for `blob.cost`; that may be told again after a crash."""
        ...


class OpenAccounts:
    """Implements `Accounts`: everybody may have everything stored."""

    async def admit(self, caller: str, order: Order, cost: Cost) -> None:
        """Nobody is refused."""

    async def stored(self, caller: str, blob: StoredBlob) -> None:
        """Nothing is counted."""
