"""Who may collect a node's commission and vote in its name: an address, or whoever holds an object.

Module `auth`. What a pool stores is an `Authorized`; what a caller shows is an `Authenticated`.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger.calls import Face, call
from walrus_core.localnet.ledger.objects import Object

__all__ = ["Auth", "Authenticated", "Authorized", "authorized_address", "authorized_object"]

_KINDS = ("address", "object")


def _authorized(ledger: Any, name: str, value: Any) -> tuple[str, bytes]:  # noqa: ARG001
    match value:
        case (str(kind), bytes(id_)) if kind in _KINDS and len(id_) == 32:
            return kind, id_
    raise InvalidArgumentError(f"{name} must come from authorized_address or authorized_object")


Authorized = Annotated[tuple[str, bytes], _authorized]
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


def _of_any_class(ledger: Any, name: str, value: Any) -> Object:  # noqa: ARG001
    ledger.objects.require(value)
    found: Object = value
    return found


class Auth(Face):
    """Calls of the module `auth`; what they return is good in their own transaction only."""

    @call
    def authenticate_sender(self) -> Authenticated:
        return Authenticated("address", self._ledger.tx.sender)

    @call
    def authenticate_with_object(self, held: Annotated[Object, _of_any_class]) -> Authenticated:
        return Authenticated("object", held.id)
