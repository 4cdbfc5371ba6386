"""The search for a blob's metadata: the first that verify win (spec, chapter 8)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from walrus_core.codec.metadata import BlobMetadata, UnverifiedMetadata, VerifiedMetadata
from walrus_core.errors import (
    BlobNotFoundError,
    BlobUnavailableError,
    InconsistentBlobError,
    InvalidBlobIdError,
    MetadataNotFoundError,
    NotRegisteredError,
    VerificationError,
    WalrusCoreError,
)
from walrus_core.protocol.quorum import Threshold
from walrus_core.services.reader.roster import PASSING, Roster, Standing
from walrus_core.services.tasks import Tasks

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Member
    from walrus_core.services.ports import Workers
    from walrus_core.types import BlobId

__all__ = ["MetadataSearch"]


class MetadataSearch:
    """Asks nodes in random order, a few at once, until one gives what makes the blob ID.

    More than f shards that say there is no such blob may be f liars and one node that is behind.
    So then all others are asked at once, and have a moment to contradict; when a quorum says it,
    a certified blob would have too few holders left.
    """

    def __init__(self, roster: Roster, workers: Workers, blob_id: BlobId) -> None:
        self._roster = roster
        self._workers = workers
        self._blob_id = blob_id
        self._waiting = roster.members()
        self._again: list[Member] = []
        self._asked_at: dict[bytes, float] = {}  # of those that have not answered yet, by node ID
        self._rounds = 0
        self._found: VerifiedMetadata | None = None
        self._absent = 0
        self._invalid = 0
        self._answered = 0
        self._changed = asyncio.Event()

    async def run(self) -> VerifiedMetadata:
        """The metadata.

        BlobNotFoundError; InconsistentBlobError if more than f shards say that it was proven so;
        BlobUnavailableError.
        """
        loop = asyncio.get_running_loop()
        deadline: float | None = None
        async with Tasks() as tasks:
            while not self._found and not self._is_settled:
                if self._absent > self._roster.n_faulty_shards and deadline is None:
                    deadline = loop.time() + self._roster.options.grace
                if deadline is not None and loop.time() >= deadline:
                    break
                self._ask_more(tasks, all_at_once=deadline is not None)
                if self._asked_at:
                    await self._pause(deadline)
                elif not await self._begin_again():
                    break
                tasks.check()
        return self._outcome()

    @property
    def _is_settled(self) -> bool:
        """Whether those who have not answered can change nothing any more."""
        if self._invalid > self._roster.n_faulty_shards:
            return True
        return Threshold.QUORUM.reached(self._absent, self._roster.committee.n_shards)

    async def _begin_again(self) -> bool:
        """Ask those once more that could not be reached, after a while; False if that was it."""
        self._rounds += 1
        if not self._again or self._rounds >= self._roster.options.rounds:
            return False
        await asyncio.sleep(self._roster.options.round_pause * 2 ** (self._rounds - 1))
        self._waiting, self._again = self._again, []
        return True

    def _ask_more(self, tasks: Tasks, *, all_at_once: bool) -> None:
        """Ask the next nodes, in place of those who answered or are late."""
        options, now = self._roster.options, asyncio.get_running_loop().time()
        on_time = sum(1 for at in self._asked_at.values() if now < at + options.patience)
        room = len(self._waiting) if all_at_once else options.metadata_requests - on_time
        for member in self._waiting[: max(room, 0)]:
            self._asked_at[member.node_id] = now
            tasks.start(self._ask(member))
        del self._waiting[: max(room, 0)]

    async def _pause(self, deadline: float | None) -> None:
        """Until somebody answers or is late, or the time is over."""
        options, now = self._roster.options, asyncio.get_running_loop().time()
        looks = [at + options.patience for at in self._asked_at.values()] if self._waiting else []
        looks = [look for look in looks if look > now] + ([] if deadline is None else [deadline])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(min(looks, default=None)):
                await self._changed.wait()
        self._changed.clear()

    async def _ask(self, member: Member) -> None:
        try:
            async with asyncio.timeout(self._roster.options.node_timeout):
                metadata = await self._roster.node(member).metadata(self._blob_id)
            self._roster.traffic.metadata(metadata)
            self._found = await self._workers.run(self._verified, metadata)
        except TimeoutError:
            self._roster.lower(member, Standing.DOWN, "no metadata in time")
            self._again.append(member)
        except (MetadataNotFoundError, NotRegisteredError):
            self._answered += member.weight
            self._absent += member.weight
        except InvalidBlobIdError:
            self._answered += member.weight
            self._invalid += member.weight
        except WalrusCoreError as error:
            self._roster.blame(member, error)
            if isinstance(error, PASSING):
                self._again.append(member)
        finally:
            self._asked_at.pop(member.node_id, None)
            self._changed.set()

    def _verified(self, metadata: BlobMetadata) -> VerifiedMetadata:
        """Metadata that make the blob ID, and for as many shards as there are; VerificationError.

        Whatever a node calls verified is verified here.
        """
        claim = UnverifiedMetadata(self._blob_id, metadata.unencoded_length, metadata.pair_hashes)
        if claim.n_shards != self._roster.committee.n_shards:
            raise VerificationError(
                f"metadata for {claim.n_shards} shards; there are {self._roster.committee.n_shards}"
            )
        return claim.verify()

    def _outcome(self) -> VerifiedMetadata:
        if self._found:
            return self._found
        blob_id, n_faulty = str(self._blob_id), self._roster.n_faulty_shards
        if self._invalid > n_faulty:
            raise InconsistentBlobError(
                f"blob {blob_id} was encoded inconsistently: nodes that hold {self._invalid} shards"
                " say that this was proven on chain"
            )
        if self._absent > n_faulty:
            raise BlobNotFoundError(blob_id)
        raise BlobUnavailableError(blob_id, n_faulty + 1, self._answered)
