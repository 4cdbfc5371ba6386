"""The local chain: Sui's transactions over the Walrus contract, kept in a directory.

    chain = LocalChain.open(directory, genesis)
    executed = await chain.execute(tx_bytes, [signature])

The directory holds genesis.json (what the chain began with), `journal` (every transaction, in
order) and `state` (so that a restart is quick). A transaction is acknowledged when its record is on
disk; whatever a crash leaves behind, the chain comes up again with all whole records.

One chain runs in one process, and is called from one thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from walrus_core.errors import StorageError
from walrus_core.localnet.sui_node import genesis_file, transaction_bcs
from walrus_core.localnet.sui_node.admission import admit
from walrus_core.localnet.sui_node.archive import pack, unpack
from walrus_core.localnet.sui_node.chain_clock import ChainClock
from walrus_core.localnet.sui_node.dynamic_fields import field_info
from walrus_core.localnet.sui_node.execution import Job, run
from walrus_core.localnet.sui_node.functions import Datatype, Function
from walrus_core.localnet.sui_node.gas import REFERENCE_PRICE
from walrus_core.localnet.sui_node.genesis import Genesis, build, genesis_digest
from walrus_core.localnet.sui_node.history import History, genesis_checkpoint
from walrus_core.localnet.sui_node.ids import digest_of
from walrus_core.localnet.sui_node.journal import Journal
from walrus_core.localnet.sui_node.move_types import MoveType
from walrus_core.localnet.sui_node.packages import Packages
from walrus_core.localnet.sui_node.resolution import resolve, tried
from walrus_core.localnet.sui_node.saved_state import Place, SavedState
from walrus_core.localnet.sui_node.signatures import verify_signatures
from walrus_core.localnet.sui_node.transaction_data import TransactionData
from walrus_core.localnet.sui_node.values import (
    Checkpoint,
    CoinInfo,
    ExecutedTransaction,
    FieldInfo,
    ObjectRecord,
    PackageRecord,
    ServiceInfo,
    Simulated,
    SuiEpoch,
)
from walrus_core.localnet.sui_node.world import ChainIds, World

__all__ = ["LocalChain"]

SUI_EPOCH = 1
_PROTOCOL_VERSION = 100
_MAGIC = b"walrus-core chain 1\n"
_CHAIN_NAME, _SERVER_NAME = "localnet", "walrus-core"
_ALL_FIELDS = 10**9

_SAVE_AFTER = 1000
_SAVE_AFTER_SECONDS = 1.0
"""Of transactions and of time spent on them: what a restart has to do again, at most."""


class LocalChain:
    """Made by `open`."""

    def __init__(self, genesis: Genesis, journal: Journal, saved: SavedState) -> None:
        digest = genesis_digest(genesis)
        self._genesis = genesis
        self._journal = journal
        self._saved = saved
        self._history = History(journal, genesis_checkpoint(digest, genesis.start_ms, SUI_EPOCH))
        self._durable = 0
        self._broken: StorageError | None = None
        self._syncing: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Event] = set()
        self._changed: set[bytes] = set()
        self._saved_number = 0
        self._seconds_unsaved = 0.0
        self._world, last_ms = self._restored()
        self._packages = Packages(self._world, digest)
        self._clock = ChainClock(last_ms)

    @classmethod
    def open(cls, directory: Path, genesis: Genesis | None = None) -> LocalChain:
        """The chain in a directory; made with `genesis` if there is none in it yet.

        Raises StorageError if the files there are another version's, or damaged beyond repair.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = genesis_file.load_or_create(directory / "genesis.json", genesis)
        journal = Journal(directory / "journal", _MAGIC)
        return cls(known, journal, SavedState(directory / "state"))

    def close(self) -> None:
        """Put everything on disk; the chain's time stops here."""
        if self._broken is None:
            self.flush()
            self._save()
        self._saved.close()
        self._journal.close()

    # The start.

    def _restored(self) -> tuple[World, int]:
        """The world after the last transaction of the journal, and when that was."""
        stored = self._saved.load(self._genesis.seed)
        if stored is None:
            world, start, now_ms = build(self._genesis), None, self._genesis.start_ms
            self._changed.update(record.id for record in world.store)
        else:
            world, start, now_ms = stored.world, stored.place.journal_end, stored.place.now_ms
            self._history.restore(stored.rows, stored.place.rolling_gas)
            self._saved_number = stored.place.number
        for offset, payload in self._journal.read_all(start):
            entry = unpack(payload)
            self._replay(world, entry.executed)
            self._history.add(entry, offset)
            now_ms = max(now_ms, entry.executed.timestamp_ms)
        self._durable = self._history.last
        if self._saved.needs_compaction(world):
            self._saved.rewrite(self._place(now_ms), world, self._history.rows(0))
            self._saved_number = self._history.last
            self._changed.clear()
        return world, now_ms

    def _replay(self, world: World, known: ExecutedTransaction) -> None:
        """Run a transaction again; its signatures were good when it was written down."""
        started = time.perf_counter()
        admitted = admit(world, known.data, SUI_EPOCH)
        job = Job(known.data, known.digest, len(known.bcs), admitted, SUI_EPOCH, known.timestamp_ms)
        outcome = run(world, job)
        if outcome.effects.digest != known.effects.digest:
            raise StorageError(
                "journal", f"transaction {known.checkpoint} came out otherwise when it was run"
            )
        self._note_changes(outcome.effects.changes, started)

    def _note_changes(self, changes: Sequence[object], started: float) -> None:
        self._changed.update(change.id for change in changes)  # type: ignore[attr-defined]
        self._seconds_unsaved += time.perf_counter() - started

    def _place(self, now_ms: int) -> Place:
        history = self._history
        return Place(self._journal.end, history.last, now_ms, history.rolling_gas)

    def _save(self) -> None:
        """Write what changed to `state`; the journal goes to disk first."""
        self._journal.sync()
        rows = self._history.rows(self._saved_number)
        self._saved.append(self._place(self.now_ms()), self._world, self._changed, rows)
        self._saved_number = self._history.last
        self._changed.clear()
        self._seconds_unsaved = 0.0

    # Transactions.

    async def execute(self, tx_bytes: bytes, signatures: Sequence[bytes]) -> ExecutedTransaction:
        """Carry out a transaction; when this returns, it is on disk.

        All that wait at the same time share one write to disk. A transaction that is known already
        is not carried out again: its outcome is returned. Raises RefusedError or
        InvalidEncodingError if it cannot be carried out, StorageError if the disk fails.
        """
        executed = self.submit(tx_bytes, signatures)
        number = executed.checkpoint or 0
        while self._durable < number:
            if self._syncing is None:
                self._syncing = asyncio.create_task(self._sync())
            await asyncio.shield(self._syncing)
        return executed

    async def _sync(self) -> None:
        last = self._history.last
        try:
            await asyncio.to_thread(self._journal.sync)
        except OSError as error:
            raise self._break(error) from error
        finally:
            self._syncing = None
        self._mark_durable(last)

    def execute_now(self, tx_bytes: bytes, signatures: Sequence[bytes]) -> ExecutedTransaction:
        """`execute`, for one who need not share the disk."""
        executed = self.submit(tx_bytes, signatures)
        self.flush()
        return executed

    def submit(self, tx_bytes: bytes, signatures: Sequence[bytes]) -> ExecutedTransaction:
        """Carry out a transaction; not to be acknowledged before `flush`."""
        if self._broken is not None:
            raise self._broken
        digest = digest_of("TransactionData", tx_bytes)
        number = self._history.number_of(digest)
        if number is not None:
            known = self._history.entry(number)
            assert known is not None  # the history has what it numbers
            return known.executed
        data = transaction_bcs.decode(tx_bytes)
        verify_signatures(tx_bytes, tuple(signatures), {data.sender, data.gas.owner})
        started = time.perf_counter()
        executed = self._carried_out(data, digest, tx_bytes, tuple(signatures))
        self._write_down(executed)
        self._note_changes(executed.effects.changes, started)
        unsaved = self._history.last - self._saved_number
        if unsaved >= _SAVE_AFTER or self._seconds_unsaved >= _SAVE_AFTER_SECONDS:
            self._save()
        return executed

    def _carried_out(
        self, data: TransactionData, digest: bytes, content: bytes, signatures: tuple[bytes, ...]
    ) -> ExecutedTransaction:
        admitted = admit(self._world, data, SUI_EPOCH)
        now_ms = self.now_ms()
        outcome = run(self._world, Job(data, digest, len(content), admitted, SUI_EPOCH, now_ms))
        return ExecutedTransaction(
            digest,
            data,
            content,
            signatures,
            outcome.effects,
            outcome.events,
            outcome.balance_changes,
            now_ms,
            self._history.last + 1,
        )

    def _write_down(self, executed: ExecutedTransaction) -> None:
        """The world has the transaction already: if the journal cannot, the chain must stop."""
        entry = self._history.next_entry(executed)
        try:
            offset = self._journal.append(pack(entry))
        except (OSError, StorageError) as error:
            raise self._break(error) from error
        self._history.add(entry, offset)

    def _break(self, error: Exception) -> StorageError:
        self._broken = StorageError("journal", f"{error}; restart the chain once there is room")
        return self._broken

    def flush(self) -> None:
        """Put all submitted transactions on disk; subscribers hear of them now."""
        last = self._history.last
        self._journal.sync()
        self._mark_durable(last)

    def _mark_durable(self, number: int) -> None:
        self._durable = max(self._durable, number)
        for listener in self._listeners:
            listener.set()

    def simulate(
        self, data: TransactionData, *, checks: bool = True, select_gas: bool = False
    ) -> Simulated:
        """A transaction tried. What is not said in it is filled in: inputs of kind UNRESOLVED, a
        price or budget of 0, and if `select_gas`, gas coins.

        Without gas coins nobody pays. Without `checks`, what is left over at the end may be.
        """
        now_ms = self.now_ms()
        resolved = resolve(self._world, data, SUI_EPOCH, now_ms, select_gas=select_gas)
        content, digest, outcome = tried(self._world, resolved, SUI_EPOCH, now_ms, checks=checks)
        executed = ExecutedTransaction(
            digest,
            resolved,
            content,
            (),
            outcome.effects,
            outcome.events,
            outcome.balance_changes,
            now_ms,
            None,
        )
        return Simulated(executed, outcome.outputs, REFERENCE_PRICE)

    def transaction(self, digest: bytes) -> ExecutedTransaction | None:
        """One that is on disk. The contents of the objects that it changed are not kept."""
        number = self._history.number_of(digest)
        return None if number is None else self.transaction_at(number)

    def transaction_at(self, number: int) -> ExecutedTransaction | None:
        """By its checkpoint; the first one has number 1."""
        entry = self._history.entry(number) if number <= self._durable else None
        return None if entry is None else entry.executed

    async def heads(self) -> AsyncIterator[int]:
        """The number of the last transaction on disk, whenever there are new ones."""
        listener = asyncio.Event()
        self._listeners.add(listener)
        seen = self._durable
        try:
            while True:
                await listener.wait()
                listener.clear()
                if self._durable > seen:
                    seen = self._durable
                    yield seen
        finally:
            self._listeners.discard(listener)

    # Objects.

    def get_object(self, object_id: bytes, version: int | None = None) -> ObjectRecord | None:
        """In its present version; None if that is not `version`. Packages are objects, too."""
        record = self._world.object(object_id, self.now_ms()) or self._packages.record(object_id)
        if record is None or version not in (None, record.version):
            return None
        return record

    def owned_objects(
        self, owner: bytes, type_: MoveType | None, after: bytes | None, limit: int
    ) -> list[ObjectRecord]:
        """By ascending id from behind `after`; a struct without parameters means any parameters."""
        return self._world.store.owned(owner, type_, after, limit)

    def balance(self, owner: bytes, coin_type: MoveType) -> int:
        return self._world.store.balance(owner, coin_type)

    def balances(self, owner: bytes) -> dict[MoveType, int]:
        return self._world.store.balances(owner)

    def coin_info(self, coin_type: MoveType) -> CoinInfo | None:
        return self._packages.coin_info(coin_type)

    def dynamic_fields(self, parent: bytes) -> list[FieldInfo]:
        """All of them, by the ids of the fields."""
        store = self._world.store
        found = [
            field_info(store, record) for record in store.owned(parent, None, None, _ALL_FIELDS)
        ]
        return [field for field in found if field is not None]

    # Packages.

    def package(self, package: bytes) -> PackageRecord | None:
        return self._packages.get(package)

    def package_versions(self, original: bytes) -> list[PackageRecord]:
        return self._packages.versions(original)

    def function(self, package: bytes, module: str, name: str) -> Function | None:
        """By any version of its package."""
        original = self._world.original_package(package) or package
        return self._world.catalogue.functions.get((original, module, name))

    def datatype(self, package: bytes, module: str, name: str) -> Datatype | None:
        """By any version of its package."""
        original = self._world.original_package(package) or package
        return self._world.catalogue.datatypes.get((original, module, name))

    # The chain itself.

    @property
    def ids(self) -> ChainIds:
        """Of the packages and shared objects."""
        return self._world.ids

    @property
    def world(self) -> World:
        """The present state, to be read."""
        return self._world

    @property
    def genesis(self) -> Genesis:
        return self._genesis

    def now_ms(self) -> int:
        """The chain's own time."""
        return self._clock.now_ms()

    def checkpoint(self, which: int | bytes) -> Checkpoint | None:
        """By its number or digest."""
        number = self._history.checkpoint_number(which) if isinstance(which, bytes) else which
        if number is None or number > self._durable:
            return None
        return self._history.checkpoint(number)

    def service_info(self) -> ServiceInfo:
        chain_id = self._history.checkpoint(0)
        assert chain_id is not None  # genesis is always there
        return ServiceInfo(
            chain_id.digest,
            _CHAIN_NAME,
            SUI_EPOCH,
            self._durable,
            self.now_ms(),
            0,
            _SERVER_NAME,
        )

    def sui_epoch(self) -> SuiEpoch:
        return SuiEpoch(SUI_EPOCH, REFERENCE_PRICE, 0, self._genesis.start_ms, _PROTOCOL_VERSION)
