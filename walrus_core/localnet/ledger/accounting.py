"""What was sold for each coming epoch, and what it brought in (contract.md, section 12).

The ring has a slot for each of the next `max_epochs_ahead` epochs, the present one first. Capacity
once sold is never given back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from walrus_core.localnet.ledger.containers import Vector
from walrus_core.localnet.ledger.integers import mul_div, u64, u128
from walrus_core.localnet.ledger.journal import Record
from walrus_core.protocol.aborts import abort

__all__ = ["Ring", "Slot", "extract_burn", "new_ring", "shares"]

BURN_PERCENT = 3


@dataclass(slots=True, eq=False)
class Slot(Record):
    """One epoch: encoded bytes sold, FROST to be distributed when it closes."""

    epoch: int
    used_capacity: int
    rewards: int

    def add_rewards(self, amount: int) -> None:
        self.rewards = u64(self.rewards + amount)

    def add_used(self, size: int) -> int:
        """The capacity in use with `size` bytes more."""
        self.used_capacity = used = u64(self.used_capacity + size)
        return used


@dataclass(slots=True, eq=False)
class Ring(Record):
    """The slots by their offset from the present epoch."""

    slots: Vector[Slot]

    def __len__(self) -> int:
        return len(self.slots)

    def __getitem__(self, offset: int) -> Slot:
        if not 0 <= offset < len(self.slots):
            raise abort("storage_accounting", "ETooFarInFuture")
        return self.slots[offset]

    def span(self, start: int, end: int) -> list[Slot]:
        """The slots at offsets start <= i < end."""
        return [self[offset] for offset in range(start, end)]

    def advance(self) -> Slot:
        """Close the present epoch: its slot leaves, an empty one is appended."""
        closed = self.slots.pop_front()
        self.slots.append(Slot(closed.epoch + len(self.slots) + 1, 0, 0))
        return closed


def new_ring(length: int) -> Ring:
    return Ring(Vector(Slot(epoch, 0, 0) for epoch in range(length)))


def extract_burn(ring: Ring) -> int:
    """Take what is burned out of the closing epoch's rewards; returns it."""
    present = ring[0]
    burned = u64(present.rewards * BURN_PERCENT) // 100
    present.rewards -= burned
    return burned


def shares(weights: Sequence[int], denied: Sequence[int], used: int, rewards: int) -> list[int]:
    """What each member of the closing committee gets of `rewards`, floored.

    A member stores its weight times what is `used`, less what it denies; denied bytes shift the
    shares and keep nothing back.
    """
    stored = [
        u128(weight * (used - min(size, used)))
        for weight, size in zip(weights, denied, strict=True)
    ]
    total = max(u128(sum(stored)), 1)
    return [mul_div(amount, rewards, total) for amount in stored]
