"""Whom to ask for what a node lacks: who should have it, who lately lied or was silent.

Nodes are asked in a random order in which one with more shards tends to stand further in front, so
that those who heal burden the others by their shards. Those in doubt come last, but they do come:
a blob may need them.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from walrus_core.codec.metadata import BlobMetadata, UnverifiedMetadata, VerifiedMetadata
from walrus_core.errors import (
    BlobUnavailableError,
    NodeError,
    OverloadedError,
    VerificationError,
    WalrusCoreError,
)
from walrus_core.protocol.committee import Committee, Member
from walrus_core.services.node.healing_limits import HealingLimits
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node_api import NodeApi
from walrus_core.services.ports import Committees
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.types import BlobId, SliverPairIndex

__all__ = [
    "Doubts",
    "RecoverySources",
    "Source",
    "ask_in_turn",
    "closing",
    "first_certified_epoch",
    "in_weighted_order",
]

T = TypeVar("T")

MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Source:
    """A node, and the sliver pairs of one blob that it should have."""

    member: Member
    pairs: tuple[SliverPairIndex, ...]


class Doubts:
    """Who lied, or did not answer, and how long that is held against it.

    Times are the event loop's, in seconds. Silence counts longer each time, until an answer comes:
    to wait for the silent is what takes longest.
    """

    def __init__(self, limits: HealingLimits) -> None:
        self._limits = limits
        self._until: dict[bytes, float] = {}
        self._silences: dict[bytes, int] = {}
        self.lies = 0
        """How many were told so far."""

    def answered(self, node_id: bytes) -> None:
        self._silences.pop(node_id, None)

    def lied(self, node_id: bytes) -> None:
        """What a node sent was not what it should have been: that is no accident."""
        self.lies += 1
        self._doubt(node_id, self._limits.liar_seconds)

    def failed(self, node_id: bytes, error: Exception) -> None:
        """A node did not answer, or refused. To be without something is no fault."""
        match error:
            case OverloadedError():
                self._doubt(node_id, min(error.retry_after, self._limits.liar_seconds))
            case VerificationError():
                self.lied(node_id)
            case NodeError():
                pass
            case _:
                silences = self._silences.get(node_id, 0)
                self._silences[node_id] = min(silences + 1, MOST_DOUBLINGS)
                seconds = self._limits.silent_seconds * 2.0**silences
                self._doubt(node_id, min(seconds, self._limits.liar_seconds))

    def is_doubted(self, node_id: bytes) -> bool:
        until = self._until.get(node_id)
        if until is None:
            return False
        if until <= asyncio.get_running_loop().time():
            del self._until[node_id]
            return False
        return True

    def _doubt(self, node_id: bytes, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self._until[node_id] = max(until, self._until.get(node_id, until))


class RecoverySources:
    """The other nodes, as those from whom a blob's metadata and symbols may be had."""

    def __init__(self, means: Means, membership: Membership) -> None:
        self._means = means
        self._membership = membership
        self._limits = means.limits.healing
        self.doubts = Doubts(self._limits)

    def node(self, member: Member) -> NodeApi:
        return self._means.peers.node(member)

    def of(self, blob_id: BlobId, record: BlobRecord) -> list[Source]:
        """Who should have slivers of a blob, in the order in which to ask."""
        return [
            Source(member, committee.pairs_of(member, blob_id))
            for committee in committees_with(record, self._membership.committees)
            for member in self.others(committee)
        ]

    def others(self, committee: Committee) -> list[Member]:
        """The other members of a committee in the order in which to ask them."""
        members = (each for each in committee.members if each.node_id != self._means.node_id)
        ordered = in_weighted_order(members, self._means.chance)
        return sorted(ordered, key=lambda member: self.doubts.is_doubted(member.node_id))

    async def metadata(self, blob_id: BlobId, record: BlobRecord) -> VerifiedMetadata:
        """A blob's metadata, from the store or else from any node; then they are in the store.

        BlobUnavailableError if no node gives them; what the store raises.
        """
        workers, store = self._means.workers, self._means.store
        metadata = await workers.run(store.metadata, blob_id)
        if metadata is not None:
            return metadata
        members: dict[bytes, Member] = {}
        for source in self.of(blob_id, record):
            members.setdefault(source.member.node_id, source.member)
        metadata = await self._first(list(members.values()), blob_id)
        if metadata is None:
            raise BlobUnavailableError(str(blob_id), 1, 0)
        await workers.run(store.put_metadata, metadata)
        return metadata

    async def _first(self, members: Sequence[Member], blob_id: BlobId) -> VerifiedMetadata | None:
        """The metadata that are the first to come and verify; a few nodes are asked at once."""
        found: list[VerifiedMetadata] = []

        async def ask(member: Member) -> bool:
            metadata = await self._ask_for_metadata(member, blob_id)
            if metadata is not None:
                found.append(metadata)
            return metadata is not None

        await ask_in_turn(members, self._limits.metadata_at_once, ask)
        return found[0] if found else None

    async def _ask_for_metadata(self, member: Member, blob_id: BlobId) -> VerifiedMetadata | None:
        try:
            async with asyncio.timeout(self._limits.metadata_timeout):
                answer = await self.node(member).metadata(blob_id)
            self.doubts.answered(member.node_id)
            return await self._means.workers.run(
                _verified, blob_id, answer, self._membership.n_shards
            )
        except (WalrusCoreError, TimeoutError) as error:
            self.doubts.failed(member.node_id, error)
            return None


def committees_with(record: BlobRecord, committees: Committees) -> list[Committee]:
    """The committees that should have a certified blob, the likelier one first.

    While shards move, what was certified before is where it was; afterwards it may still be.
    """
    current, previous = committees.current, committees.previous
    if previous is None:
        return [current]
    first = first_certified_epoch(record)
    is_moving = committees.phase == "sync" and first is not None and first < current.epoch
    return [previous, current] if is_moving else [current, previous]


def first_certified_epoch(record: BlobRecord) -> int | None:
    """The epoch in which a blob was certified first, by the registrations that are left."""
    epochs = (each.certified_epoch for each in record.registrations)
    return min((epoch for epoch in epochs if epoch is not None), default=None)


def in_weighted_order(members: Iterable[Member], chance: random.Random) -> list[Member]:
    """All of them in random order: each next one is drawn by the shards of those left.

    Who first hears of an event that comes as often as it has shards goes first (Efraimidis and
    Spirakis, "Weighted random sampling with a reservoir", 2006).
    """
    waits = [(chance.expovariate(member.weight), member) for member in members]
    return [member for _, member in sorted(waits, key=lambda wait: (wait[0], wait[1].node_id))]


async def ask_in_turn(
    members: Iterable[Member], at_once: int, ask: Callable[[Member], Awaitable[bool]]
) -> None:
    """Ask one after the other, `at_once` at a time, until one answer is True or all were asked."""
    waiting = iter(members)
    tasks: list[asyncio.Task[None]] = []

    async def ask_one_after_the_other() -> None:
        for member in waiting:
            if await ask(member):
                for task in tasks:
                    if task is not asyncio.current_task():
                        task.cancel()
                return

    async with asyncio.TaskGroup() as group:
        tasks += [group.create_task(ask_one_after_the_other()) for _ in range(at_once)]


@contextlib.asynccontextmanager
async def closing(stream: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """A stream that ends with the block even if it was not read to its end."""
    try:
        yield stream
    finally:
        close: Callable[[], object] | None = getattr(stream, "aclose", None)
        if close is not None:
            await stream.aclose()  # type: ignore[attr-defined]


def _verified(blob_id: BlobId, answer: BlobMetadata, n_shards: int) -> VerifiedMetadata:
    """Metadata as a stranger sent them, verified. VerificationError."""
    if answer.blob_id != blob_id or answer.n_shards != n_shards:
        raise VerificationError(
            f"metadata of blob {answer.blob_id} for {answer.n_shards} shards instead of"
            f" {blob_id} for {n_shards}"
        )
    return UnverifiedMetadata(blob_id, answer.unencoded_length, answer.pair_hashes).verify()
