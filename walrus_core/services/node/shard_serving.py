"""The other side of a shard's transfer: who may have its slivers, and how they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from walrus_core.codec.slivers import Sliver
from walrus_core.errors import (
    InvalidArgumentError,
    ShardNotAssignedError,
    UnauthorizedError,
    WrongEpochError,
)
from walrus_core.protocol.keys import PublicKey
from walrus_core.protocol.messages import SyncShardRequest
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.storage.store import SliverKey
from walrus_core.types import BlobId, ShardIndex

__all__ = ["ShardServing"]

MOST_LOOKED_AT = 1000
"""Slivers of one step, whether they are worth sending or not."""


@dataclass(frozen=True, slots=True)
class _Step:
    """Some slivers, and the blob from which to go on; None if there are no more."""

    slivers: tuple[tuple[BlobId, Sliver], ...]
    following: BlobId | None


class ShardServing:
    """Answers SyncShardRequests."""

    def __init__(self, means: Means, membership: Membership) -> None:
        self._means = means
        self._limits = means.limits.healing
        self._membership = membership

    async def serve(
        self, signed: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        """The slivers that are asked for, by blob ID, of blobs that live.

        InvalidArgumentError for what is no such request, or one for too much; UnauthorizedError
        unless the key is that of the shard's present holder, SignatureError if the request is not
        signed with it; WrongEpochError, ShardNotAssignedError.
        """
        request = self._request(signed, public_key)
        await self._means.workers.run(signed.verify, public_key)
        following: BlobId | None = request.starting_blob_id
        left = request.sliver_count
        while following is not None and left > 0:
            self._require_epoch(request)
            step = await self._means.workers.run(self._read, request, following, left)
            for blob_id, sliver in step.slivers:
                yield blob_id, sliver
            left -= len(step.slivers)
            following = step.following

    def _request(self, signed: SignedMessage, public_key: PublicKey) -> SyncShardRequest:
        """What is asked, if it may be asked by whoever has this key; the signature is still to be
        verified, which costs more than all this.
        """
        request = SyncShardRequest.from_bytes(signed.serialized_message)
        self._require_epoch(request)
        committee = self._membership.committees.current
        if request.shard >= committee.n_shards:
            raise InvalidArgumentError(f"shard {request.shard} >= {committee.n_shards} shards")
        if committee.holder_of_shard(request.shard).public_key != public_key:
            raise UnauthorizedError(
                f"shard {request.shard} is not the caller's in epoch {committee.epoch}"
            )
        if request.sliver_count > self._limits.most_page_slivers:
            raise InvalidArgumentError(
                f"{request.sliver_count:,} > {self._limits.most_page_slivers:,} slivers at once"
            )
        if request.shard not in self._membership.statuses:
            raise ShardNotAssignedError(request.shard, committee.epoch)
        return request

    def _require_epoch(self, request: SyncShardRequest) -> None:
        if request.epoch != self._membership.epoch:
            raise WrongEpochError(self._membership.epoch, request.epoch)

    def _read(self, request: SyncShardRequest, start: BlobId, most: int) -> _Step:
        """For a worker's thread: as many slivers as may be in memory at once."""
        store, found = self._means.store, list[tuple[BlobId, Sliver]]()
        size = looked_at = 0
        shard, axis = ShardIndex(request.shard), request.axis
        for blob_id in store.slivers_of(shard, axis, start):
            enough = size >= self._limits.page_bytes or len(found) >= most
            if enough or looked_at >= MOST_LOOKED_AT:
                return _Step(tuple(found), blob_id)
            looked_at += 1
            record = store.record(blob_id)
            if record is None or not record.live(request.epoch).is_kept:
                continue
            sliver = store.sliver(SliverKey(shard, axis, blob_id))
            if sliver is not None:
                found.append((blob_id, sliver))
                size += len(sliver.data)
        return _Step(tuple(found), None)
