"""The chain as the rest of walrus-core sees it: a port, and the values that pass through it.

Money is in FROST (10^9 make a WAL) and, for gas, MIST (10^9 make a SUI). Ids and addresses are 32
bytes. Everything that spends answers with a `Receipt`, or fails without having spent twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from walrus_core.types import BlobId, Epoch

if TYPE_CHECKING:  # the curve is loaded by those who ask for a committee
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.protocol.committee import Committee

__all__ = [
    "STORAGE_UNIT",
    "BlobObject",
    "Chain",
    "ChainEvent",
    "ChainState",
    "Cost",
    "NewBlob",
    "Prices",
    "Receipt",
    "Registration",
    "Stake",
    "StorageResource",
]

STORAGE_UNIT = 1 << 20
"""Bytes of encoded size that are paid for at once."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What storing a blob takes, in FROST: its place, and its registration."""

    storage: int
    write: int

    @property
    def total(self) -> int:
        return self.storage + self.write


@dataclass(frozen=True, slots=True)
class Prices:
    """FROST per unit of encoded size begun: each epoch for `storage`, once for `write`."""

    storage: int
    write: int

    def storage_cost(self, encoded_size: int, epochs: int) -> int:
        return storage_units(encoded_size) * self.storage * epochs

    def write_cost(self, encoded_size: int) -> int:
        return storage_units(encoded_size) * self.write

    def cost(self, encoded_size: int, epochs: int) -> Cost:
        """What the contract takes for a blob of this encoded size (spec, chapter 11.3)."""
        return Cost(self.storage_cost(encoded_size, epochs), self.write_cost(encoded_size))


def storage_units(encoded_size: int) -> int:
    """The units that a number of bytes begins."""
    return -(-encoded_size // STORAGE_UNIT)


@dataclass(frozen=True, slots=True)
class ChainState:
    """What the contract says of the present epoch; sizes in bytes of encoded size.

    `phase` is where the epoch stands: "sync" until a quorum of the new committee has its shards,
    "done" then, "selected" when the next committee is chosen. `epoch_duration` is in seconds.
    """

    epoch: Epoch
    phase: str
    epoch_duration: float
    n_shards: int
    n_members: int
    prices: Prices
    total_capacity: int
    used_capacity: int
    max_epochs_ahead: int


@dataclass(frozen=True, slots=True)
class NewBlob:
    """A blob to be registered: `size` is its own, `encoded_size` what is paid for."""

    blob_id: BlobId
    root_hash: bytes
    size: int
    encoded_size: int
    deletable: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StorageResource:
    """The right to store `size` encoded bytes from `start_epoch` on, up to before `end_epoch`."""

    object_id: bytes
    start_epoch: Epoch
    end_epoch: Epoch
    size: int


@dataclass(frozen=True, slots=True)
class BlobObject:
    """A registered blob; `certified_epoch` is None until enough nodes confirmed to hold it.

    `funds`: FROST that a shared blob carries for its own extension; None for an owned one.
    """

    object_id: bytes
    blob_id: BlobId
    size: int
    encoding_type: int
    registered_epoch: Epoch
    certified_epoch: Epoch | None
    storage: StorageResource
    deletable: bool
    funds: int | None = None


@dataclass(frozen=True, slots=True)
class Stake:
    """WAL staked with a node, active from `activation_epoch` on.

    `withdraw_epoch`: when it can be had back; None before that was asked for.
    """

    object_id: bytes
    node_id: bytes
    principal: int
    activation_epoch: Epoch
    withdraw_epoch: Epoch | None


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """Something that the contract told the world.

    `cursor` is opaque: give it back to read on from behind this event. `fields` by their names on
    chain: integers (blob IDs as u256), booleans, ids as bytes, lists of integers.
    """

    cursor: bytes
    transaction: str
    name: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that succeeded, or would have if `dry_run`.

    `gas` in MIST; `wal` and `sui` are what the sender's balances gained in FROST and MIST, negative
    where it paid (`sui` includes the gas). `created`: the struct of each new object, by its id.
    """

    transaction: str
    gas: int
    wal: int
    sui: int
    created: Mapping[bytes, str]
    events: tuple[ChainEvent, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Registration:
    """A blob that was registered and may now be uploaded, then certified."""

    object_id: bytes
    end_epoch: Epoch
    cost: Cost
    receipt: Receipt


class Chain(Protocol):
    """The network's contract, as one wallet meets it.

    Every method raises ChainUnavailableError if the chain cannot be asked; those that send a
    transaction also Abort, InsufficientFundsError, TransactionFailedError (nothing was spent but
    gas), TransactionUnknownError (sent, and the answer lost for good: look its digest up).
    """

    @property
    def address(self) -> bytes:
        """Whose wallet pays."""
        ...

    async def state(self) -> ChainState: ...

    async def committee(self) -> Committee:
        """The nodes of the present epoch, with their addresses."""
        ...

    async def price(self, encoded_size: int, epochs: int) -> Cost:
        """What `register` would take now."""
        ...

    async def register(self, blob: NewBlob, epochs: int) -> Registration:
        """Reserve storage for `epochs` epochs, this one included, and register, in one go."""
        ...

    async def register_on(self, blob: NewBlob, storage_id: bytes) -> Registration:
        """Register on storage that the wallet owns, which must be large enough; pay for writing."""
        ...

    async def certify(self, object_id: bytes, certificate: Certificate) -> Receipt:
        """Put on chain that a quorum of this epoch's committee holds a registered blob."""
        ...

    async def extend(self, object_id: bytes, epochs: int) -> Receipt: ...

    async def delete(self, object_id: bytes) -> Receipt:
        """Delete a deletable blob; its storage, if any time is left, becomes the wallet's."""
        ...

    async def blob(self, object_id: bytes) -> BlobObject: ...

    async def blobs(self) -> Sequence[BlobObject]:
        """Those that the wallet owns."""
        ...

    async def attributes(self, object_id: bytes) -> Mapping[str, str]: ...

    async def set_attributes(self, object_id: bytes, values: Mapping[str, str | None]) -> Receipt:
        """Set attributes of a blob; None removes one."""
        ...

    def events(self, cursor: bytes = b"", *, follow: bool = False) -> AsyncIterator[ChainEvent]:
        """The contract's events behind a cursor, oldest first; with `follow`, without end."""
        ...
