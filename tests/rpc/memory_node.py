"""A storage node in memory that keeps to the port, so that the way to it can be tried alone."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence

from walrus_core.codec.encoder import EncodedBlob
from walrus_core.codec.metadata import BlobMetadata, UnverifiedMetadata, VerifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver, verify_sliver
from walrus_core.codec.symbols import RecoverySymbol, recovery_symbols
from walrus_core.errors import (
    MetadataNotFoundError,
    MissingSliversError,
    NotRegisteredError,
    SliverNotFoundError,
    UnauthorizedError,
    WrongEpochError,
)
from walrus_core.protocol.keys import KeyPair, PublicKey
from walrus_core.protocol.messages import Confirmation, InvalidBlobId, SyncShardRequest
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node_api import (
    BlobStatus,
    Holdings,
    NodeHealth,
    ShardStatus,
    StoredStatus,
)
from walrus_core.storage.blob_record import EventId
from walrus_core.types import (
    Axis,
    BlobId,
    Epoch,
    ShardIndex,
    SliverPairIndex,
    shard_to_pair,
    sliver_to_pair,
)

EPOCH = Epoch(21)
KEYS = KeyPair(bytes(31) + b"\x07")
PEER_KEYS = KeyPair(bytes(31) + b"\x08")
"""Of the one other member, who may ask for shards."""

HEALTH = NodeHealth(
    uptime=1.5,
    epoch=EPOCH,
    node_id=b"n" * 32,
    public_key=KEYS.public_key.data,
    status="RecoveryInProgress(21)",
    events=2**40,
    shards={ShardIndex(number): status for number, status in enumerate(ShardStatus)},
    blobs=3,
    healing=4,
    damaged=5,
    stored=2**41,
    limit=None,
    free=2**42,
)
STATUS = BlobStatus("permanent", Epoch(30), True, Epoch(20), 2, 1, EventId(b"t" * 32, 2**63))


class MemoryNode:
    """Holds every shard. `registered` are the blobs that it accepts."""

    def __init__(self, registered: Iterable[BlobId] = ()) -> None:
        self.registered = set(registered)
        self.known: dict[BlobId, VerifiedMetadata] = {}
        self.held: dict[tuple[BlobId, Axis, SliverPairIndex], Sliver] = {}

    def fill(self, blob: EncodedBlob) -> None:
        """Register a blob and keep all of it."""
        blob_id = blob.metadata.blob_id
        self.registered.add(blob_id)
        self.known[blob_id] = blob.metadata
        for pair in blob.sliver_pairs():
            self.held[blob_id, Axis.PRIMARY, pair.index] = pair.primary
            self.held[blob_id, Axis.SECONDARY, pair.index] = pair.secondary

    async def expected(self, blob_id: BlobId, pending: bool) -> VerifiedMetadata:
        if not pending:
            self._require(blob_id)
        if blob_id not in self.known:
            raise MetadataNotFoundError(str(blob_id))
        return self.known[blob_id]

    async def metadata(self, blob_id: BlobId) -> BlobMetadata:
        return await self.expected(blob_id, False)

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool = False) -> StoredStatus:
        if not pending:
            self._require(metadata.blob_id)
        before = self._status(metadata.blob_id)
        assert isinstance(metadata, UnverifiedMetadata)
        self.known[metadata.blob_id] = metadata.verify()
        return before

    async def holdings(self, blob_id: BlobId) -> Holdings:
        primary, secondary = (
            frozenset(pair for held, axis, pair in self.held if (held, axis) == (blob_id, wanted))
            for wanted in Axis
        )
        return Holdings(self._status(blob_id), primary, secondary)

    async def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        self._require(blob_id)
        found = [self.held[key] for pair in pairs if (key := (blob_id, axis, pair)) in self.held]
        if not found:
            raise SliverNotFoundError(str(blob_id), str(axis), len(pairs))
        for sliver in found:
            yield sliver

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        metadata, count = await self.expected(blob_id, pending), 0
        async for sliver in slivers:
            pair = sliver_to_pair(sliver.axis, sliver.index, metadata.n_shards)
            self.held[blob_id, sliver.axis, pair] = verify_sliver(metadata, sliver)
            count += 1
        return count

    async def confirmation(
        self, blob_id: BlobId, object_id: bytes | None, wait: float = 0.0
    ) -> SignedMessage:
        metadata = await self.expected(blob_id, False)
        missing = 2 * metadata.n_shards - sum(held == blob_id for held, _, _ in self.held)
        if missing:
            raise MissingSliversError(str(blob_id), missing)
        assert wait >= 0
        return SignedMessage.sign(KEYS, Confirmation(EPOCH, blob_id, object_id))

    async def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        metadata = await self.expected(blob_id, False)
        async for sliver in self.slivers(blob_id, axis.orthogonal, sources):
            symbols = recovery_symbols(sliver, metadata.n_shards)
            for target in targets:
                yield target, symbols[target]

    async def attest_inconsistency(
        self, blob_id: BlobId, proof: InconsistencyProof
    ) -> SignedMessage:
        proof.verify(await self.expected(blob_id, False))
        return SignedMessage.sign(KEYS, InvalidBlobId(EPOCH, blob_id))

    async def status(self, blob_id: BlobId) -> BlobStatus:
        return STATUS if blob_id in self.registered else BlobStatus("nonexistent")

    async def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        if public_key != PEER_KEYS.public_key:
            raise UnauthorizedError("no member of the committee has this key")
        asked = request.verify(public_key)
        assert isinstance(asked, SyncShardRequest)
        if asked.epoch != EPOCH:
            raise WrongEpochError(EPOCH, asked.epoch)
        blobs = sorted(each for each in self.known if each >= asked.starting_blob_id)
        for blob_id in blobs[: asked.sliver_count]:
            pair = shard_to_pair(blob_id, asked.shard, self.known[blob_id].n_shards)
            yield blob_id, self.held[blob_id, asked.axis, pair]

    async def health(self) -> NodeHealth:
        return HEALTH

    def _status(self, blob_id: BlobId) -> StoredStatus:
        return StoredStatus.STORED if blob_id in self.known else StoredStatus.NONEXISTENT

    def _require(self, blob_id: BlobId) -> None:
        if blob_id not in self.registered:
            raise NotRegisteredError(str(blob_id))
