"""What the contract tells the world: events, from their bytes (contract.md, section 21)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.protocol.event_fields import FIELDS
from walrus_core.protocol.wire import Reader
from walrus_core.services.ports import ChainEvent
from walrus_core.sui.addresses import ADDRESS_SIZE

__all__ = ["read_event"]

_READ: dict[str, Callable[[Reader], Any]] = {
    "u8": lambda reader: reader.uint(1),
    "u32": lambda reader: reader.uint(4),
    "u64": lambda reader: reader.uint(8),
    "u256": lambda reader: reader.uint(32),
    "bool": lambda reader: bool(reader.uint(1)),
    "id": lambda reader: reader.take(ADDRESS_SIZE),
    "bytes": Reader.byte_vector,
    "u16s": lambda reader: tuple(reader.uint(2) for _ in range(reader.vector_length(2))),
}


def read_event(event: v2.Event, cursor: bytes = b"", transaction: str = "") -> ChainEvent:
    """An event of any contract: fields only where it is one of ours."""
    name = str(event.event_type or "").rsplit("::", 1)[-1].partition("<")[0]
    contents = (event.contents and event.contents.value) or b""
    reader = Reader(name, contents)
    fields = {field: _READ[kind](reader) for field, kind in FIELDS.get(name, ())}
    return ChainEvent(cursor, str(event.transaction_digest or transaction), name, fields)
