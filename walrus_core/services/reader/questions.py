"""What is asked of nodes in a gathering: slivers of one axis, or recovery symbols.

Answers are checked as they come: first by their numbers, then, a batch at a time in a worker, by
their hashes. A node that sends one wrong thing is not listened to any longer; what it sent before
and is right is kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from walrus_core.codec.recovery import recover_sliver
from walrus_core.codec.slivers import Sliver, VerifiedSliver, check_slivers
from walrus_core.codec.symbols import RecoverySymbol, symbol_failures
from walrus_core.errors import VerificationError, WalrusCoreError
from walrus_core.services.reader.gathering import Gathering, Request
from walrus_core.services.reader.roster import Roster
from walrus_core.services.tasks import to_the_end
from walrus_core.types import Axis, SliverPairIndex, sliver_to_pair

if TYPE_CHECKING:
    from walrus_core.codec.metadata import VerifiedMetadata
    from walrus_core.services.ports import Workers

__all__ = ["SliverQuestion", "SymbolQuestion"]

T = TypeVar("T")

VERIFIED_AT_ONCE = 2 << 20
"""Bytes of slivers: a worker's turn of some milliseconds."""


@asynccontextmanager
async def closed(answers: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """Let go of a stream at once when the body ends, wherever in it that is."""
    try:
        yield answers
    finally:
        if close := getattr(answers, "aclose", None):
            await close()


class SliverQuestion:
    """Asks for primary slivers, verifies them and gives them to `keep`, which runs in a worker."""

    def __init__(
        self,
        roster: Roster,
        metadata: VerifiedMetadata,
        workers: Workers,
        keep: Callable[[VerifiedSliver], None],
    ) -> None:
        self._roster = roster
        self._metadata = metadata
        self._workers = workers
        self._keep = keep

    async def ask(self, gathering: Gathering, request: Request) -> None:
        """One request. VerificationError after the first wrong sliver."""
        node = self._roster.node(request.member)
        batch: dict[SliverPairIndex, Sliver] = {}
        failure: WalrusCoreError | None = None
        size = 0
        answers = node.slivers(self._metadata.blob_id, Axis.PRIMARY, list(request.open))
        try:
            async with closed(answers):
                async for sliver in answers:
                    request.heard()
                    self._roster.traffic.sliver(sliver)
                    batch[self._place(sliver, request, batch)] = sliver
                    size += sliver.data.nbytes
                    if size >= VERIFIED_AT_ONCE:
                        await self._take(gathering, request, batch)
                        batch, size = {}, 0
                    if len(batch) == len(request.open):
                        break
                    request.wait()
        except WalrusCoreError as error:
            failure = error
        request.waiting_since = None
        await self._take(gathering, request, batch)
        if failure:
            raise failure

    def _place(
        self, sliver: Sliver, request: Request, batch: dict[SliverPairIndex, Sliver]
    ) -> SliverPairIndex:
        """The pair of a sliver that was asked for and has not come yet; VerificationError."""
        pair = SliverPairIndex(sliver.index)
        if sliver.axis is not Axis.PRIMARY or pair not in request.open or pair in batch:
            raise VerificationError(f"{sliver.axis} sliver {sliver.index} was not asked for")
        return pair

    async def _take(
        self, gathering: Gathering, request: Request, batch: dict[SliverPairIndex, Sliver]
    ) -> None:
        if not batch:
            return
        slivers = list(batch.values())
        outcomes = await to_the_end(self._workers.run(self._verify_and_keep, slivers))
        failure: VerificationError | None = None
        for pair, outcome in zip(batch, outcomes, strict=True):
            if outcome is None:
                self._roster.traffic.slivers += 1
                gathering.got(request, pair)
            else:
                failure = failure or outcome
        if failure:
            raise failure

    def _verify_and_keep(self, slivers: list[Sliver]) -> list[VerificationError | None]:
        outcomes = check_slivers(self._metadata, slivers, threads=1)
        for outcome in outcomes:
            if isinstance(outcome, VerifiedSliver):
                self._keep(outcome)
        return [each if isinstance(each, VerificationError) else None for each in outcomes]


class SymbolQuestion:
    """Asks for the recovery symbols of the primary slivers in the pairs `targets`.

    What is gathered are source pairs: one is there when its symbols for all targets are.
    """

    def __init__(
        self,
        roster: Roster,
        metadata: VerifiedMetadata,
        workers: Workers,
        targets: Sequence[SliverPairIndex],
    ) -> None:
        self._roster = roster
        self._metadata = metadata
        self._workers = workers
        self._targets = list(targets)
        self._symbols: dict[SliverPairIndex, list[RecoverySymbol]] = {
            target: [] for target in targets
        }

    async def ask(self, gathering: Gathering, request: Request) -> None:
        """One request. VerificationError if any symbol is wrong."""
        found: dict[tuple[SliverPairIndex, SliverPairIndex], RecoverySymbol] = {}
        failure: WalrusCoreError | None = None
        try:
            await self._listen(request, found)
        except WalrusCoreError as error:
            failure = error
        request.waiting_since = None
        complete = [
            source
            for source in request.open
            if all((target, source) in found for target in self._targets)
        ]
        for target in self._targets:
            await self._check(target, [found[target, source] for source in complete])
        for source in complete:
            for target in self._targets:
                self._symbols[target].append(found[target, source])
            gathering.got(request, source)
        if failure:
            raise failure

    async def _listen(
        self,
        request: Request,
        found: dict[tuple[SliverPairIndex, SliverPairIndex], RecoverySymbol],
    ) -> None:
        """Fill `found`, by target and source; VerificationError for what was not asked for."""
        answers = self._roster.node(request.member).recovery_symbols(
            self._metadata.blob_id, Axis.PRIMARY, self._targets, list(request.open)
        )
        async with closed(answers):
            async for target, symbol in answers:
                request.heard()
                self._roster.traffic.symbol(symbol)
                key = target, self._source(symbol)
                if key in found or target not in self._symbols or key[1] not in request.open:
                    raise VerificationError(f"a symbol of source {key[1]} was not asked for")
                found[key] = symbol
                if len(found) == len(request.open) * len(self._targets):
                    return
                request.wait()

    async def recover(self, target: SliverPairIndex) -> VerifiedSliver:
        """A target, once enough is gathered. InconsistentBlobError."""
        sliver = await self._workers.run(
            recover_sliver, self._metadata, Axis.PRIMARY, target, self._symbols[target]
        )
        self._roster.traffic.recovered += 1
        return sliver

    def _source(self, symbol: RecoverySymbol) -> SliverPairIndex:
        if symbol.index >= self._metadata.n_shards:
            raise VerificationError(f"a symbol of source {symbol.index}, which does not exist")
        return sliver_to_pair(Axis.SECONDARY, symbol.index, self._metadata.n_shards)

    async def _check(self, target: SliverPairIndex, symbols: list[RecoverySymbol]) -> None:
        failures = await self._workers.run(
            symbol_failures, self._metadata, symbols, Axis.PRIMARY, target
        )
        if failures:
            raise VerificationError.of_batch(failures, len(symbols), "recovery symbols")
