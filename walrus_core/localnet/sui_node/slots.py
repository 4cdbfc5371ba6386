"""The places that a transaction's arguments name, and what is in them while it runs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from walrus_core.localnet.ledger.objects import Object
from walrus_core.localnet.sui_node.move_types import MoveType
from walrus_core.localnet.sui_node.values import Owner

__all__ = ["Live", "Opaque", "Origin", "Shared", "Slot", "SuiCoin", "id_of"]


class Origin(enum.Enum):
    """Where a value came from decides what may be done with it."""

    PURE = "pure"
    GAS = "gas"
    OWNED = "owned"
    IMMUTABLE = "immutable"
    SHARED = "shared"
    SHARED_READ_ONLY = "shared, read only"
    RESULT = "result"


@dataclass(slots=True)
class SuiCoin:
    """SUI, or the balance of one; `value` in MIST."""

    id: bytes
    value: int


@dataclass(frozen=True, slots=True)
class Shared:
    """One of the contract's own shared objects, whose content the ledger has."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Opaque:
    """An object that no function here looks into."""

    id: bytes
    contents: bytes


@dataclass(slots=True)
class Slot:
    """One input or result. `type` is None for pure bytes, which are read as what they are used for;
    nothing is left in it once its value was `moved` away.
    """

    origin: Origin
    type: MoveType | None
    payload: Any
    moved: bool = False


@dataclass(slots=True)
class Live:
    """An object as the transaction leaves it."""

    type: MoveType
    payload: Any
    owner: Owner


def id_of(payload: Any) -> bytes | None:
    """Of an object; None of a value that has none."""
    if isinstance(payload, (Object, SuiCoin, Shared, Opaque)):
        return payload.id
    return None
