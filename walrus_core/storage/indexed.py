"""A `SliverStore` over an index and files: what is stored where, in which order, and who waits.

To store is to write the files, durably, then their entries in one step, then to wait until that is
on disk; to remove goes the other way around. Between the two lie only files that no entry names,
and the next start removes them.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from walrus_core.codec.metadata import UnverifiedMetadata, VerifiedMetadata
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.errors import NotRegisteredError
from walrus_core.storage import entries
from walrus_core.storage.backing import Files, Index
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.storage.catalogue import PAGE, Catalogue, damage_of
from walrus_core.storage.contents import Contents, DamagedItem
from walrus_core.storage.entries import Head
from walrus_core.storage.space import Space
from walrus_core.storage.start import StartReport, take_stock
from walrus_core.storage.store import (
    Changes,
    Collected,
    Damage,
    ScrubStep,
    SliverKey,
    SliverStore,
    Usage,
)
from walrus_core.types import Axis, BlobId, ShardIndex

INLINE_BELOW = 64 << 10
"""Shorter slivers rest in the index: a file of their own would cost more to sync than to write."""


class _Item(NamedTuple):
    """Something to store."""

    content: memoryview
    sliver_index: int
    symbol_size: int


class IndexedStore:
    """See `SliverStore` for what the methods promise.

    `path` names the store in errors; `limit` is the most bytes to store; `on_damage` is called, in
    the thread that came across it, with what is lost; slivers from `inline_below` bytes on have
    files. `started` tells what was found at the start.
    """

    def __init__(
        self,
        index: Index,
        files: Files,
        path: str,
        limit: int | None = None,
        on_damage: Callable[[Damage], None] | None = None,
        inline_below: int = INLINE_BELOW,
    ) -> None:
        self._index = index
        self._files = files
        self._catalogue = Catalogue(index, path)
        self._contents = Contents(self._catalogue, files)
        self._space = Space(path, limit, files.free)
        self._on_damage = on_damage
        self._inline_below = inline_below
        # Held while what the index says is looked at and then changed; not while files are written.
        self._lock = threading.Lock()
        self.started: StartReport = take_stock(
            self._catalogue, self._contents, files, self._space, self._lost
        )

    # -- what the chain said ------------------------------------------------------------------

    def commit(self, changes: Changes) -> None:
        with self._lock, self._space.errors_named():
            self._catalogue.commit(changes)
        self._settle()

    def cursor(self) -> bytes | None:
        return self._catalogue.value(entries.CURSOR)

    def note(self, name: str) -> bytes | None:
        return self._catalogue.value(entries.NOTE + name.encode())

    def notes(self, prefix: str = "") -> Iterator[tuple[str, bytes]]:
        return self._catalogue.notes(prefix)

    def record(self, blob_id: BlobId) -> BlobRecord | None:
        return self._catalogue.record(blob_id)

    def records(self, start: BlobId | None = None) -> Iterator[tuple[BlobId, BlobRecord]]:
        return self._catalogue.records(start.digest if start else b"")

    # -- metadata and slivers -----------------------------------------------------------------

    def put_metadata(self, metadata: VerifiedMetadata) -> bool:
        content = memoryview(metadata.to_bcs_with_id())
        return bool(self._put({entries.metadata_key(metadata.blob_id): _Item(content, 0, 0)}))

    def metadata(self, blob_id: BlobId) -> VerifiedMetadata | None:
        found = self._read(entries.metadata_key(blob_id))
        return UnverifiedMetadata.from_bcs_with_id(found[1]).verify() if found else None

    def put_slivers(self, slivers: Iterable[tuple[ShardIndex, VerifiedSliver]]) -> int:
        return self._put(
            {
                entries.sliver_key(SliverKey(shard, sliver.axis, sliver.blob_id)): _Item(
                    sliver.data, sliver.index, sliver.symbol_size
                )
                for shard, sliver in slivers
            }
        )

    def slivers(self, keys: Sequence[SliverKey]) -> list[VerifiedSliver | None]:
        return [self.sliver(key) for key in keys]

    def sliver(self, key: SliverKey) -> VerifiedSliver | None:
        if (found := self._read(entries.sliver_key(key))) is None:
            return None
        head, content = found
        return VerifiedSliver(key.axis, head.index, head.symbol_size, content, key.blob_id)

    def sliver_range(self, key: SliverKey, start: int, stop: int) -> bytes | None:
        found = self._read(entries.sliver_key(key), start, stop)
        return None if found is None else found[1]

    def lacking(self, blob_id: BlobId, shards: Iterable[ShardIndex]) -> list[SliverKey]:
        keys = [SliverKey(shard, axis, blob_id) for shard in shards for axis in Axis]
        heads = self._catalogue.heads([entries.sliver_key(key) for key in keys])
        self._settle()  # another thread may have entered them a moment ago
        return [key for key, head in zip(keys, heads, strict=True) if head is None]

    def slivers_of(
        self, shard: ShardIndex, axis: Axis, start: BlobId | None = None
    ) -> Iterator[BlobId]:
        prefix = entries.sliver_prefix(shard, axis)
        for item, _ in self._catalogue.items(prefix, prefix + (start.digest if start else b"")):
            yield entries.blob_of(item)

    # -- removal ------------------------------------------------------------------------------

    def delete_slivers(self, keys: Iterable[SliverKey]) -> int:
        return len(self._remove([entries.sliver_key(key) for key in keys]))

    def delete_shard(self, shard: ShardIndex) -> int:
        items = chain.from_iterable(
            self._catalogue.pages(letter + entries.sliver_prefix(shard, axis))
            for axis in Axis
            for letter in (b"", entries.DAMAGE)
        )
        names = (key.removeprefix(entries.DAMAGE) for key, _ in items)
        count = 0
        while page := list(islice(names, PAGE)):
            count += len(self._remove(page))
        return count

    def collect(self, epoch: int) -> Collected:
        blobs = size = 0
        removed: dict[bytes, Head] = {}
        for blob_id, record in self._catalogue.records():
            if record.is_kept and record.live(epoch) == record:
                continue
            found, is_gone = self._collect(blob_id, epoch)
            blobs += is_gone
            size += sum(head.size for head in found.values())
            removed |= found
            if len(removed) > PAGE:
                self._forget_files(removed)
                removed = {}
        self._forget_files(removed)
        return Collected(blobs, size)

    # -- space and health ---------------------------------------------------------------------

    def usage(self) -> Usage:
        with self._lock:
            return self._space.usage()

    def scrub(self, start: bytes | None = None, budget: int = 64 << 20) -> ScrubStep:
        items = size = 0
        damaged: list[Damage] = []
        for item, head in chain.from_iterable(
            self._catalogue.items(letter, start or b"")
            for letter in (entries.METADATA, entries.SLIVER)
        ):
            if size >= budget:
                return ScrubStep(item, items, size, tuple(damaged))
            try:
                with self._space.errors_named():
                    self._contents.check(item, head)
            except DamagedItem:
                if (damage := self._lost(item)) is not None:
                    damaged.append(damage)
            items += 1
            size += head.size
        return ScrubStep(None, items, size, tuple(damaged))

    def damaged(self) -> Iterator[Damage]:
        return self._catalogue.damaged()

    def close(self) -> None:
        self._index.close()

    # -- how ----------------------------------------------------------------------------------

    def _put(self, items: dict[bytes, _Item]) -> int:
        """Store those that are not there, and tell how many."""
        with self._lock:
            new = self._absent(items)
            size = sum(items[item].content.nbytes for item in new)
            self._space.reserve(size)
        try:
            heads = {item: self._head(items[item]) for item in new}
            with self._space.errors_named(size):
                count = self._enter(heads, {item: items[item].content for item in new})
        finally:
            with self._lock:
                self._space.release(size)
        self._settle()
        return count

    def _enter(self, heads: dict[bytes, Head], contents: dict[bytes, memoryview]) -> int:
        """Write the files of new items, then their entries."""
        in_files = {item: head for item, head in heads.items() if head.file is not None}
        self._files.write(
            {
                entries.file_name(item, head.file or 0): contents[item]
                for item, head in in_files.items()
            }
        )
        entered: list[bytes] = []
        try:
            with self._lock:
                absent = self._absent(heads)
                inline = {i: bytes(contents[i]) for i in absent if i not in in_files}
                self._catalogue.add({item: heads[item] for item in absent}, inline)
                self._space.add((item, heads[item]) for item in absent)
                entered = absent
        finally:  # what another thread stored first, or everything if there was an error
            self._contents.remove_files(
                (item, head) for item, head in heads.items() if item not in entered
            )
        return len(entered)

    def _absent(self, items: Iterable[bytes]) -> list[bytes]:
        """Those not stored, in order; NotRegisteredError if no registration holds any's blob."""
        wanted = list(items)
        for blob_id in {entries.blob_of(item): None for item in wanted}:
            record = self._catalogue.record(blob_id)
            if record is None or not record.is_kept:
                raise NotRegisteredError(str(blob_id))
        heads = self._catalogue.heads(wanted)
        return [item for item, head in zip(wanted, heads, strict=True) if head is None]

    def _head(self, item: _Item) -> Head:
        size = item.content.nbytes
        # Metadata stay in the index: even of 1000 shards they take no more than 66 KiB.
        has_file = item.symbol_size > 0 and size >= self._inline_below
        number = secrets.randbits(64) if has_file else None
        sums = entries.block_checksums(item.content)
        return Head(size, item.sliver_index, item.symbol_size, number, sums)

    def _read(
        self, item: bytes, start: int = 0, stop: int | None = None
    ) -> tuple[Head, bytes] | None:
        """An item's head and content, or some of it; None if it is not there or not whole."""
        while True:
            (head,) = self._catalogue.heads([item])
            if head is None:
                return None
            try:
                with self._space.errors_named():
                    end = head.size if stop is None else stop
                    return head, self._contents.read(item, head, start, end)
            except DamagedItem:
                self._lost(item)  # or else it was removed, or replaced: look again

    def _lost(self, item: bytes) -> Damage | None:
        """Give up an item if it is damaged indeed, and tell so; its file goes, too."""
        with self._lock:
            (head,) = self._catalogue.heads([item])
            if head is None:
                return None
            with self._space.errors_named():
                if (reason := self._contents.fault(item, head)) is None:
                    return None
                self._catalogue.mark_damaged(item, reason)
            self._space.add([(item, head)], -1)
        self._settle()
        with self._space.errors_named():
            self._contents.remove_files([(item, head)])
        damage_found = damage_of(item, reason)
        if self._on_damage is not None:
            self._on_damage(damage_found)
        return damage_found

    def _remove(self, items: Sequence[bytes]) -> dict[bytes, Head]:
        """Remove items and what is remembered of them; return those that there were."""
        with self._lock:
            removed = self._removed(items)
        self._forget_files(removed)
        return removed

    def _removed(self, items: Sequence[bytes], others: Sequence[bytes] = ()) -> dict[bytes, Head]:
        """Remove items and plain entries from the index, under the lock."""
        known = self._catalogue.known(items)
        heads = zip(known, self._catalogue.heads(known), strict=True)
        removed = {item: head for item, head in heads if head is not None}
        if known or others:
            with self._space.errors_named():
                self._catalogue.remove(known, others)
        self._space.add(removed.items(), -1)
        return removed

    def _collect(self, blob_id: BlobId, epoch: int) -> tuple[dict[bytes, Head], bool]:
        """Bring one blob up to `epoch`: the items removed, and whether its record went, too.

        Their files are the caller's to remove.
        """
        with self._lock:
            record = (self._catalogue.record(blob_id) or BlobRecord()).live(epoch)
            if record.is_kept:
                self._catalogue.commit(Changes({blob_id: record}))
                return {}, False
            is_gone = not record.is_invalid
            items = [entries.metadata_key(blob_id)] + [
                entries.sliver_key(SliverKey(shard, axis, blob_id))
                for shard in self._space.shards
                for axis in Axis
            ]
            gone = [entries.RECORD + blob_id.digest] if is_gone else []
            return self._removed(items, gone), is_gone

    def _forget_files(self, removed: dict[bytes, Head]) -> None:
        """Remove the files of removed items, once it is on disk that they are not needed."""
        self._settle()
        with self._space.errors_named():
            self._contents.remove_files(removed.items())

    def _settle(self) -> None:
        with self._space.errors_named():
            self._index.settle()


_CONFORMS: type[SliverStore] = IndexedStore
"""For mypy, which compares every method with the port's."""
