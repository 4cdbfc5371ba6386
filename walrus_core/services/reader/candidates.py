"""Whom to ask for which sliver pairs, and in which order."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from walrus_core.services.reader.roster import Roster, Standing

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Member
    from walrus_core.types import BlobId, SliverPairIndex

__all__ = ["Candidates"]


@dataclass(slots=True, eq=False)
class Batch:
    """Pairs of one holder, to be asked for at once."""

    holder: Member
    pairs: list[SliverPairIndex]
    is_preferred: bool


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
        self._batches: list[Batch] = []
        self.add(preferred, is_preferred=True)
        self.add(others)

    def add(self, pairs: Iterable[SliverPairIndex], *, is_preferred: bool = False) -> None:
        """More pairs, to be asked for after others like them."""
        of_holder: dict[bytes, list[SliverPairIndex]] = {}
        for pair in pairs:
            holder = self._roster.committee.holder_of_pair(self._blob_id, pair)
            of_holder.setdefault(holder.node_id, []).append(pair)
        turns = [
            [
                Batch(member, left[at : at + self._batch], is_preferred)
                for at in range(0, len(left), self._batch)
            ]
            for member in self._roster.members()
            if (left := of_holder.get(member.node_id))
        ]
        for turn in zip_longest(*turns):
            self._batches.extend(batch for batch in turn if batch)

    def take(
        self, most: int, busy: Mapping[bytes, int], late: Container[bytes]
    ) -> tuple[Member, list[SliverPairIndex]] | None:
        """The next batch, of at most so many pairs; None if there is none, or if good holders of
        better ones only have to finish what they are at.

        `busy`: requests that each node is answering; `late`: who is late with one.
        """

        def rank(batch: Batch) -> tuple[Standing, bool]:
            standing = self._roster.standing(batch.holder)
            if batch.holder.node_id in late:
                standing = max(standing, Standing.LATE)
            return standing, not batch.is_preferred

        limit = self._roster.options.node_requests
        free = [each for each in self._batches if busy.get(each.holder.node_id, 0) < limit]
        if not free:
            return None
        best, chosen = min(map(rank, self._batches)), min(free, key=rank)
        if best[0] is Standing.GOOD and rank(chosen) > best:
            return None
        return chosen.holder, self._cut(chosen, most)

    def _cut(self, batch: Batch, most: int) -> list[SliverPairIndex]:
        """Its first pairs; the batch goes when it is empty."""
        pairs, batch.pairs = batch.pairs[:most], batch.pairs[most:]
        if not batch.pairs:
            self._batches.remove(batch)
        return pairs
