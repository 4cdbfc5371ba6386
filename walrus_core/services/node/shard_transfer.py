"""One shard, fetched from the node that held it in the epoch before.

Page by page, in order of the blob IDs, first the primary slivers, then the secondary ones. Each
sliver is verified against its blob's metadata, which are fetched if they are not here. How far it
came is noted in the store, so that a restart goes on from there; what the holder leaves out or
falsifies, whether it wants to or not, is for healing.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Sequence

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver, VerifiedSliver, check_slivers
from walrus_core.errors import (
    NotRegisteredError,
    ShardNotAssignedError,
    VerificationError,
    WalrusCoreError,
)
from walrus_core.protocol.committee import Member
from walrus_core.protocol.messages import SyncShardRequest
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.recovery_sources import MOST_DOUBLINGS, RecoverySources, closing
from walrus_core.services.node_api import ShardStatus
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.storage.store import Changes
from walrus_core.types import Axis, BlobId, Epoch, ShardIndex, pair_to_sliver, shard_to_pair

__all__ = ["ShardTransfer", "blob_after"]

MOST_LIES = 8
"""Slivers that do not verify after which nothing more is taken from a holder."""

LONGEST_PAUSE = 60.0
"""Seconds between two attempts, at most."""

_POSITION = struct.Struct("<IB32s")
_FIRST = BlobId(bytes(BlobId.SIZE))


class _GivenUpError(Exception):
    """The shard is not to be fetched any more, or not from this holder."""


class ShardTransfer:
    """Fetches `shard` from `holder`, in the epoch that is the present one when it is made."""

    def __init__(
        self,
        means: Means,
        membership: Membership,
        sources: RecoverySources,
        shard: ShardIndex,
        holder: Member,
    ) -> None:
        self._means = means
        self._limits = means.limits.healing
        self._membership = membership
        self._sources = sources
        self._shard = shard
        self._holder = holder
        self._epoch: Epoch = membership.epoch
        self._axis, self._start = Axis.PRIMARY, _FIRST
        self._lies = 0
        self._last_good = 0.0
        self.received = 0
        """Bytes of slivers that came, good or bad."""

    async def run(self) -> bool:
        """Fetch until the holder has nothing more; False if it is given up.

        Either way slivers may be missing afterwards.
        """
        await self._resume()
        self._last_good = asyncio.get_running_loop().time()
        failures = 0
        while True:
            before = self._last_good
            try:
                await self._fetch_all()
                return True
            except (_GivenUpError, ShardNotAssignedError):
                return False
            except (WalrusCoreError, TimeoutError) as error:
                self._sources.doubts.failed(self._holder.node_id, error)
            failures = 0 if self._last_good > before else failures + 1
            await asyncio.sleep(self._pause(failures))

    async def forget(self) -> None:
        """The shard is dealt with: the note of how far it came is not needed any more."""
        await self._note(None)

    # -- pages --------------------------------------------------------------------------------

    async def _fetch_all(self) -> None:
        while True:
            if await self._fetch_page():
                continue
            if self._axis is Axis.SECONDARY:
                return
            await self._move_on(Axis.SECONDARY, _FIRST)

    async def _fetch_page(self) -> bool:
        """Ask for the next slivers of this axis and keep them; whether there may be more."""
        self._require_current()
        request = SyncShardRequest(
            self._epoch, self._shard, self._axis, self._start, self._limits.page_slivers
        )
        key_pair = self._means.key_pair
        signed = await self._means.workers.run(SignedMessage.sign, key_pair, request)
        stream = self._sources.node(self._holder).sync_shard(signed, key_pair.public_key)
        count = 0
        async with closing(stream):
            while batch := await self._next_batch(stream, self._limits.page_slivers - count):
                count += len(batch)
                await self._keep(batch)
        return count > 0

    async def _next_batch(
        self, stream: AsyncIterator[tuple[BlobId, Sliver]], most: int
    ) -> list[tuple[BlobId, Sliver]]:
        """As much of a page as may be in memory at once; nothing at its end."""
        batch: list[tuple[BlobId, Sliver]] = []
        size = 0
        while size < self._limits.page_bytes:
            try:
                async with asyncio.timeout(self._limits.sliver_timeout):
                    blob_id, sliver = await anext(stream)
            except StopAsyncIteration:
                break
            self._require_in_order(blob_id, sliver, batch)
            if len(batch) == most:
                raise VerificationError("more slivers come than were asked for")
            batch.append((blob_id, sliver))
            size += len(sliver.data)
        return batch

    def _require_in_order(
        self, blob_id: BlobId, sliver: Sliver, batch: Sequence[tuple[BlobId, Sliver]]
    ) -> None:
        """VerificationError if this is not a sliver that may follow those before."""
        first = blob_after(batch[-1][0]) if batch else self._start
        pair = shard_to_pair(blob_id, self._shard, self._membership.n_shards)
        index = pair_to_sliver(self._axis, pair, self._membership.n_shards)
        if first is None or blob_id < first:
            raise VerificationError(f"a sliver of blob {blob_id} comes out of order")
        if sliver.axis is not self._axis or sliver.index != index:
            raise VerificationError(f"{sliver!r} of blob {blob_id} is not shard {self._shard}'s")

    async def _keep(self, batch: Sequence[tuple[BlobId, Sliver]]) -> None:
        """Store what is good of some slivers, then note that they need not come again."""
        self._require_current()
        self.received += sum(len(sliver.data) for _, sliver in batch)
        workers, store = self._means.workers, self._means.store
        metadata = await self._metadata_of([blob_id for blob_id, _ in batch])
        good, lies = await workers.run(_verified, batch, metadata)
        with contextlib.suppress(NotRegisteredError):  # one went away; healing brings the others
            await workers.run(store.put_slivers, [(self._shard, sliver) for sliver in good])
        if good:
            self._last_good = asyncio.get_running_loop().time()
        self._lies += lies
        following = blob_after(batch[-1][0])
        if following is None or lies:
            self._sources.doubts.lied(self._holder.node_id)
        if following is None or self._lies > MOST_LIES:
            raise _GivenUpError
        await self._move_on(self._axis, following)

    async def _metadata_of(self, blob_ids: Sequence[BlobId]) -> dict[BlobId, VerifiedMetadata]:
        """Those of the blobs that are kept here, fetched where they are missing."""
        records = await self._means.workers.run(self._kept, blob_ids)
        found: dict[BlobId, VerifiedMetadata] = {}
        room = asyncio.Semaphore(self._limits.nodes_at_once)

        async def fetch(blob_id: BlobId, record: BlobRecord) -> None:
            async with room:
                try:
                    found[blob_id] = await self._sources.metadata(blob_id, record)
                except (WalrusCoreError, TimeoutError):
                    return  # without them its sliver means nothing; healing tries again

        async with asyncio.TaskGroup() as group:
            for blob_id, record in records.items():
                group.create_task(fetch(blob_id, record))
        return found

    def _kept(self, blob_ids: Sequence[BlobId]) -> dict[BlobId, BlobRecord]:
        """For a worker's thread: the records of those blobs that live."""
        records = {blob_id: self._means.store.record(blob_id) for blob_id in blob_ids}
        return {
            blob_id: record
            for blob_id, record in records.items()
            if record is not None and record.live(self._epoch).is_kept
        }

    # -- how far ------------------------------------------------------------------------------

    def _require_current(self) -> None:
        """_GivenUpError if the shard went elsewhere, or nothing good came for too long.

        What is of no use does not count: else a holder could send that for ever.
        """
        status = self._membership.statuses.get(self._shard)
        since = asyncio.get_running_loop().time() - self._last_good
        if (
            self._membership.epoch != self._epoch
            or status is not ShardStatus.IN_TRANSFER
            or since >= self._limits.transfer_patience
        ):
            raise _GivenUpError

    async def _move_on(self, axis: Axis, start: BlobId) -> None:
        self._axis, self._start = axis, start
        await self._note(_POSITION.pack(self._epoch, axis.number, start.digest))

    async def _note(self, value: bytes | None) -> None:
        changes = Changes(notes={f"transfer/{self._shard}": value})
        await self._means.workers.run(self._means.store.commit, changes)

    async def _resume(self) -> None:
        """Go on where a transfer in this epoch stopped."""
        note = await self._means.workers.run(self._means.store.note, f"transfer/{self._shard}")
        if note is None:
            return
        epoch, axis, start = _POSITION.unpack(note)
        if epoch == self._epoch:
            self._axis, self._start = tuple(Axis)[axis], BlobId(start)

    def _pause(self, failures: int) -> float:
        pause = min(self._limits.first_retry * 2.0 ** min(failures, MOST_DOUBLINGS), LONGEST_PAUSE)
        return pause * self._means.chance.uniform(0.75, 1.25)


def blob_after(blob_id: BlobId) -> BlobId | None:
    """The next ID in the order of their bytes; None behind the last one."""
    number = int.from_bytes(blob_id.digest, "big") + 1
    return BlobId(number.to_bytes(BlobId.SIZE, "big")) if number < 1 << 256 else None


def _verified(
    batch: Sequence[tuple[BlobId, Sliver]], metadata: dict[BlobId, VerifiedMetadata]
) -> tuple[list[VerifiedSliver], int]:
    """The good slivers of the blobs whose metadata are here, and how many bad ones there are."""
    outcomes = [
        check_slivers(metadata[blob_id], [sliver], threads=1)[0]
        for blob_id, sliver in batch
        if blob_id in metadata
    ]
    good = [outcome for outcome in outcomes if isinstance(outcome, VerifiedSliver)]
    return good, len(outcomes) - len(good)
