"""What the contract tells the world: events, from their bytes (contract.md, section 21)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from walrus_core.protocol.event_fields import FIELDS
from walrus_core.protocol.wire import Reader
from walrus_core.services.ports import ChainEvent
from walrus_core.sui.addresses import ADDRESS_SIZE

__all__ = ["POLL_SECONDS", "Frame", "events_of", "read_event"]

POLL_SECONDS = 0.4
"""Between two looks for new events, as the official node software looks."""

Frame = tuple[bytes, ChainEvent | None]
"""How far a search has come, or empty bytes, and an event if it has found one."""

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


def read_event(
    event_type: str, contents: bytes, transaction: str, cursor: bytes = b""
) -> ChainEvent:
    """An event of any contract: fields only where it is one of ours."""
    name = event_type.rsplit("::", 1)[-1].partition("<")[0]
    reader = Reader(name, contents)
    fields = {field: _READ[kind](reader) for field, kind in FIELDS.get(name, ())}
    return ChainEvent(cursor, transaction, name, fields)


async def events_of(
    search: Callable[[bytes], AsyncIterator[Frame]],
    cursor: bytes,
    *,
    follow: bool,
    pause: float = POLL_SECONDS,
) -> AsyncIterator[ChainEvent]:
    """The events that `search` finds behind a cursor, which it may give in portions.

    With `follow` it is asked again, `pause` seconds after it had nothing more, without end.
    """
    while True:
        start = cursor
        async for reached, event in search(cursor):
            cursor = reached or cursor
            if event:
                yield event
        if cursor != start:
            continue  # the node gives so many at once
        if not follow:
            return
        await asyncio.sleep(pause)
