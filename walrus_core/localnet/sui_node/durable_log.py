"""What keeps a chain across restarts: its journal, its history, and its saved state, as one.

A transaction is written to the journal when it was carried out, and counts as durable once it is on
disk. The saved state follows from time to time, so that few transactions have to be run again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from walrus_core.errors import StorageError
from walrus_core.localnet.sui_node.archive import pack, unpack
from walrus_core.localnet.sui_node.genesis import Genesis, build
from walrus_core.localnet.sui_node.history import History
from walrus_core.localnet.sui_node.journal import Journal
from walrus_core.localnet.sui_node.saved_state import Place, SavedState
from walrus_core.localnet.sui_node.values import Checkpoint, Effects, ExecutedTransaction
from walrus_core.localnet.sui_node.world import World

__all__ = ["DurableLog"]

_MAGIC = b"walrus-core chain 1\n"
SAVE_AFTER = 1000
SAVE_AFTER_SECONDS = 1.0
"""Of transactions and of time spent on them: what a restart has to do again, at most."""

Replay = Callable[[World, ExecutedTransaction], Effects]
"""Carries a transaction out again; its effects must be what they were."""


class DurableLog:
    """In a directory, for a chain that began with `genesis`."""

    def __init__(self, directory: Path, genesis: Genesis, first: Checkpoint) -> None:
        self._genesis = genesis
        self._journal = Journal(directory / "journal", _MAGIC)
        self._saved = SavedState(directory / "state")
        self._broken: StorageError | None = None
        self._syncing: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Event] = set()
        self._changed: set[bytes] = set()
        self._saved_number = 0
        self._seconds_unsaved = 0.0
        self.history = History(self._journal, first)
        self.durable = 0

    def restore(self, replay: Replay) -> tuple[World, int]:
        """The world after the last whole record of the journal, and the chain's time then."""
        stored = self._saved.load(self._genesis.seed)
        if stored is None:
            world, start, now_ms = build(self._genesis), None, self._genesis.start_ms
            self._changed.update(record.id for record in world.store)
        else:
            world, start, now_ms = stored.world, stored.place.journal_end, stored.place.now_ms
            self.history.restore(stored.rows, stored.place.rolling_gas)
            self._saved_number = stored.place.number
        for offset, payload in self._journal.read_all(start):
            entry = unpack(payload)
            executed = entry.executed
            effects = replay(world, executed)
            if effects.digest != executed.effects.digest:
                words = f"transaction {executed.checkpoint} had other effects when it was written"
                raise StorageError("journal", words)
            self.history.add(entry, offset)
            self._changed.update(change.id for change in effects.changes)
            now_ms = max(now_ms, executed.timestamp_ms)
        self.durable = self.history.last
        if self._saved.needs_compaction(world):
            self._saved.rewrite(self._place(now_ms), world, self.history.rows(0))
            self._settle_saved()
        return world, now_ms

    def _place(self, now_ms: int) -> Place:
        history = self.history
        return Place(self._journal.end, history.last, now_ms, history.rolling_gas)

    def _settle_saved(self) -> None:
        self._saved_number = self.history.last
        self._changed.clear()
        self._seconds_unsaved = 0.0

    def check_usable(self) -> None:
        """StorageError once the disk has failed: then the world is ahead of the journal."""
        if self._broken is not None:
            raise self._broken

    def append(self, executed: ExecutedTransaction, world: World, seconds: float) -> None:
        """The next transaction, which took so long."""
        entry = self.history.next_entry(executed)
        try:
            offset = self._journal.append(pack(entry))
        except (OSError, StorageError) as error:
            raise self._break(error) from error
        self.history.add(entry, offset)
        self._changed.update(change.id for change in executed.effects.changes)
        self._seconds_unsaved += seconds
        unsaved = self.history.last - self._saved_number
        if unsaved >= SAVE_AFTER or self._seconds_unsaved >= SAVE_AFTER_SECONDS:
            self._save(world, executed.timestamp_ms)

    def _break(self, error: Exception) -> StorageError:
        self._broken = StorageError("journal", f"{error}; restart the chain once there is room")
        return self._broken

    def _save(self, world: World, now_ms: int) -> None:
        """Write what changed to the saved state; the journal goes to disk first."""
        try:
            self._journal.sync()
            rows = self.history.rows(self._saved_number)
            self._saved.append(self._place(now_ms), world, self._changed, rows)
        except (OSError, StorageError) as error:
            raise self._break(error) from error
        self._settle_saved()

    def flush(self) -> None:
        """Put on disk all that was appended; listeners hear of it now."""
        last = self.history.last
        try:
            self._journal.sync()
        except OSError as error:
            raise self._break(error) from error
        self._mark_durable(last)

    async def on_disk(self, number: int) -> None:
        """Return when the transaction with this number is; all that wait share one sync."""
        while self.durable < number:
            if self._syncing is None:
                self._syncing = asyncio.create_task(self._sync())
            await asyncio.shield(self._syncing)

    async def _sync(self) -> None:
        last = self.history.last
        try:
            await asyncio.to_thread(self._journal.sync)
        except OSError as error:
            raise self._break(error) from error
        finally:
            self._syncing = None
        self._mark_durable(last)

    def _mark_durable(self, number: int) -> None:
        self.durable = max(self.durable, number)
        for listener in self._listeners:
            listener.set()

    async def heads(self) -> AsyncIterator[int]:
        """The number of the last durable transaction, whenever there are new ones."""
        listener = asyncio.Event()
        self._listeners.add(listener)
        seen = self.durable
        try:
            while True:
                await listener.wait()
                listener.clear()
                if self.durable > seen:
                    seen = self.durable
                    yield seen
        finally:
            self._listeners.discard(listener)

    def close(self, world: World, now_ms: int) -> None:
        """Put everything on disk, unless that has failed before."""
        if self._broken is None:
            self.flush()
            self._save(world, now_ms)
        self._saved.close()
        self._journal.close()
