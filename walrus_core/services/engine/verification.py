"""Slivers in; which of them are what the metadata commit to out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver, VerifiedSliver, check_slivers
from walrus_core.errors import InvalidArgumentError
from walrus_core.services.engine.gathering import Begun, Table, sliver_of
from walrus_core.services.engine.intake import check_size, lane_for
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.packer import Piece, Verdict
from walrus_core.services.engine.pool import Job, Lane, Pool
from walrus_core.types import Axis, SliverPairIndex

__all__ = ["judged"]

AT_ONCE = 16 << 20
"""Bytes of slivers that are verified together, or one sliver."""

REASONS = 1 << 20
"""Bytes of the reasons that are given in words in one answer. Of all slivers of 49,155 shards they
would be more than a gRPC message may have.
"""

BAD = "bad"
"""What is said of the others."""


async def judged(
    metadata: VerifiedMetadata, pieces: AsyncIterator[Piece], pool: Pool, options: EngineOptions
) -> list[Verdict]:
    """A verdict on each sliver, in the order in which they were complete.

    Those that have begun and are not complete may be as many bytes as are verified together;
    InvalidArgumentError for more, and for pieces that are none.
    """
    check_size(metadata.config, metadata.unencoded_length, options)
    lane = lane_for(metadata.config, metadata.unencoded_length, pool)
    table = Table(metadata)
    most = max(AT_ONCE, 2 * max(table.size(axis) for axis in Axis))
    async with lane.memory.lend(3 * most):  # incomplete, complete, and one put together
        judging = _Judging(metadata, table, most, lane, pool)
        async for piece in pieces:
            await judging.add(piece)
        return await judging.finish()


class Words:
    """What is left of the room for reasons in one answer."""

    def __init__(self) -> None:
        self._left = REASONS

    def fitting(self, reason: str) -> str:
        """The reason, or a short one when there were many."""
        if len(reason) > self._left:
            return BAD
        self._left -= len(reason)
        return reason


class _Judging:
    def __init__(
        self, metadata: VerifiedMetadata, table: Table, most: int, lane: Lane, pool: Pool
    ) -> None:
        self._metadata = metadata
        self._table = table
        self._most = most
        self._lane = lane
        self._pool = pool
        self._parts: dict[tuple[Axis, SliverPairIndex], list[bytes]] = {}
        self._incomplete_bytes = 0
        self._complete: list[tuple[Begun, Sliver]] = []
        self._complete_bytes = 0
        self._verdicts: list[Verdict] = []
        self._words = Words()

    async def add(self, piece: Piece) -> None:
        begun = self._table.add(piece)
        key = begun.axis, begun.pair
        self._parts.setdefault(key, []).append(piece.data)
        self._incomplete_bytes += len(piece.data)
        if self._table.is_complete(begun):
            data = b"".join(self._parts.pop(key))
            self._incomplete_bytes -= len(data)
            self._complete.append((begun, sliver_of(self._metadata, begun, data)))
            self._complete_bytes += len(data)
            if self._complete_bytes >= min(self._most, AT_ONCE):
                await self._judge()
        elif self._incomplete_bytes > self._most:
            raise InvalidArgumentError(
                f"{len(self._parts)} slivers have begun and not ended, with"
                f" {self._incomplete_bytes:,} > {self._most:,} bytes; send one after the other"
            )

    async def finish(self) -> list[Verdict]:
        self._table.finish()
        await self._judge()
        return self._verdicts

    async def _judge(self) -> None:
        complete, self._complete, self._complete_bytes = self._complete, [], 0
        slivers = [sliver for _, sliver in complete]

        def check(job: Job) -> list[str]:
            outcomes = check_slivers(self._metadata, slivers, job.threads, job.cancel)
            return [
                "" if isinstance(outcome, VerifiedSliver) else str(outcome) for outcome in outcomes
            ]

        reasons = await self._pool.run(self._lane, check) if slivers else []
        self._verdicts += [
            Verdict(begun.axis, begun.pair, self._words.fitting(reason))
            for (begun, _), reason in zip(complete, reasons, strict=True)
        ]
