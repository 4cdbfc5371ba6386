"""A registration, or an extension, that is signed and not sent yet, as bytes for a journal.

Whoever has them can find out later whether it was executed, and execute it if it was not: the same
bytes are the same transaction, which is executed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from walrus_core.protocol.wire import Reader, byte_vector, uint
from walrus_core.services.ports import Cost

__all__ = ["SignedRegistration"]

VERSION = 1
U64 = 8


@dataclass(frozen=True, slots=True)
class SignedRegistration:
    """`transaction`: TransactionData in BCS. `cost`: what it pays, in FROST."""

    transaction: bytes
    signature: bytes
    cost: Cost

    def to_bytes(self) -> bytes:
        """Version u8, transaction and signature with their lengths, both costs u64."""
        parts = [uint(VERSION, 1), byte_vector(self.transaction), byte_vector(self.signature)]
        costs = [uint(self.cost.storage, U64), uint(self.cost.write, U64)]
        return b"".join(parts + costs)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The inverse of `to_bytes`; InvalidEncodingError for anything else."""
        reader = Reader("signed registration", data)
        reader.expect("version", VERSION, 1)
        transaction, signature = reader.byte_vector(), reader.byte_vector()
        cost = Cost(storage=reader.uint(U64), write=reader.uint(U64))
        reader.finish()
        return cls(transaction, signature, cost)
