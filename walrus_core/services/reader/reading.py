"""One blob while it is read: from whom, by which metadata, and how its primary slivers are had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from walrus_core.errors import BlobUnavailableError
from walrus_core.services.reader.candidates import Candidates
from walrus_core.services.reader.gathering import Ask, Gathering
from walrus_core.services.reader.questions import SliverQuestion, SymbolQuestion
from walrus_core.services.reader.roster import Roster
from walrus_core.types import Axis, SliverPairIndex

if TYPE_CHECKING:
    from walrus_core.codec.metadata import VerifiedMetadata
    from walrus_core.codec.slivers import VerifiedSliver
    from walrus_core.services.ports import Workers

__all__ = ["Reading"]

FEWEST_REQUESTS, MOST_REQUESTS = 4, 64
"""At once, whatever the size of slivers."""


class Reading:
    """A blob of which the metadata are known. Primary sliver p is in pair p, so rows are pairs."""

    def __init__(self, roster: Roster, metadata: VerifiedMetadata, workers: Workers) -> None:
        self.roster = roster
        self.metadata = metadata
        self.workers = workers
        self.config = metadata.config
        self.size = metadata.unencoded_length
        self.row_size = self.config.sliver_size(Axis.PRIMARY, self.size)
        self.n_rows = self.config.n_primary_source_symbols

    @property
    def _most_requests(self) -> int:
        fitting = self.roster.options.in_flight // max(self.row_size, 1)
        return min(max(fitting, FEWEST_REQUESTS), MOST_REQUESTS)

    async def gather_enough(self, keep: Callable[[VerifiedSliver], None]) -> None:
        """k1 primary slivers, source slivers where they can be had. BlobUnavailableError."""
        sources = [SliverPairIndex(row) for row in range(self.n_rows)]
        repair = [SliverPairIndex(row) for row in range(self.n_rows, self.config.n_shards)]
        candidates = self._candidates(sources, self.roster.shuffled(repair), self.row_size)
        question = SliverQuestion(self.roster, self.metadata, self.workers, keep)
        got = await self._gathering(candidates, self.n_rows, question.ask, "slivers").run()
        if got < self.n_rows:
            raise BlobUnavailableError(str(self.metadata.blob_id), self.n_rows, got)

    async def gather_rows(
        self, rows: Sequence[int], keep: Callable[[VerifiedSliver], None], *, patient: bool
    ) -> None:
        """Those of these source slivers that their holders give."""
        pairs = [SliverPairIndex(row) for row in rows]
        candidates = self._candidates(pairs, [], self.row_size)
        question = SliverQuestion(self.roster, self.metadata, self.workers, keep)
        await self._gathering(
            candidates, len(pairs), question.ask, "slivers", patient=patient
        ).run()

    async def recover_rows(self, rows: Sequence[int]) -> list[VerifiedSliver]:
        """These source slivers, from recovery symbols that others give.

        BlobUnavailableError, InconsistentBlobError.
        """
        targets = [SliverPairIndex(row) for row in rows]
        sources = [SliverPairIndex(pair) for pair in range(self.config.n_shards)]
        needed = self.config.n_sliver_symbols(Axis.PRIMARY)
        question = SymbolQuestion(self.roster, self.metadata, self.workers, targets)
        size = len(targets) * self._symbol_cost
        candidates = self._candidates(self.roster.shuffled(sources), [], size)
        # The blob takes fewer shards: who is late for a symbol is not waited for.
        got = await self._gathering(
            candidates, needed, question.ask, "symbols", patient=False
        ).run()
        if got < needed:
            raise BlobUnavailableError(str(self.metadata.blob_id), needed, got)
        return [await question.recover(target) for target in targets]

    def recovery_cost(self, n_rows: int) -> int:
        """Bytes that `recover_rows` takes for so many rows."""
        return n_rows * self.config.n_sliver_symbols(Axis.PRIMARY) * self._symbol_cost

    @property
    def _symbol_cost(self) -> int:
        """Bytes of a symbol with its path."""
        return self.metadata.symbol_size + 32 * (self.config.n_shards - 1).bit_length()

    def _candidates(
        self,
        preferred: Sequence[SliverPairIndex],
        others: Sequence[SliverPairIndex],
        size: int,
    ) -> Candidates:
        """Pairs of which each brings `size` bytes."""
        batch = max(self.roster.options.batch // size, 1)
        return Candidates(self.roster, self.metadata.blob_id, preferred, others, batch)

    def _gathering(
        self, candidates: Candidates, needed: int, ask: Ask, kind: str, *, patient: bool = True
    ) -> Gathering:
        pace = self.roster.experience.pace(kind, self.row_size)
        return Gathering(
            self.roster, candidates, needed, self._most_requests, ask, pace, patient=patient
        )
