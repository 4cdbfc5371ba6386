"""The nodes that may enter the next committee: the largest by stake (contract.md, section 4).

The order of the list decides ties in the apportionment, so leaving and entering change it exactly
as the contract does: the last entry takes the place of one that leaves, a newcomer that of the one
it evicts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.localnet.ledger.containers import Vector
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.journal import Record
from walrus_core.protocol.aborts import abort

__all__ = ["ActiveSet"]


@dataclass(eq=False, slots=True)
class ActiveSet(Record):
    """At most `max_size` nodes, none with less stake than `threshold` (FROST) or without any."""

    max_size: int
    threshold: int = 0
    nodes: Vector[tuple[bytes, int]] = field(default_factory=Vector)
    total_stake: int = 0

    def __post_init__(self) -> None:
        if self.max_size == 0:
            raise abort("active_set", "EZeroMaxSize")

    def insert_or_update(self, node: bytes, stake: int) -> bool:
        """Set the stake of a node, and say whether it is in the set now."""
        position = self._position(node)
        if stake == 0 or stake < self.threshold:
            if position is not None:
                self._add_to_total(-self.nodes.swap_remove(position)[1])
            return False
        if position is None and len(self.nodes) < self.max_size:
            self._add_to_total(stake)
            self.nodes.append((node, stake))
            return True
        if position is None:
            position = self._weakest_below(stake)
        if position is None:
            return False
        self._add_to_total(stake - self.nodes[position][1])
        self.nodes[position] = (node, stake)
        return True

    def _position(self, node: bytes) -> int | None:
        for position, (present, _) in enumerate(self.nodes):
            if present == node:
                return position
        return None

    def _weakest_below(self, stake: int) -> int | None:
        """The position of the smallest stake, the first such, if it is below `stake`."""
        smallest, position = min((held, position) for position, (_, held) in enumerate(self.nodes))
        return position if smallest < stake else None

    def _add_to_total(self, change: int) -> None:
        self.total_stake = u64(self.total_stake + change)
