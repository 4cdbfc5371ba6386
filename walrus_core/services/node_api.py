"""What a storage node can be asked, however it is asked: a port, and the values that pass it.

`StorageNode` implements it, and so do the gRPC client, and whatever stands between the two in a
simulation. Calls are named and refused as in the official REST interface (spec, chapter 7): every
refusal is a NodeError, NotRegisteredError, VerificationError, InvalidArgumentError or StorageError;
a node that does not answer, too slowly, or nonsense is a NodeUnavailableError.

What an answer says is not to be believed: metadata, slivers and symbols are as a stranger sends
them, and whoever asks verifies them.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from walrus_core.types import Axis, BlobId, Epoch, ShardIndex, SliverPairIndex

if TYPE_CHECKING:
    from walrus_core.codec.metadata import BlobMetadata
    from walrus_core.codec.recovery import InconsistencyProof
    from walrus_core.codec.slivers import Sliver
    from walrus_core.codec.symbols import RecoverySymbol
    from walrus_core.protocol.committee import Member
    from walrus_core.protocol.keys import PublicKey
    from walrus_core.protocol.signed_message import SignedMessage
    from walrus_core.storage.blob_record import EventId

__all__ = [
    "BlobStatus",
    "Holdings",
    "NodeApi",
    "NodeHealth",
    "Peers",
    "ShardStatus",
    "StoredStatus",
]


class StoredStatus(enum.StrEnum):
    """Where something is on a node: buffered things wait, in memory, for their registration."""

    NONEXISTENT = "nonexistent"
    BUFFERED = "buffered"
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a node has of one blob: sliver pairs of its own shards, by axis, stored or buffered."""

    metadata: StoredStatus
    primary: frozenset[SliverPairIndex] = frozenset()
    secondary: frozenset[SliverPairIndex] = frozenset()

    def of(self, axis: Axis) -> frozenset[SliverPairIndex]:
        return self.primary if axis is Axis.PRIMARY else self.secondary


@dataclass(frozen=True, slots=True)
class BlobStatus:
    """What the chain has told a node of a blob (spec, chapter 7: BlobStatus).

    The counts are of live deletable registrations; `end_epoch` is the last one's of the permanent
    registrations; `event` the one that said so.
    """

    kind: Literal["nonexistent", "deletable", "permanent", "invalid"]
    end_epoch: Epoch | None = None
    is_certified: bool = False
    initial_certified_epoch: Epoch | None = None
    deletable_total: int = 0
    deletable_certified: int = 0
    event: EventId | None = None


class ShardStatus(enum.StrEnum):
    """Of a shard that a node holds, held, or is about to hold."""

    READY = "ready"
    IN_TRANSFER = "inTransfer"
    IN_RECOVERY = "inRecovery"
    READ_ONLY = "readOnly"
    """Another node's in this epoch; still here for those who do not have it yet."""


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """How a node is. `uptime` in seconds; `status` in the official words, "Active" if all is well.

    `events`: chain events followed so far. `healing`: blobs of which it lacks slivers that it is
    working on. `damaged`: what the disk lost and is not healed yet. Sizes in bytes; `limit` None
    for none.
    """

    uptime: float
    epoch: Epoch
    node_id: bytes
    public_key: bytes
    status: str
    events: int
    shards: Mapping[ShardIndex, ShardStatus] = field(default_factory=dict)
    blobs: int = 0
    healing: int = 0
    damaged: int = 0
    stored: int = 0
    limit: int | None = None
    free: int = 0


class NodeApi(Protocol):
    """One storage node. Indices are of sliver pairs; the node finds the shard by the blob ID.

    A sliver pair of a shard that the node does not hold is ShardNotAssignedError. What is
    `pending` may come before the node has seen the blob's registration, and is buffered in memory
    for a while; otherwise it is NotRegisteredError.
    """

    async def metadata(self, blob_id: BlobId) -> BlobMetadata:
        """The blob's metadata. MetadataNotFoundError, NotRegisteredError."""
        ...

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool = False) -> StoredStatus:
        """Have a blob's metadata kept; what is answered is where they were *before* the call.

        NotRegisteredError, BufferFullError, InvalidBlobIdError, VerificationError.
        """
        ...

    async def holdings(self, blob_id: BlobId) -> Holdings:
        """What the node has of a blob, so that no more than the rest need be sent."""
        ...

    def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        """Those of these slivers that are here, in the order asked for.

        SliverNotFoundError if none is, NotRegisteredError, ShardNotAssignedError.
        """
        ...

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        """Have slivers of one blob kept, whose metadata came before; how many were new.

        When it returns they are on disk (or, if pending, in the buffer). After an error those
        before the bad one may be kept. MetadataNotFoundError, NotRegisteredError,
        ShardNotAssignedError, BufferFullError, InvalidBlobIdError, VerificationError,
        StorageFullError.
        """
        ...

    async def confirmation(
        self, blob_id: BlobId, object_id: bytes | None, wait: float = 0.0
    ) -> SignedMessage:
        """The signed Confirmation that both slivers of each of the node's shards are on disk.

        `object_id`: of a deletable blob's registration; None for a permanent one. Waits up to
        `wait` seconds for the node to see the registration. NotRegisteredError,
        MissingSliversError.
        """
        ...

    def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        """Target pair and symbol, for the slivers of `axis` in the pairs `targets`, from the
        node's slivers of the other axis in the pairs `sources`, one for each combination; sources
        that are not here are left out.

        SliverNotFoundError if none is here, NotRegisteredError, MetadataNotFoundError.
        """
        ...

    async def attest_inconsistency(
        self, blob_id: BlobId, proof: InconsistencyProof
    ) -> SignedMessage:
        """The signed InvalidBlobId, if the proof holds.

        MetadataNotFoundError, VerificationError.
        """
        ...

    async def status(self, blob_id: BlobId) -> BlobStatus:
        """What the chain has told the node of a blob."""
        ...

    def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        """The slivers of a shard that a SyncShardRequest asks for, by blob ID.

        For members of the present committee that hold the shard now. UnauthorizedError,
        WrongEpochError, ShardNotAssignedError if the node never held it.
        """
        ...

    async def health(self) -> NodeHealth: ...


class Peers(Protocol):
    """The way to other nodes: over the network, or within a simulation."""

    def node(self, member: Member) -> NodeApi:
        """A member of a committee; nothing is connected before the first question."""
        ...
