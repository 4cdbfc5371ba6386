"""What a call knows of the outside (sender, time, where new ids come from), and what it says to it
(events).
"""

from __future__ import annotations

import hashlib

from walrus_core.localnet.ledger.events import Event, EventLog
from walrus_core.localnet.ledger.journal import note

__all__ = ["ANYONE", "Transaction"]

ANYONE = bytes(32)
"""The sender's address when nobody in particular calls."""

_OBJECT_ID = b"\xf1"
"""Sui's domain separator for the ids of new objects."""


class Transaction:
    """The open transaction, handed to the rules as the contract hands on its `TxContext`.

    `events` holds what it has emitted so far, and stays readable when it is over.
    """

    __slots__ = ("_log", "digest", "events", "ids_created", "now_ms", "sender")

    def __init__(self, log: EventLog, sender: bytes, now_ms: int, digest: bytes) -> None:
        self._log = log
        self.sender = sender
        self.now_ms = now_ms
        self.digest = digest
        self.ids_created = 0
        self.events: list[Event] = []

    def fresh_id(self) -> bytes:
        """The id of a new object: Blake2b-256 of 0xf1, the digest and a count, as on Sui."""
        count = self.ids_created
        note(setattr, self, "ids_created", count)
        self.ids_created = count + 1
        source = _OBJECT_ID + self.digest + count.to_bytes(8, "little")
        return hashlib.blake2b(source, digest_size=32).digest()

    def emit(self, event: Event) -> None:
        note(self._unsay)
        self._log.append(event)
        self.events.append(event)

    def _unsay(self) -> None:
        self._log.drop_last()
        self.events.pop()
