"""Whom to ask for which sliver pairs, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING

from walrus_core.services.reader.roster import Roster

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Member
    from walrus_core.types import BlobId, SliverPairIndex

__all__ = ["Candidates"]


class Candidates:
    """Sliver pairs that can still be asked for, in batches of one holder each.

    Those of good nodes come first, and among them the `preferred` pairs. The nodes take turns, in
    random order, weighted by their shards.
    """

    def __init__(
        self,
        roster: Roster,
        blob_id: BlobId,
        preferred: Iterable[SliverPairIndex],
        others: Iterable[SliverPairIndex],
        batch: int,
    ) -> None:
        self._roster = roster
        self._blob_id = blob_id
        self._batch = batch
        self._batches: list[tuple[Member, list[SliverPairIndex]]] = []
        for stage in preferred, others:
            self.add(stage)

    def add(self, pairs: Iterable[SliverPairIndex]) -> None:
        """More pairs, to be asked for after the others."""
        of_holder: dict[bytes, list[SliverPairIndex]] = {}
        for pair in pairs:
            holder = self._roster.committee.holder_of_pair(self._blob_id, pair)
            of_holder.setdefault(holder.node_id, []).append(pair)
        turns = [
            [(member, left[at : at + self._batch]) for at in range(0, len(left), self._batch)]
            for member in self._roster.members()
            if (left := of_holder.get(member.node_id))
        ]
        for turn in zip_longest(*turns):
            self._batches.extend(batch for batch in turn if batch)

    def take(
        self, most: int, busy: Mapping[bytes, int]
    ) -> tuple[Member, list[SliverPairIndex]] | None:
        """The next batch, of at most so many pairs; None if whoever could be asked is too `busy`.

        `busy`: requests that each node is answering.
        """
        limit = self._roster.options.node_requests
        free = [
            number
            for number, (member, _) in enumerate(self._batches)
            if busy.get(member.node_id, 0) < limit
        ]
        if not free:
            return None
        number = min(free, key=lambda number: self._roster.standing(self._batches[number][0]))
        member, pairs = self._batches[number]
        if len(pairs) <= most:
            del self._batches[number]
            return member, pairs
        self._batches[number] = member, pairs[most:]
        return member, pairs[:most]

    def __bool__(self) -> bool:
        return bool(self._batches)
