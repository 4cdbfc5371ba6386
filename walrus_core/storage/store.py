"""The port through which a node holds what rests on its disk; its comments are the contract.

Three kinds of things rest in a store, and only together do they make sense:

* what the chain said: one `BlobRecord` for each blob, notes of the node's own, and the cursor of
  the event stream, all of which change atomically (`commit`);
* the metadata of blobs;
* slivers, at most one for each shard, axis and blob (`SliverKey`).

Metadata and slivers are verified before they come here, which their types say, and what comes out
is what went in: every byte is checked against a checksum on its way out, and what fails is not
served any more, remembered as damaged and reported, so that healing can put it back. They are
accepted only for blobs whose record has a registration, so that `collect` finds all there is.

What a method has acknowledged by returning is on disk, and outlives the process and the power. What
was not acknowledged is there whole after a crash, or not at all. Methods may be called from several
threads at once, and block; none of them knows of asyncio. After `close` only `close` is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.types import Axis, BlobId, ShardIndex


class SliverKey(NamedTuple):
    """Where a sliver rests. A shard holds one sliver pair of each blob, so this names one sliver.

    Keys sort as `SliverStore.slivers_of` lists them: by shard, axis, and the bytes of the blob ID.
    """

    shard: ShardIndex
    axis: Axis
    blob_id: BlobId


@dataclass(frozen=True, slots=True)
class Changes:
    """What one step through the chain's events causes; `SliverStore.commit` applies all or none.

    `notes` are small values under names of the node's choice; None forgets one. A `cursor` of None
    leaves the store's as it is.
    """

    records: Mapping[BlobId, BlobRecord] = field(default_factory=dict)
    notes: Mapping[str, bytes | None] = field(default_factory=dict)
    cursor: bytes | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """A sliver, or with `sliver` None the metadata, that was lost to `reason` and is not served."""

    blob_id: BlobId
    sliver: SliverKey | None
    reason: str


@dataclass(frozen=True, slots=True)
class ShardUsage:
    """What one shard takes: how many slivers, and their bytes."""

    slivers: int
    size: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes stored, metadata included, without what the store itself needs to find them.

    `limit`: the most bytes that may be stored, None for no limit but the disk. `disk_free`: bytes
    that the disk can still take beyond the reserve.
    """

    size: int
    limit: int | None
    disk_free: int
    shards: Mapping[ShardIndex, ShardUsage]

    @property
    def free(self) -> int:
        """Bytes that can still be stored."""
        left = self.disk_free if self.limit is None else min(self.limit - self.size, self.disk_free)
        return max(left, 0)


@dataclass(frozen=True, slots=True)
class Collected:
    """What `collect` removed: blobs with their records, and the bytes of metadata and slivers."""

    blobs: int
    size: int


@dataclass(frozen=True, slots=True)
class ScrubStep:
    """How far one step of scrubbing came: pass `next` to the next one; None is the end."""

    next: bytes | None
    items: int
    size: int
    damaged: tuple[Damage, ...]


class SliverStore(Protocol):
    """See the module's docstring. Any method raises StorageError if the disk fails it."""

    # -- what the chain said ------------------------------------------------------------------

    def commit(self, changes: Changes) -> None:
        """Apply all of `changes`, or none of them."""

    def cursor(self) -> bytes | None:
        """The cursor committed last."""

    def note(self, name: str) -> bytes | None:
        """The value of one note."""

    def notes(self, prefix: str = "") -> Iterator[tuple[str, bytes]]:
        """The notes whose names start with `prefix`, by name."""

    def record(self, blob_id: BlobId) -> BlobRecord | None:
        """What the chain said of a blob."""

    def records(self, start: BlobId | None = None) -> Iterator[tuple[BlobId, BlobRecord]]:
        """All records from `start` on, by blob ID.

        Like every iterator here it may be left open while the store changes; it tells what it finds
        when it comes there.
        """

    # -- metadata and slivers -----------------------------------------------------------------

    def put_metadata(self, metadata: VerifiedMetadata) -> bool:
        """Keep a blob's metadata; False if they were there.

        NotRegisteredError, StorageFullError.
        """

    def metadata(self, blob_id: BlobId) -> VerifiedMetadata | None:
        """A blob's metadata."""

    def put_slivers(self, slivers: Iterable[tuple[ShardIndex, VerifiedSliver]]) -> int:
        """Keep all of these, or none, and tell how many were new. What is there stays as it is.

        Much cheaper than one by one. NotRegisteredError, StorageFullError.
        """

    def slivers(self, keys: Sequence[SliverKey]) -> list[VerifiedSliver | None]:
        """The sliver, or None, for each key in order."""

    def sliver(self, key: SliverKey) -> VerifiedSliver | None:
        """One sliver."""

    def sliver_range(self, key: SliverKey, start: int, stop: int) -> bytes | None:
        """Bytes `start` to `stop` (exclusive) of a sliver's data, or as many as there are.

        Reads little more than that.
        """

    def lacking(self, blob_id: BlobId, shards: Iterable[ShardIndex]) -> list[SliverKey]:
        """The slivers that these shards should hold of a blob and do not.

        Those that it does not name are on disk, so that a node may confirm a blob of which nothing
        is lacking.
        """

    def slivers_of(
        self, shard: ShardIndex, axis: Axis, start: BlobId | None = None
    ) -> Iterator[BlobId]:
        """The blobs of which a shard holds this axis' sliver, from `start` on, by blob ID."""

    # -- removal ------------------------------------------------------------------------------

    def delete_slivers(self, keys: Iterable[SliverKey]) -> int:
        """Remove slivers; tell how many there were."""

    def delete_shard(self, shard: ShardIndex) -> int:
        """Remove all slivers of a shard; tell how many there were. A crash leaves some of them."""

    def collect(self, epoch: int) -> Collected:
        """Remove what no registration holds any more at `epoch`.

        Ended registrations leave their records; blobs without any go, with their metadata and
        slivers; of invalid blobs the record stays.
        """

    # -- space and health ---------------------------------------------------------------------

    def usage(self) -> Usage:
        """What is stored and what is free."""

    def scrub(self, start: bytes | None = None, budget: int = 64 << 20) -> ScrubStep:
        """Check everything stored from `start` on against its checksum, up to about `budget` bytes.

        The caller sets the pace: it calls with the `next` of the step before, as often as it likes.
        """

    def damaged(self) -> Iterator[Damage]:
        """What was lost and has neither been put back nor collected since; survives restarts."""

    def close(self) -> None:
        """Let go of the disk. Nothing is lost by not calling it."""
