"""The index of a store in terms of what it means: records, notes, items and damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from walrus_core.errors import DamagedStoreError, InvalidEncodingError
from walrus_core.storage import entries
from walrus_core.storage.backing import Index
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.storage.entries import Head
from walrus_core.storage.store import Changes, Damage
from walrus_core.types import BlobId

T = TypeVar("T")

PAGE = 256
"""Entries fetched at once while going through many."""


class Catalogue:
    """`path` names the store in errors; DamagedStoreError for entries that are not as written."""

    def __init__(self, index: Index, path: str) -> None:
        self.index = index
        self._path = path

    def commit(self, changes: Changes) -> None:
        """Apply what the chain said, not yet durably."""
        puts = {
            entries.RECORD + blob_id.digest: record.to_bytes()
            for blob_id, record in changes.records.items()
        }
        deletes = []
        for name, note in changes.notes.items():
            if note is None:
                deletes.append(entries.NOTE + name.encode())
            else:
                puts[entries.NOTE + name.encode()] = note
        if changes.cursor is not None:
            puts[entries.CURSOR] = changes.cursor
        self.index.apply({key: entries.sealed(key, puts[key]) for key in puts}, deletes)

    def value(self, key: bytes) -> bytes | None:
        """A sealed value."""
        (data,) = self.index.get_many([key])
        return None if data is None else self._read(key, data, bytes)

    def record(self, blob_id: BlobId) -> BlobRecord | None:
        key = entries.RECORD + blob_id.digest
        (data,) = self.index.get_many([key])
        return None if data is None else self._read(key, data, BlobRecord.from_bytes)

    def heads(self, items: Sequence[bytes]) -> list[Head | None]:
        """The head, or None, of each item."""
        return [
            None if data is None else self._read(item, data, Head.from_bytes)
            for item, data in zip(items, self.index.get_many(items), strict=True)
        ]

    def content(self, items: Sequence[bytes]) -> list[bytes | None]:
        """The content, or None, of items that have no file."""
        return self.index.get_many([entries.CONTENT + item for item in items])

    def add(self, items: dict[bytes, Head], contents: dict[bytes, bytes]) -> None:
        """Enter items, `contents` being of those without a file; they are damaged no more."""
        puts = {item: entries.sealed(item, head.to_bytes()) for item, head in items.items()}
        puts |= {entries.CONTENT + item: content for item, content in contents.items()}
        self.index.apply(puts, [entries.DAMAGE + item for item in items])

    def remove(self, items: Iterable[bytes], others: Iterable[bytes] = ()) -> None:
        """Remove items with their content and damage, and `others`, plain keys, with them."""
        letters = (b"", entries.CONTENT, entries.DAMAGE)
        self.index.apply({}, [*(letter + item for item in items for letter in letters), *others])

    def known(self, items: Sequence[bytes]) -> list[bytes]:
        """Those that are there, or were and are damaged."""
        heads = self.index.get_many(items)
        marks = self.index.get_many([entries.DAMAGE + item for item in items])
        return [item for item, head, mark in zip(items, heads, marks, strict=True) if head or mark]

    def mark_damaged(self, item: bytes, reason: str) -> None:
        """Remove an item, and remember why."""
        key = entries.DAMAGE + item
        mark = entries.sealed(key, reason.encode())
        self.index.apply({key: mark}, [item, entries.CONTENT + item])

    def records(self, start: bytes = b"") -> Iterator[tuple[BlobId, BlobRecord]]:
        for key, data in self.pages(entries.RECORD, entries.RECORD + start):
            yield entries.blob_of(key), self._read(key, data, BlobRecord.from_bytes)

    def notes(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        for key, data in self.pages(entries.NOTE + prefix.encode()):
            yield key[1:].decode(), self._read(key, data, bytes)

    def items(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, Head]]:
        """Items and their heads; `prefix` starts with METADATA or SLIVER."""
        for item, data in self.pages(prefix, start):
            yield item, self._read(item, data, Head.from_bytes)

    def damaged(self) -> Iterator[Damage]:
        for key, data in self.pages(entries.DAMAGE):
            yield damage_of(key[1:], self._read(key, data, bytes).decode())

    def pages(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All entries under a prefix, a page at a time, so that no iterator stays open."""
        start = max(start, prefix)
        while True:
            page = self.index.scan(prefix, start, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            start = page[-1][0] + b"\0"

    def _read(self, key: bytes, data: bytes, parse: Callable[[bytes], T]) -> T:
        try:
            return parse(entries.unsealed(key, data))
        except (InvalidEncodingError, UnicodeDecodeError) as error:
            raise DamagedStoreError(self._path, f"entry {key.hex()}: {error}") from error


def damage_of(item: bytes, reason: str) -> Damage:
    """What was lost with an item."""
    is_sliver = item.startswith(entries.SLIVER)
    key = entries.parse_sliver_key(item) if is_sliver else None
    return Damage(entries.blob_of(item), key, reason)
