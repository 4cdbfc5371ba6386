"""The state on disk, so that a restart runs only the last few transactions again.

The file is a journal of its own. Each record holds what changed since the one before it, and the
small rest whole; together they are the state at the last record's place in the chain's journal. A
record that a crash tore off costs time at the next start, nothing else. The file is written anew
when most of what it holds is out of date.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from walrus_core.codec.durable_files import sync_directory
from walrus_core.localnet.ledger import Ledger, snapshots
from walrus_core.localnet.ledger.journal import Savepoint
from walrus_core.localnet.ledger.objects import Object, Objects
from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.journal import Journal
from walrus_core.localnet.sui_node.object_records import pack_records, unpack_records
from walrus_core.localnet.sui_node.store import ObjectStore
from walrus_core.localnet.sui_node.values import GasUsed, ObjectRecord
from walrus_core.localnet.sui_node.world import ExchangeState, World

__all__ = ["Place", "SavedState", "Stored"]

_MAGIC = b"walrus-core state 1\n"
_MANY = 2**32
MOST_OUTDATED, SLACK = 3, 20_000
"""The file may hold so many objects for each that there is, and some more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where in the chain the state goes: the journal's end there, the number of the last
    transaction, the chain's time, the gas of the epoch so far.
    """

    journal_end: int
    number: int
    now_ms: int
    rolling_gas: GasUsed


@dataclass(frozen=True, slots=True)
class Stored:
    """What was read: `rows` are those of the history."""

    place: Place
    world: World
    rows: bytes


class SavedState:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._journal = Journal(path, _MAGIC)
        self._written = 0

    def load(self, seed: bytes) -> Stored | None:
        """The state of the last whole record; None if there is none."""
        with _collector_paused():
            return self._load(seed)

    def _load(self, seed: bytes) -> Stored | None:
        records: dict[bytes, ObjectRecord] = {}
        held: dict[bytes, Object] = {}
        rows: list[bytes] = []
        last: _Segment | None = None
        for _, payload in self._journal.read_all():
            last = _Segment.decode(payload)
            for object_id in last.removed:
                records.pop(object_id, None)
                held.pop(object_id, None)
            changed = unpack_records(last.records)
            records.update((record.id, record) for record in changed)
            held.update((each.id, each) for each in snapshots.read(last.held))
            rows.append(last.rows)
            self._written += len(changed)
        if last is None:
            return None
        ledger = Ledger.restore(last.ledger)
        with Savepoint([]):
            ledger.state.objects = Objects(held.items())
        exchange = cast(ExchangeState, snapshots.read(last.exchange)[0])
        world = World(seed, ledger, ObjectStore(records.values()), exchange)
        return Stored(last.place, world, b"".join(rows))

    def needs_compaction(self, world: World) -> bool:
        """Whether most of what the file holds is out of date."""
        return self._written > MOST_OUTDATED * len(world.store) + SLACK

    def append(self, place: Place, world: World, changed: Iterable[bytes], rows: bytes) -> None:
        """What changed since the last record: objects by their ids, and new rows of the history."""
        segment = _Segment.of(place, world, changed, rows)
        self._journal.append(segment.encode())
        self._journal.sync()
        self._written += len(segment.removed) + segment.count

    def rewrite(self, place: Place, world: World, rows: bytes) -> None:
        """The file anew, with one record that holds all."""
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        journal = Journal(draft, _MAGIC)
        segment = _Segment.of(place, world, [record.id for record in world.store], rows)
        journal.append(segment.encode())
        journal.sync()
        self._journal.close()
        draft.replace(self._path)
        sync_directory(self._path.parent)
        self._journal, self._written = journal, segment.count

    def close(self) -> None:
        self._journal.close()


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Without looking for garbage again and again while nothing but live objects are made."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Segment:
    """One record: `ledger` is the ledger without the objects at large, which are in `held`."""

    place: Place
    ledger: bytes
    exchange: bytes
    held: bytes
    records: bytes
    removed: tuple[bytes, ...]
    rows: bytes
    count: int = 0

    @classmethod
    def of(cls, place: Place, world: World, changed: Iterable[bytes], rows: bytes) -> _Segment:
        ledger = world.ledger
        ids = set(changed) | {world.exchange.wal_coin}
        records = [record for each in ids if (record := world.store.get(each)) is not None]
        held = [value for each in ids if (value := ledger.objects.get(each)) is not None]
        present = {record.id for record in records} | {value.id for value in held}
        bare = dataclasses.replace(ledger.state, objects=Objects())
        settings = dataclasses.astuple(ledger.config)
        return cls(
            place,
            snapshots.write(settings, ledger.events.end, bare),
            snapshots.write(world.exchange),
            snapshots.write(*held),
            pack_records(records),
            tuple(sorted(ids - present)),
            rows,
            len(records),
        )

    def encode(self) -> bytes:
        place, gas = self.place, self.place.rolling_gas
        numbers = (place.journal_end, place.number, place.now_ms)
        amounts = (gas.computation, gas.storage, gas.rebate, gas.non_refundable)
        return b"".join(
            [
                *map(bcs.u64, (*numbers, *amounts)),
                bcs.byte_vector(self.ledger),
                bcs.byte_vector(self.exchange),
                bcs.byte_vector(self.held),
                bcs.byte_vector(self.records),
                bcs.vector(self.removed),
                bcs.byte_vector(self.rows),
            ]
        )

    @classmethod
    def decode(cls, content: bytes) -> _Segment:
        reader = bcs.Reader("a record of the saved state", content)
        number: Callable[[], int] = reader.u64
        numbers = (number(), number(), number())
        place = Place(*numbers, GasUsed(number(), number(), number(), number()))
        part = reader.byte_vector
        ledger, exchange, held, records = part(), part(), part(), part()
        removed = reader.vector(reader.address, most=_MANY)
        segment = cls(place, ledger, exchange, held, records, removed, part())
        reader.finish()
        return segment
