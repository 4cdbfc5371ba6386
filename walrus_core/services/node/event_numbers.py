"""Which event of which transaction: how clients look an event up that a node names to them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Self

from walrus_core.storage.blob_record import EventId

__all__ = ["EventNumbers"]

DIGEST_SIZE = 32
NO_TRANSACTION = bytes(DIGEST_SIZE)

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LONGEST_TEXT = 44
_STATE = struct.Struct("<Q32sQ")


@dataclass(slots=True)
class EventNumbers:
    """Counts events, and numbers them within their transactions, across restarts.

    `count`: events so far. `sequence`: the number of the next event of `transaction`.
    """

    count: int = 0
    transaction: bytes = NO_TRANSACTION
    sequence: int = 0

    def next(self, transaction: str) -> EventId | None:
        """The name of the event that follows; None if its transaction has no digest for a name."""
        self.count += 1
        digest = _digest(transaction)
        if digest is None:
            self.transaction, self.sequence = NO_TRANSACTION, 0
            return None
        self.sequence = self.sequence + 1 if digest == self.transaction else 1
        self.transaction = digest
        return EventId(digest, self.sequence - 1)

    def to_bytes(self) -> bytes:
        return _STATE.pack(self.count, self.transaction, self.sequence)

    @classmethod
    def from_bytes(cls, data: bytes | None) -> Self:
        """The inverse of `to_bytes`; nothing counted yet for None."""
        return cls() if data is None else cls(*_STATE.unpack(data))


def _digest(text: str) -> bytes | None:
    """The 32 bytes of a transaction digest in base58, Sui's way to write them."""
    number = 0
    if len(text) > _LONGEST_TEXT:
        return None
    for character in text:
        if (value := _BASE58.find(character)) < 0:
            return None
        number = number * len(_BASE58) + value
    zeros = len(text) - len(text.lstrip(_BASE58[0]))
    digest = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return digest if len(digest) == DIGEST_SIZE else None
