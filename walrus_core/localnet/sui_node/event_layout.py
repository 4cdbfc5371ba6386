"""The contract's events as BCS of their Move structs (walrus.md, section 11.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from walrus_core.localnet.ledger import Event
from walrus_core.localnet.sui_node import bcs
from walrus_core.protocol.event_fields import FIELDS

__all__ = ["encode_event"]

_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "u8": bcs.u8,
    "u32": bcs.u32,
    "u64": bcs.u64,
    "u256": bcs.u256,
    "bool": bcs.boolean,
    "id": bytes,
    "bytes": bcs.byte_vector,
    "u16s": lambda numbers: bcs.vector(map(bcs.u16, numbers)),
}


_SCHEMAS = {
    name: [(field, _ENCODERS[kind]) for field, kind in fields] for name, fields in FIELDS.items()
}
"""Event -> its fields in order, each with what writes it."""


def encode_event(event: Event) -> bytes:
    """The contents of an event; its type is named as its class."""
    schema = _SCHEMAS[type(event).__name__]
    return b"".join([encode(getattr(event, field)) for field, encode in schema])
