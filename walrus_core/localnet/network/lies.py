"""A storage node that lies, for drills and simulations: it stands between an honest one and those
who ask it.
"""

from __future__ import annotations

import asyncio
import enum
import random
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import MetadataNotFoundError, NotRegisteredError, SliverNotFoundError
from walrus_core.localnet.network import forgeries
from walrus_core.protocol.messages import Confirmation
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node_api import BlobStatus, Holdings, NodeHealth, StoredStatus
from walrus_core.types import Axis, BlobId, Epoch, SliverPairIndex, shard_to_pair

if TYPE_CHECKING:
    from walrus_core.codec.metadata import BlobMetadata
    from walrus_core.codec.recovery import InconsistencyProof
    from walrus_core.protocol.keys import KeyPair, PublicKey
    from walrus_core.rpc.servicers import ServedNode

__all__ = ["Liar", "Lie"]

T = TypeVar("T")


class Lie(enum.StrEnum):
    """What a liar does whenever it can."""

    FLIP = "flip"
    """Metadata, slivers and symbols have a bit flipped."""
    OTHER = "other"
    """Slivers and symbols are others', under the names of those asked for."""
    PROOF = "proof"
    """Recovery symbols are right, their proofs wrong."""
    STALE = "stale"
    """Statements are signed for the epoch before."""
    FOREIGN = "foreign"
    """Statements are signed with a key that nobody knows."""
    ABSENT = "absent"
    """What is here is said not to be."""
    BOAST = "boast"
    """All is acknowledged, confirmed and signed, and nothing kept."""
    HANG = "hang"
    """Nothing is ever answered."""
    TRICKLE = "trickle"
    """Answers come, a byte a second."""
    ANY = "any"
    """Any of these at each call."""


class Liar:
    """Answers for `node`, as `kind` says.

    `key`: the node's own, for statements that it must sign itself; else anybody's.
    """

    def __init__(
        self, node: ServedNode, kind: Lie, chance: random.Random, key: KeyPair | None = None
    ) -> None:
        self._node = node
        self._kind = Lie(kind)
        self._chance = chance
        self._foreign = forgeries.any_key(chance)
        self._key = key or self._foreign
        self._boasted: dict[BlobId, VerifiedMetadata] = {}

    # -- what it says of blobs ----------------------------------------------------------------

    async def metadata(self, blob_id: BlobId) -> BlobMetadata:
        lie = await self._begin()
        if lie is Lie.ABSENT:
            raise MetadataNotFoundError(str(blob_id))
        metadata = await self._node.metadata(blob_id)
        if lie is Lie.FLIP:
            return forgeries.flipped_metadata(metadata, self._chance)
        return metadata

    async def holdings(self, blob_id: BlobId) -> Holdings:
        lie = await self._begin()
        if lie is Lie.ABSENT:
            return Holdings(StoredStatus.NONEXISTENT)
        if lie is Lie.BOAST and blob_id in self._boasted:
            n_shards = self._boasted[blob_id].n_shards
            shards = (await self._node.health()).shards
            pairs = frozenset(shard_to_pair(blob_id, shard, n_shards) for shard in shards)
            return Holdings(StoredStatus.STORED, pairs, pairs)
        return await self._node.holdings(blob_id)

    async def status(self, blob_id: BlobId) -> BlobStatus:
        if await self._begin() is Lie.ABSENT:
            return BlobStatus("nonexistent")
        return await self._node.status(blob_id)

    async def health(self) -> NodeHealth:
        await self._begin()
        return await self._node.health()

    # -- what it is given ---------------------------------------------------------------------

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool = False) -> StoredStatus:
        if await self._begin() is Lie.BOAST:
            hashes = metadata.pair_hashes
            verified = VerifiedMetadata.of(metadata.unencoded_length, hashes)
            self._boasted[metadata.blob_id] = verified
            return StoredStatus.NONEXISTENT
        return await self._node.put_metadata(metadata, pending=pending)

    async def expected(self, blob_id: BlobId, pending: bool) -> VerifiedMetadata:
        """What the servicer asks before it takes slivers: not a call of the network's."""
        boasted = self._boasted.get(blob_id)
        if boasted is not None:
            return boasted
        return await self._node.expected(blob_id, pending)

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        lie = await self._begin()
        if lie is Lie.BOAST:
            return sum([1 async for _ in slivers])
        if lie is Lie.TRICKLE:
            slivers = _trickling(slivers, _size)
        return await self._node.put_slivers(blob_id, slivers, pending=pending)

    # -- what it signs ------------------------------------------------------------------------

    async def confirmation(
        self, blob_id: BlobId, object_id: bytes | None, wait: float = 0.0
    ) -> SignedMessage:
        lie = await self._begin()
        if lie is Lie.ABSENT:
            raise NotRegisteredError(str(blob_id))
        if lie is Lie.BOAST:
            epoch = Epoch((await self._node.health()).epoch)
            return SignedMessage.sign(self._key, Confirmation(epoch, blob_id, object_id))
        return self._signed(lie, await self._node.confirmation(blob_id, object_id, wait))

    async def attest_inconsistency(
        self, blob_id: BlobId, proof: InconsistencyProof
    ) -> SignedMessage:
        lie = await self._begin()
        if lie is Lie.ABSENT:
            raise MetadataNotFoundError(str(blob_id))
        return self._signed(lie, await self._node.attest_inconsistency(blob_id, proof))

    def _signed(self, lie: Lie, signed: SignedMessage) -> SignedMessage:
        if lie is Lie.STALE:
            return forgeries.stale(signed, self._key)
        if lie is Lie.FOREIGN:
            data = signed.serialized_message
            return SignedMessage(data, self._foreign.sign(data))
        return signed

    # -- what it sends ------------------------------------------------------------------------

    async def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        lie = await self._begin()
        if lie is Lie.ABSENT:
            raise SliverNotFoundError(str(blob_id), str(axis), len(pairs))
        true = self._node.slivers(blob_id, axis, pairs)
        async for sliver in self._told(lie, true, self._false_sliver, _size):
            yield sliver

    async def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        lie = await self._begin()
        if lie is Lie.ABSENT:
            raise SliverNotFoundError(str(blob_id), str(axis.orthogonal), len(sources))
        true = self._node.recovery_symbols(blob_id, axis, targets, sources)
        async for item in self._told(lie, true, self._false_symbol, lambda it: len(it[1].data)):
            yield item

    async def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        lie = await self._begin()
        if lie is Lie.ABSENT:  # a shard in which there is nothing
            return

        def false(
            lie: Lie, item: tuple[BlobId, Sliver], before: tuple[BlobId, Sliver] | None
        ) -> tuple[BlobId, Sliver]:
            return item[0], self._false_sliver(lie, item[1], before and before[1])

        true = self._node.sync_shard(request, public_key)
        async for item in self._told(lie, true, false, lambda it: _size(it[1])):
            yield item

    async def _told(
        self,
        lie: Lie,
        true: AsyncIterator[T],
        false: Callable[[Lie, T, T | None], T],
        size: Callable[[T], int],
    ) -> AsyncIterator[T]:
        """Each item as it is told; `false` also gets the one before it, to tell that in its place.

        Of a lone item there is no other: it is told with a bit flipped.
        """
        before: T | None = None
        async for item in _trickling(true, size) if lie is Lie.TRICKLE else true:
            yield false(lie, item, before)
            before = item

    def _false_sliver(self, lie: Lie, sliver: Sliver, before: Sliver | None) -> Sliver:
        if lie is Lie.OTHER and before is not None and len(before.data) == len(sliver.data):
            return forgeries.other_sliver(sliver, before)
        if lie in (Lie.FLIP, Lie.OTHER):
            return forgeries.flipped_sliver(sliver, self._chance)
        return sliver

    def _false_symbol(
        self,
        lie: Lie,
        item: tuple[SliverPairIndex, RecoverySymbol],
        before: tuple[SliverPairIndex, RecoverySymbol] | None,
    ) -> tuple[SliverPairIndex, RecoverySymbol]:
        target, symbol = item
        if lie is Lie.OTHER and before is not None:
            return target, forgeries.other_symbol(symbol, before[1])
        if lie in (Lie.FLIP, Lie.OTHER):
            return target, forgeries.flipped_symbol(symbol, self._chance)
        if lie is Lie.PROOF:
            return target, forgeries.wrong_proof(symbol, self._chance)
        return item

    async def _begin(self) -> Lie:
        """The lie of this call; none comes back from one that hangs."""
        lie = self._kind
        if lie is Lie.ANY:
            lie = self._chance.choice([each for each in Lie if each is not Lie.ANY])
        if lie is Lie.HANG:
            await asyncio.get_running_loop().create_future()
        return lie


async def _trickling(items: AsyncIterable[T], size: Callable[[T], int]) -> AsyncIterator[T]:
    """Each after as many seconds as it has bytes."""
    async for item in items:
        await asyncio.sleep(size(item))
        yield item


def _size(sliver: Sliver) -> int:
    return sliver.data.nbytes
