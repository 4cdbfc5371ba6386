"""Who may collect a node's commission and vote in its name: an address, or whoever holds an object.

The contract's module `auth`. What a pool stores is an `Authorized` as a plain tuple; what a caller
shows is an `Authenticated`.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Authenticated", "Authorized", "authorized_address", "authorized_object"]

Authorized = tuple[str, bytes]
"""("address" or "object", its 32 bytes)."""


class Authenticated(NamedTuple):
    """Proof that the caller is an address (the transaction's sender) or holds an object."""

    kind: str
    id: bytes

    def is_authorized(self, authorized: Authorized) -> bool:
        return (self.kind, self.id) == authorized


def authorized_address(address: bytes) -> Authorized:
    """Whoever sends transactions from this address."""
    return "address", address


def authorized_object(object_id: bytes) -> Authorized:
    """Whoever holds this object."""
    return "object", object_id
