"""Who holds which shards: the committee of one epoch and the way to the next (contract.md, 6).

Shards move only where they must. The order of a member's list is part of the state: shards leave
from its end, and are handed out from the end of the list of free ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from walrus_core.localnet.ledger.containers import VecMap
from walrus_core.localnet.ledger.journal import Record
from walrus_core.protocol.aborts import abort

__all__ = ["Assignment", "Committee", "Difference"]

Assignment = list[tuple[bytes, int]]
"""Node ids with their number of shards, in the order of the active set."""


class Difference(NamedTuple):
    """Members that only the one or only the other of two committees has, ascending."""

    left: list[bytes]
    joined: list[bytes]


@dataclass(eq=False, slots=True)
class Committee(Record):
    """Member id -> its shards in stored order, sorted by id; never changed once made."""

    members: VecMap[bytes, tuple[int, ...]] = field(default_factory=VecMap)

    @classmethod
    def of(cls, members: Iterable[tuple[bytes, Iterable[int]]]) -> Committee:
        """The committee of these members, given in any order."""
        return cls(VecMap((node, tuple(shards)) for node, shards in sorted(members)))

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.members)

    def __contains__(self, node: bytes) -> bool:
        return node in self.members

    @property
    def n_shards(self) -> int:
        """The number of shards of all members; 0 before the first committee."""
        return sum(weight for _, weight in self.weights())

    def shards(self, node: bytes) -> tuple[int, ...]:
        """A node's shards in stored order; none for one that is no member."""
        return self.members.get(node) or ()

    def weight(self, node: bytes) -> int:
        """The number of shards of a node."""
        return len(self.shards(node))

    def weights(self) -> Assignment:
        """Each member with its number of shards, by id."""
        return [(node, len(shards)) for node, shards in self.members.items()]

    def next(self, assignment: Assignment) -> Committee:
        """The committee with this assignment, moving as few shards as possible.

        Aborts unless it is for exactly as many shards as this committee has, if that has members.
        """
        return self._transition(assignment) if self else _first(assignment)

    def difference(self, other: Committee) -> Difference:
        """Who leaves and who joins on the way from this committee to `other`."""
        return Difference(
            left=[node for node in self if node not in other],
            joined=[node for node in other if node not in self],
        )

    def _transition(self, assignment: Assignment) -> Committee:
        if sum(count for _, count in assignment) != self.n_shards:
            raise abort("committee", "EInvalidShardAssignment")
        # In the order in which free shards are received: newcomers as assigned, then those that
        # grow, by id.
        receivers = dict(assignment)
        members: dict[bytes, tuple[int, ...]] = {}
        free: list[int] = []
        for node, held in self.members.items():
            count = receivers.pop(node, 0)
            if count == 0:
                free += held
                continue
            members[node] = held[:count]
            free += reversed(held[count:])
            if count > len(held):
                receivers[node] = count
        for node, count in receivers.items():
            if count:
                held = members.get(node, ())
                members[node] = (*held, *(free.pop() for _ in range(count - len(held))))
        return Committee.of(members.items())


def _first(assignment: Assignment) -> Committee:
    """0, 1, 2, ... handed out in the order of the ids."""
    members: list[tuple[bytes, Iterable[int]]] = []
    start = 0
    for node, count in sorted(assignment):
        members.append((node, range(start, start + count)))
        start += count
    return Committee.of(members)
