"""What the chain's events do to the node's records: one step for some events in a row.

A step changes the records, the notes and the cursor together, so that an event counts once. The
events are applied in a worker's thread, by one caller at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from walrus_core.services.node import pools
from walrus_core.services.node.event_numbers import EventNumbers
from walrus_core.services.ports import ChainEvent
from walrus_core.storage.blob_record import BlobRecord, EventId, Registration
from walrus_core.storage.store import Changes, SliverStore
from walrus_core.types import BlobId, Epoch, checked_bytes, checked_instance, checked_int

__all__ = ["Chronicle", "Consequences"]

NOTE = "events"
"""The note with the `EventNumbers`."""

LARGEST_STEP = 1000
"""Records that are changed at once; a pool that is extended may have more."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What some events mean for the rest of the node; blobs in the order of the events.

    `has_ended`: a registration or a blob may have nothing left to keep. `is_new_phase`: the
    committees, or the phase of the epoch, are others now.
    """

    registered: tuple[BlobId, ...] = ()
    certified: tuple[BlobId, ...] = ()
    invalid: tuple[BlobId, ...] = ()
    has_ended: bool = False
    is_new_phase: bool = False

    @property
    def blobs(self) -> tuple[BlobId, ...]:
        """All that something was said of."""
        return tuple(dict.fromkeys((*self.registered, *self.certified, *self.invalid)))


class Chronicle:
    """Writes what events say into the store."""

    def __init__(self, store: SliverStore) -> None:
        self._store = store

    @property
    def count(self) -> int:
        """Events so far."""
        return EventNumbers.from_bytes(self._store.note(NOTE)).count

    def apply(self, events: Sequence[ChainEvent]) -> Consequences:
        """Durable when it returns. InvalidArgumentError for an event that has not its fields:
        then nothing has changed that would not change again in the same way.
        """
        step = _Step(self._store)
        for event in events:
            step.take(event)
        if events:
            step.commit(events[-1].cursor)
        return step.consequences()


class _Step:
    """The changes that some events add up to."""

    def __init__(self, store: SliverStore) -> None:
        self._store = store
        self._numbers = EventNumbers.from_bytes(store.note(NOTE))
        self._records: dict[BlobId, BlobRecord] = {}
        self._notes: dict[str, bytes | None] = {}
        self._registered: dict[BlobId, None] = {}
        self._certified: dict[BlobId, None] = {}
        self._invalid: dict[BlobId, None] = {}
        self._has_ended = self._is_new_phase = False

    def take(self, event: ChainEvent) -> None:
        """Events of kinds that do not concern a node change nothing but their number."""
        event_id = self._numbers.next(event.transaction)
        if (handle := _HANDLERS.get(event.name)) is not None:
            handle(self, _Fields(event), event_id)

    def commit(self, cursor: bytes) -> None:
        self._notes[NOTE] = self._numbers.to_bytes()
        self._store.commit(Changes(self._records, self._notes, cursor))

    def consequences(self) -> Consequences:
        return Consequences(
            tuple(self._registered),
            tuple(self._certified),
            tuple(self._invalid),
            self._has_ended,
            self._is_new_phase,
        )

    # -- blobs --------------------------------------------------------------------------------

    def registered(self, fields: _Fields, event_id: EventId | None) -> None:
        end = fields.epoch("end_epoch")
        self._register(fields, end, event_id)

    def certified(self, fields: _Fields, event_id: EventId | None) -> None:
        self._certify(fields, fields.epoch("end_epoch"), event_id)

    def deleted(self, fields: _Fields, event_id: EventId | None) -> None:
        blob_id, record = self._record(fields)
        self._put(blob_id, record.without_registration(fields.id("object_id")), event_id)
        self._has_ended = True

    def invalidated(self, fields: _Fields, event_id: EventId | None) -> None:
        blob_id, record = self._record(fields)
        self._put(blob_id, replace(record, is_invalid=True), event_id)
        self._invalid[blob_id] = None
        self._has_ended = True

    # -- pools --------------------------------------------------------------------------------

    def pool_created(self, fields: _Fields, event_id: EventId | None) -> None:  # noqa: ARG002
        name = pools.pool_name(fields.id("storage_pool_id"))
        self._notes[name] = pools.pool_note(fields.epoch("end_epoch"))

    def pool_extended(self, fields: _Fields, event_id: EventId | None) -> None:
        """Its blobs live as long now. What is left of a longer step is done before the cursor
        moves on, and does no harm when it is done again.
        """
        pool_id, end = fields.id("storage_pool_id"), fields.epoch("new_end_epoch")
        self._flush()
        for object_id, blob_id in pools.blobs_in(self._store, pool_id):
            record = self._record_of(blob_id)
            for each in record.registrations:
                if each.object_id == object_id:
                    extended = replace(each, end_epoch=max(end, each.end_epoch))
                    self._put(blob_id, record.with_registration(extended), event_id)
            if len(self._records) >= LARGEST_STEP:
                self._flush()
        self._notes[pools.pool_name(pool_id)] = pools.pool_note(end)

    def pooled_registered(self, fields: _Fields, event_id: EventId | None) -> None:
        pool_id, object_id = fields.id("storage_pool_id"), fields.id("object_id")
        self._register(fields, self._end_of_pool(pool_id, fields), event_id)
        self._notes[pools.member_name(pool_id, object_id)] = fields.blob_id().digest

    def pooled_certified(self, fields: _Fields, event_id: EventId | None) -> None:
        end = self._end_of_pool(fields.id("storage_pool_id"), fields)
        self._certify(fields, end, event_id)

    def pooled_deleted(self, fields: _Fields, event_id: EventId | None) -> None:
        self.deleted(fields, event_id)
        name = pools.member_name(fields.id("storage_pool_id"), fields.id("object_id"))
        self._notes[name] = None

    # -- epochs -------------------------------------------------------------------------------

    def new_phase(self, fields: _Fields, event_id: EventId | None) -> None:  # noqa: ARG002
        self._is_new_phase = True

    # -- how ----------------------------------------------------------------------------------

    def _register(self, fields: _Fields, end: Epoch, event_id: EventId | None) -> None:
        blob_id, record = self._record(fields)
        registration = Registration(fields.id("object_id"), end, fields.flag("deletable"))
        self._put(blob_id, record.with_registration(registration), event_id)
        self._registered[blob_id] = None

    def _certify(self, fields: _Fields, end: Epoch, event_id: EventId | None) -> None:
        """Of an extension, too: its epoch is that of the first certification."""
        blob_id, record = self._record(fields)
        registration = Registration(
            fields.id("object_id"), end, fields.flag("deletable"), fields.epoch("epoch")
        )
        self._put(blob_id, record.with_registration(registration), event_id)
        self._certified[blob_id] = None

    def _end_of_pool(self, pool_id: bytes, fields: _Fields) -> Epoch:
        """When a pool ends; if it was never heard of, the epoch after this one."""
        name = pools.pool_name(pool_id)
        note = self._notes.get(name) or self._store.note(name)
        if note is None:
            _log.warning("a blob of the unknown storage pool 0x%s", pool_id.hex())
            return Epoch(fields.epoch("epoch") + 1)
        return pools.end_of_pool(note)

    def _record(self, fields: _Fields) -> tuple[BlobId, BlobRecord]:
        blob_id = fields.blob_id()
        return blob_id, self._record_of(blob_id)

    def _record_of(self, blob_id: BlobId) -> BlobRecord:
        return self._records.get(blob_id) or self._store.record(blob_id) or BlobRecord()

    def _put(self, blob_id: BlobId, record: BlobRecord, event_id: EventId | None) -> None:
        """A blob that was proven inconsistent names the event that said so for good."""
        if not (record.is_invalid and self._record_of(blob_id).is_invalid):
            record = replace(record, event=event_id)
        self._records[blob_id] = record

    def _flush(self) -> None:
        """Commit what there is so far, without the cursor: it will be done once more, if at all."""
        self._store.commit(Changes(self._records, self._notes))
        self._records, self._notes = {}, {}


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of an event, as what they should be. InvalidArgumentError."""

    event: ChainEvent

    def blob_id(self) -> BlobId:
        return BlobId.from_u256(checked_int("blob_id", self._get("blob_id"), 0, 2**256 - 1))

    def id(self, name: str) -> bytes:
        return checked_bytes(name, self._get(name), 32)

    def epoch(self, name: str) -> Epoch:
        return Epoch(checked_int(name, self._get(name), 0, 2**32 - 2))

    def flag(self, name: str) -> bool:
        return checked_instance(name, self._get(name), bool)

    def _get(self, name: str) -> object:
        return self.event.fields.get(name)


_HANDLERS: dict[str, Callable[[_Step, _Fields, EventId | None], None]] = {
    "BlobRegistered": _Step.registered,
    "BlobCertified": _Step.certified,
    "BlobDeleted": _Step.deleted,
    "InvalidBlobID": _Step.invalidated,
    "StoragePoolCreated": _Step.pool_created,
    "StoragePoolExtended": _Step.pool_extended,
    "PooledBlobRegistered": _Step.pooled_registered,
    "PooledBlobCertified": _Step.pooled_certified,
    "PooledBlobDeleted": _Step.pooled_deleted,
    "EpochChangeStart": _Step.new_phase,
    "EpochChangeDone": _Step.new_phase,
    "EpochParametersSelected": _Step.new_phase,
}
