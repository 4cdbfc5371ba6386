"""Reading the chain in order: bounds, cursors, watermarks, and what ends a list.

A place is (checkpoint, rank): items have the ranks from 1 on, 0 is before all of a checkpoint, and
the last one behind all. A cursor is the twelve bytes of a place.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.rpc.statuses import invalid

__all__ = ["Find", "Frame", "Scan", "frames", "news"]

_CURSOR = struct.Struct(">QI")
_BEFORE_ALL = 0
_BEHIND_ALL = 2**32 - 1
_USUAL_LIMIT = 50
_LARGEST_LIMIT = 1000
_PAUSE_EVERY = 200
"""Checkpoints read, before other calls get their turn."""

Place: TypeAlias = tuple[int, int]
_Item = TypeVar("_Item")
Find: TypeAlias = Callable[[int], Sequence[tuple[int, _Item]]]
"""The items of a checkpoint that match, each with its index there, ascending."""


@dataclass(frozen=True, slots=True)
class Frame(Generic[_Item]):
    """One message of a stream: an item or none, how far the stream is, and on the last one, why.

    `checkpoint` is where the item is, or how far it was looked for.
    """

    checkpoint: int
    item: _Item | None
    watermark: v2.Watermark
    end: v2.QueryEnd | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """The checkpoints to read, in order; of them, the items between two places; and at most how
    many. `end` is why it is over when there are fewer.
    """

    checkpoints: range
    after: Place
    before: Place
    limit: int
    end: v2.QueryEndReason

    @classmethod
    def of(
        cls, start: int | None, stop: int | None, options: v2.QueryOptions | None, tip: int
    ) -> Scan:
        """What a request asks for, of a chain whose last checkpoint is `tip`.

        Raises RpcError (INVALID_ARGUMENT) for bounds that cannot be.
        """
        options = options or v2.QueryOptions()
        start = start or 0
        if stop is not None and start > stop:
            raise invalid("start_checkpoint", f"{start:,} > end_checkpoint {stop:,}")
        after = _place("options.after", options.after) or (0, _BEFORE_ALL)
        before = _place("options.before", options.before) or (2**64 - 1, _BEHIND_ALL)
        first = max(start, after[0])
        beyond = max(first, min(tip + 1 if stop is None else stop, tip + 1, before[0] + 1))
        limit = min(options.limit or _USUAL_LIMIT, _LARGEST_LIMIT)
        reason = v2.QueryEndReason
        if options.ordering == v2.Ordering.DESCENDING:
            by_cursor = options.after is not None and after[0] >= start
            end = reason.CURSOR_BOUND if by_cursor else reason.CHECKPOINT_BOUND
            return cls(range(first, beyond)[::-1], after, before, limit, end)
        if options.before is not None and before[0] < beyond:
            end = reason.CURSOR_BOUND
        else:
            end = reason.LEDGER_TIP if stop is None or stop > tip + 1 else reason.CHECKPOINT_BOUND
        return cls(range(first, beyond), after, before, limit, end)

    @property
    def descending(self) -> bool:
        return self.checkpoints.step < 0

    def covers(self, checkpoint: int) -> bool:
        """Whether all of a checkpoint is between the two places."""
        return self.after <= (checkpoint, _BEFORE_ALL) and (checkpoint, _BEHIND_ALL) <= self.before

    @property
    def edge(self) -> Place:
        """Where it is over."""
        bound = self.after if self.descending else self.before
        if self.end is v2.QueryEndReason.CURSOR_BOUND:
            return bound
        if not self.checkpoints:
            return self.before if self.descending else self.after
        return self.checkpoints[-1], _BEFORE_ALL if self.descending else _BEHIND_ALL


async def frames(scan: Scan, find: Find[_Item]) -> AsyncIterator[Frame[_Item]]:
    """A list: its items, and its end."""
    count, covered = 0, None
    for turn, checkpoint in enumerate(scan.checkpoints, 1):
        found = find(checkpoint)
        for index, item in reversed(found) if scan.descending else found:
            place = (checkpoint, index + 1)
            if scan.after < place < scan.before:
                count += 1
                last = v2.QueryEnd(v2.QueryEndReason.ITEM_LIMIT) if count == scan.limit else None
                yield Frame(checkpoint, item, watermark(place, covered), last)
                if last is not None:
                    return
        if scan.covers(checkpoint):
            covered = checkpoint
        if turn % _PAUSE_EVERY == 0:
            await asyncio.sleep(0)
    yield Frame(scan.edge[0], None, watermark(scan.edge, covered), v2.QueryEnd(scan.end))


async def news(
    heads: AsyncIterator[int], tip: int, find: Find[_Item]
) -> AsyncIterator[Frame[_Item]]:
    """A subscription: what matches in the checkpoints after `tip`, of which `heads` tells the last
    one whenever there are new ones. When nothing matches, a frame says how far it looked.
    """
    async for head in heads:
        for checkpoint in range(tip + 1, head + 1):
            for index, item in find(checkpoint):
                place = (checkpoint, index + 1)
                yield Frame(checkpoint, item, watermark(place, checkpoint - 1))
        yield Frame(head, None, watermark((head, _BEHIND_ALL), head))
        tip = head


def watermark(place: Place, covered: int | None) -> v2.Watermark:
    """How far a stream is, and up to which checkpoint it is complete."""
    return v2.Watermark(cursor=_CURSOR.pack(*place), checkpoint=covered)


def _place(field: str, cursor: bytes | None) -> Place | None:
    if cursor is None:
        return None
    if len(cursor) != _CURSOR.size:
        raise invalid(field, "not a cursor of this server")
    checkpoint, rank = _CURSOR.unpack(cursor)
    return checkpoint, rank
