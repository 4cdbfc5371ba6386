"""Amounts that take effect at the start of a later epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.localnet.ledger.containers import VecMap
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.journal import Record
from walrus_core.protocol.aborts import abort

__all__ = ["PendingValues"]


@dataclass(eq=False, slots=True)
class PendingValues(Record):
    """Epoch -> the amount that is due in it."""

    by_epoch: VecMap[int, int] = field(default_factory=VecMap)

    def add(self, epoch: int, amount: int) -> None:
        """`amount` more is due in `epoch`."""
        self.by_epoch[epoch] = u64((self.by_epoch.get(epoch) or 0) + amount)

    def replace(self, epoch: int, value: int) -> None:
        """Exactly `value` is due in `epoch`."""
        self.by_epoch[epoch] = value

    def reduce(self, epoch: int, amount: int) -> None:
        """`amount` less is due in `epoch`."""
        due = self.by_epoch.get(epoch)
        if due is None:
            raise abort("pending_values", "EMissingEpochValue")
        if amount > due:
            raise abort("pending_values", "EReduceValueTooLarge")
        self.by_epoch[epoch] = due - amount

    def due(self, epoch: int) -> list[tuple[int, int]]:
        """What is due by the start of `epoch`, as (epoch, amount)."""
        return [entry for entry in self.by_epoch.items() if entry[0] <= epoch]

    def total(self, epoch: int) -> int:
        """The sum of what is due by the start of `epoch`."""
        return u64(sum(amount for _, amount in self.due(epoch)))

    def forget(self, epoch: int) -> None:
        """Drop what is due by the start of `epoch`: it has taken effect."""
        for due, _ in self.due(epoch):
            self.by_epoch.remove(due)
