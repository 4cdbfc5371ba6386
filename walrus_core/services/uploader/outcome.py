"""What became of a `store`, and how far it has come."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from walrus_core.codec.progress import Progress
from walrus_core.types import BlobId, Epoch

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.protocol.committee import Member
    from walrus_core.services.ports import BlobObject, Cost
    from walrus_core.storage.blob_record import EventId

__all__ = [
    "NodePart",
    "NodeResult",
    "NodeState",
    "Operation",
    "Phase",
    "Seconds",
    "StoreOutcome",
    "StoreProgress",
]


class Operation(enum.StrEnum):
    """Where a blob's registration came from, in the official words."""

    REGISTERED = "registerFromScratch"
    ON_STORAGE = "reuseStorage"
    REUSED = "reuseRegistration"
    EXTENDED = "reuseAndExtend"
    CERTIFIED_EXTENDED = "reuseAndExtendNonCertified"
    CERTIFIED = "alreadyCertified"


class NodeState(enum.StrEnum):
    """How far it came with a node."""

    SENDING = "sending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What became of one node's part.

    `weight`: its shards. `sent`: bytes of slivers that it took. `seconds`: from the start of the
    upload. `error`: the last thing that went wrong, even if it was made up for; "" if nothing did.
    """

    node_id: bytes
    address: str
    weight: int
    state: NodeState
    slivers: int
    sent: int
    seconds: float
    error: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """Where the time went. `chain` and `upload` overlap for a small blob.

    `chain`: until it was paid, with looking for what there is already; at a client's first store
    with loading, too, what talks to the chain, as far as that took longer than encoding.
    `upload`: until nodes with a quorum of shards had everything. `confirm`: until they had said so.
    `tail`: for the others.
    """

    encode: float = 0.0
    chain: float = 0.0
    upload: float = 0.0
    confirm: float = 0.0
    tail: float = 0.0
    certify: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class StoreOutcome:
    """A blob that is stored: a quorum holds it, and the chain knows.

    `blob`: its object on chain; None if the wallet has none, as the blob is permanent by somebody
    else's registration until `end_epoch`. `event`: of a blob that is permanent and was certified
    before, which event nodes say it follows from; None if they had not heard of it.

    `cost`: what registering or extending it took, now or, if `resumed`, in the run that was cut
    off; `gas`: MIST, likewise, with what certifying took. `extended`: epochs that were added to a
    registration of the wallet. `certificate`: what a quorum signed; None if the blob was certified
    before.
    """

    blob_id: BlobId
    end_epoch: Epoch
    certified_epoch: Epoch | None
    blob: BlobObject | None
    size: int
    encoded_size: int
    epochs: int
    operation: Operation
    resumed: bool
    cost: Cost
    gas: int
    seconds: Seconds
    nodes: tuple[NodeResult, ...] = ()
    certificate: Certificate | None = None
    extended: int = 0
    event: EventId | None = None

    @property
    def object_id(self) -> bytes | None:
        return None if self.blob is None else self.blob.object_id

    @property
    def deletable(self) -> bool:
        return self.blob is not None and self.blob.deletable

    @property
    def already_certified(self) -> bool:
        """Whether there was nothing to do."""
        return self.operation is Operation.CERTIFIED


class Phase(enum.StrEnum):
    """What a `store` is at."""

    ENCODING = "encoding"
    REGISTERING = "registering"
    UPLOADING = "uploading"
    CERTIFYING = "certifying"
    DONE = "done"


class NodePart(Protocol):
    """How far it has come with one node: see `NodeResult`."""

    @property
    def member(self) -> Member: ...

    @property
    def state(self) -> NodeState: ...

    @property
    def sent(self) -> int: ...


@dataclass(slots=True)
class StoreProgress:
    """How far a `store` has come; read it from anywhere, as often as you like.

    `sent` of `to_send` bytes of slivers; nodes with `confirmed` shards, where `needed` are enough.
    """

    phase: Phase = Phase.ENCODING
    encoding: Progress = field(default_factory=Progress)
    blob_id: BlobId | None = None
    object_id: bytes | None = None
    to_send: int = 0
    sent: int = 0
    needed: int = 0
    confirmed: int = 0
    nodes: Sequence[NodePart] = ()
