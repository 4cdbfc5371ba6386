"""A storage node: its parts, put together, behind the port `NodeApi`."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import TYPE_CHECKING

from walrus_core.codec.metadata import BlobMetadata, VerifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import ChainUnavailableError, StorageError
from walrus_core.protocol.keys import KeyPair, PublicKey
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node.blob_status import status_of
from walrus_core.services.node.chronicle import Consequences
from walrus_core.services.node.condition import Condition
from walrus_core.services.node.confirming import Confirming
from walrus_core.services.node.follower import Follower
from walrus_core.services.node.handover import Handover
from walrus_core.services.node.healing import Healing
from walrus_core.services.node.inconsistency import Inconsistency
from walrus_core.services.node.limits import NodeLimits
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.pending import PendingBuffer
from walrus_core.services.node.reading import Reading
from walrus_core.services.node.receiving import Receiving
from walrus_core.services.node.recovery_sources import RecoverySources
from walrus_core.services.node.registry import Registry
from walrus_core.services.node.upkeep import Upkeep
from walrus_core.services.node.wanted import Wanted
from walrus_core.services.node_api import (
    BlobStatus,
    Holdings,
    NodeApi,
    NodeHealth,
    Peers,
    StoredStatus,
)
from walrus_core.services.ports import NodeChain, Workers
from walrus_core.storage.store import SliverStore
from walrus_core.types import Axis, BlobId, SliverPairIndex

__all__ = ["StorageNode"]

DEFAULT_LIMITS = NodeLimits()

_log = logging.getLogger(__name__)


class StorageNode:
    """Implements `NodeApi`, once `start` has returned; `run` does what nobody asks for.

    `store` stays the caller's to close, after `stop`. `draining` says that the node is about to
    stop; whoever serves it should take no more calls.
    """

    def __init__(
        self,
        node_id: bytes,
        key_pair: KeyPair,
        store: SliverStore,
        chain: NodeChain,
        peers: Peers,
        workers: Workers,
        chance: random.Random,
        limits: NodeLimits = DEFAULT_LIMITS,
    ) -> None:
        means = Means(node_id, key_pair, store, chain, peers, workers, chance, limits)
        self.means = means
        self.draining = False
        self.membership = Membership(means)
        self.wanted = Wanted(limits.wanted_blobs)
        self.buffer = PendingBuffer(limits, _now)
        self.registry = Registry(means, self.membership)
        self.follower = Follower(means, self._react)
        self._receiving = Receiving(
            means, self.membership, self.registry, self.follower, self.buffer
        )
        self._confirming = Confirming(
            means, self.membership, self.registry, self.follower, self._receiving
        )
        self._reading = Reading(means, self.membership, self.registry, self.buffer, self.wanted)
        sources = RecoverySources(means, self.membership)
        self.inconsistency = Inconsistency(means, self.membership, sources)
        self.healing = Healing(means, self.membership, self.wanted, self.inconsistency, sources)
        self.handover = Handover(means, self.membership, self.wanted, sources)
        self.upkeep = Upkeep(means, self.membership, self.wanted, self._forget)
        self._condition = Condition(means, self.membership, self.follower, self.wanted)
        self._is_stale = False
        self._running: asyncio.Task[None] | None = None

    # -- its life -----------------------------------------------------------------------------

    async def start(self) -> None:
        """Learn who the committees are, and what the chain has said since the node was stopped;
        tries until the chain answers. StorageError.
        """
        self._condition.started()
        pause = self.means.limits.chain_retry
        while not self.membership.is_known:
            try:
                await self.membership.refresh()
            except ChainUnavailableError as error:
                _log.warning("the committee cannot be had: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, self.means.limits.longest_chain_retry)
        await self.follower.catch_up()
        self._condition.has_caught_up = True

    async def run(self) -> None:
        """Follow, heal, hand over and look after the store, until cancelled or stopped."""
        if self.draining:
            return
        self._running = asyncio.current_task()
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in (self.follower, self.healing, self.handover, self.upkeep):
                    tasks.create_task(part.run())
        finally:
            self._running = None

    async def stop(self) -> None:
        """End `run`. What was acknowledged is on disk anyway."""
        self.draining = True
        running = self._running
        if running is not None and running is not asyncio.current_task():
            running.cancel()
            await asyncio.wait([running])

    async def expected(self, blob_id: BlobId, pending: bool = False) -> VerifiedMetadata:
        """The metadata of a blob whose slivers `put_slivers` would take now, to bound by them what
        is read from a caller; raises what `put_slivers` would.
        """
        return await self._receiving.expected(blob_id, pending=pending)

    # -- NodeApi ------------------------------------------------------------------------------

    async def metadata(self, blob_id: BlobId) -> BlobMetadata:
        return await self._reading.metadata(blob_id)

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool = False) -> StoredStatus:
        return await self._receiving.put_metadata(metadata, pending=pending)

    async def holdings(self, blob_id: BlobId) -> Holdings:
        return await self._reading.holdings(blob_id)

    def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        return self._reading.slivers(blob_id, axis, pairs)

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        return await self._receiving.put_slivers(blob_id, slivers, pending=pending)

    async def confirmation(
        self, blob_id: BlobId, object_id: bytes | None, wait: float = 0.0
    ) -> SignedMessage:
        return await self._confirming.confirm(blob_id, object_id, wait)

    def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        return self._reading.recovery_symbols(blob_id, axis, targets, sources)

    async def attest_inconsistency(
        self, blob_id: BlobId, proof: InconsistencyProof
    ) -> SignedMessage:
        return await self.inconsistency.attest(blob_id, proof)

    async def status(self, blob_id: BlobId) -> BlobStatus:
        status = status_of(await self.registry.record(blob_id))
        if status.kind in ("nonexistent", "invalid") or status.is_certified:
            return status
        # It is being stored, and may be certified by now: who asks may be who has done it.
        await self.follower.poke()
        return status_of(await self.registry.record(blob_id))

    def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        return self.handover.sync_shard(request, public_key)

    async def health(self) -> NodeHealth:
        return await self._condition.health()

    # -- how ----------------------------------------------------------------------------------

    async def _react(self, consequences: Consequences) -> None:
        """To what the chain has told, when it is on disk. ChainUnavailableError."""
        await self._promote(consequences.registered)
        if consequences.has_ended:
            self.upkeep.collect_soon()
        if self._condition.has_caught_up:  # before that, the survey finds what is lacking
            for blob_id in consequences.certified:
                self.wanted.add(blob_id, self.means.limits.heal_delay, is_guess=True)
        self._is_stale = self._is_stale or consequences.is_new_phase
        if self._is_stale:
            if await self.membership.refresh():
                self.upkeep.collect_soon()
            self._is_stale = False

    async def _promote(self, blob_ids: Sequence[BlobId]) -> None:
        """Store what has waited for these, all at once, as the disk likes it."""
        waiting = [blob_id for blob_id in blob_ids if self.buffer.get(blob_id) is not None]
        promoted = await asyncio.gather(
            *(self._receiving.promote(blob_id) for blob_id in waiting), return_exceptions=True
        )
        for blob_id, outcome in zip(waiting, promoted, strict=True):
            if isinstance(outcome, StorageError):
                _log.error("blob %s, sent before it was registered, is lost: %s", blob_id, outcome)
            elif outcome is not None:
                raise outcome

    def _forget(self) -> None:
        """Blobs may have gone from the store."""
        self.registry.forget()
        self._reading.symbol_source.forget()


def _now() -> float:
    return asyncio.get_running_loop().time()


if TYPE_CHECKING:
    _CONFORMS: type[NodeApi] = StorageNode
