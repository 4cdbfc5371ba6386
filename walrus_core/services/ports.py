"""The world as the services see it: ports, and the values that pass through them.

* `ChainReader`, `Chain`, `NodeChain`: the contract, as anyone, a wallet, or a node meets it;
* `Workers`: threads for what blocks or computes;
* `Journal`, `Turns`: small records that outlive the process, and who may use them now;
* storage nodes: `services.node_api`; the disk: `storage.store`.

Time is asyncio's: the services sleep with `asyncio.sleep`, set deadlines with `asyncio.timeout` and
read `loop.time()`, so that a simulation runs them on virtual time. Chance is a `random.Random` that
they are given.

Money is in FROST (10^9 make a WAL) and, for gas, MIST (10^9 make a SUI). Ids and addresses are 32
bytes. Everything that spends answers with a `Receipt`, or fails without having spent twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar, TypeVarTuple

from walrus_core.types import BlobId, Epoch

if TYPE_CHECKING:  # the curve is loaded by those who ask for a committee
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.protocol.committee import Committee

__all__ = [
    "STORAGE_UNIT",
    "BlobObject",
    "Chain",
    "ChainEvent",
    "ChainReader",
    "ChainState",
    "Committees",
    "Cost",
    "Journal",
    "NewBlob",
    "NodeChain",
    "Place",
    "Prices",
    "Receipt",
    "Registration",
    "Stake",
    "StorageResource",
    "Turns",
    "Workers",
]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

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
class Place:
    """Where on an owned storage resource a blob is put.

    What the storage has beyond `end_epoch`, and beyond the blob's encoded size if that is at least
    `least_rest` bytes (1 or more), is split off and stays the wallet's.
    """

    storage_id: bytes
    end_epoch: Epoch
    least_rest: int


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
    """A blob that was registered and may now be uploaded, then certified; or one that was extended.

    `cost`: what that took.
    """

    object_id: bytes
    end_epoch: Epoch
    cost: Cost
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Committees:
    """Who holds the shards. `previous` is the committee of the epoch before, None if there was
    none or it cannot be known; while `phase` is "sync" it still serves what was certified then.
    """

    current: Committee
    previous: Committee | None
    phase: str

    @property
    def epoch(self) -> Epoch:
        return self.current.epoch


class ChainReader(Protocol):
    """The network's contract, as anyone sees it.

    Every method raises ChainUnavailableError if the chain cannot be asked.
    """

    async def state(self) -> ChainState: ...

    async def committees(self) -> Committees:
        """The nodes of the present epoch and of the one before, with addresses and keys."""
        ...

    def events(self, cursor: bytes = b"", *, follow: bool = False) -> AsyncIterator[ChainEvent]:
        """The contract's events behind a cursor, oldest first; with `follow`, without end."""
        ...


class NodeChain(ChainReader, Protocol):
    """The contract as a storage node meets it: what it must say there, it says by these.

    They raise as `Chain`'s methods do; saying again what was said is no error.
    """

    async def report_shards(self, epoch: Epoch) -> None:
        """The node has all shards that it holds in this epoch (`epoch_sync_done`)."""
        ...

    async def invalidate(self, certificate: Certificate) -> None:
        """Put on chain that a blob is inconsistent: an InvalidBlobId of f + 1 shards."""
        ...


OnSigned = Callable[[bytes], Awaitable[None]]


class Chain(ChainReader, Protocol):
    """The network's contract, as one wallet meets it.

    Every method raises ChainUnavailableError if the chain cannot be asked; those that send a
    transaction also Abort, InsufficientFundsError, TransactionFailedError (nothing was spent but
    gas), TransactionUnknownError (sent, and the answer lost for good: look its digest up).
    """

    @property
    def address(self) -> bytes:
        """Whose wallet pays."""
        ...

    async def price(self, encoded_size: int, epochs: int) -> Cost:
        """What `register` would take now."""
        ...

    async def register(
        self, blob: NewBlob, epochs: int, on_signed: OnSigned | None = None
    ) -> Registration:
        """Reserve storage for `epochs` epochs, this one included, and register, in one go.

        `on_signed` is awaited with each transaction, signed and in a form that `settle` takes,
        before it is sent: what it keeps tells a later process what may have been paid.
        """
        ...

    async def settle(self, signed: bytes) -> Registration | None:
        """The outcome of what `on_signed` was given before a crash; None if it never was, and now
        never will be, executed. Executes it if it still can be: it is paid at most once.
        """
        ...

    async def register_on(
        self, blob: NewBlob, place: Place, on_signed: OnSigned | None = None
    ) -> Registration:
        """Register on storage that the wallet owns, as `register`; pay for writing only.

        UnknownObjectError if the storage is not the wallet's, or not as large and long, any more.
        """
        ...

    async def certify(self, object_id: bytes, certificate: Certificate) -> Receipt:
        """Put on chain that a quorum of this epoch's committee holds a registered blob."""
        ...

    async def extend(self, object_id: bytes, epochs: int) -> Receipt: ...

    async def prolong(
        self,
        object_id: bytes,
        end_epoch: Epoch,
        certificate: Certificate | None = None,
        on_signed: OnSigned | None = None,
    ) -> Registration:
        """Have an owned blob last until `end_epoch` begins; whoever else does the same meanwhile,
        it lasts no longer. With a certificate it is certified first, in one go, unless it is.

        `on_signed` as in `register`. InvalidArgumentError if there is nothing to do.
        """
        ...

    async def delete(self, object_id: bytes) -> Receipt:
        """Delete a deletable blob; its storage, if any time is left, becomes the wallet's."""
        ...

    async def blob(self, object_id: bytes) -> BlobObject: ...

    async def blobs(self) -> Sequence[BlobObject]:
        """Those that the wallet owns."""
        ...

    async def storages(self) -> Sequence[StorageResource]:
        """Storage that the wallet owns, with no blob on it."""
        ...

    async def attributes(self, object_id: bytes) -> Mapping[str, str]: ...

    async def set_attributes(self, object_id: bytes, values: Mapping[str, str | None]) -> Receipt:
        """Set attributes of a blob; None removes one."""
        ...


class Workers(Protocol):
    """Threads for what blocks (the disk) or computes (the kernel), so that the event loop does not.

    A simulation runs the function at once.
    """

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """`function(*arguments)`, in a thread. A cancelled caller does not stop the function."""
        ...


class Journal(Protocol):
    """Small records under names, replaced as a whole; what was saved outlives the process."""

    async def load(self, name: str) -> bytes | None: ...

    async def save(self, name: str, record: bytes) -> None:
        """Durable when it returns. StorageError."""
        ...

    async def remove(self, name: str) -> None: ...

    def names(self) -> Iterator[str]: ...


class Turns(Protocol):
    """One at a time, among all who share them, is at what a name stands for."""

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """Entered when nobody else is. A process that dies gives up its turns."""
        ...
