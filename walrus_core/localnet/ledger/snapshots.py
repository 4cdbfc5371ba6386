"""A ledger as bytes: canonical, and refused when cut or edited.

    snapshot = MAGIC | values | Blake2b-256 of all before it

Each value begins with a tag, a byte that says what it is. A record is written with all that it
owns, so that the state is one tree; its class is declared by name and fields where it first
appears, and has a tag of its own from there on. Dynamic fields have no order and are written by
ascending key: equal states have equal bytes, and the last 32 of them are the state's digest.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from walrus_core.errors import SnapshotError, WalrusCoreError
from walrus_core.localnet.ledger.containers import Table, VecMap, Vector
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.objects import Objects

__all__ = ["DIGEST_SIZE", "digest_of", "read", "write"]

MAGIC = b"walrus-core ledger 1\n"
DIGEST_SIZE = 32

NONE, FALSE, TRUE, INTEGER, BYTES, TEXT, TUPLE, VECTOR, VECMAP, TABLE, OBJECTS, CLASS = range(12)
FIRST_CLASS = 16
"""The tag of the class that is declared first; the next one has the next tag."""


def digest_of(snapshot: bytes) -> bytes:
    """Of the values in a snapshot: equal if and only if they are."""
    return snapshot[-DIGEST_SIZE:]


def write(*values: object) -> bytes:
    """A snapshot of some values, with all that they own."""
    writer = _Writer()
    for value in values:
        writer.value(value)
    return bytes(writer.out) + _digest(writer.out)


def read(snapshot: bytes) -> list[Any]:
    """The values of a snapshot; SnapshotError unless these are exactly the bytes of one."""
    content, digest = snapshot[:-DIGEST_SIZE], snapshot[-DIGEST_SIZE:]
    if not content.startswith(MAGIC):
        raise SnapshotError("these bytes are no snapshot of a ledger, or another version's")
    if _digest(content) != digest:
        raise SnapshotError("the snapshot was cut or edited: its digest is not that of its bytes")
    reader = _Reader(content)
    values = []
    try:
        while reader.offset < len(content):
            values.append(reader.value())
    except (LookupError, TypeError, ValueError, WalrusCoreError) as error:
        raise SnapshotError(f"the snapshot is not of this version's form: {error}") from error
    return values


def _digest(content: bytes | bytearray) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST_SIZE).digest()


def _fields(kind: type) -> tuple[str, ...]:
    """Of a record or a named tuple, as its constructor takes them."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    return names


class _Writer:
    """Appends values to `out`."""

    def __init__(self) -> None:
        self.out = bytearray(MAGIC)
        self._declared = 0
        self._writers: dict[type, Callable[[Any], None]] = {
            type(None): lambda _: self.out.append(NONE),
            bool: lambda value: self.out.append(TRUE if value else FALSE),
            int: self._integer,
            bytes: lambda value: self._sized(BYTES, value),
            str: lambda value: self._sized(TEXT, value.encode("utf-8")),
            tuple: lambda value: self._items(TUPLE, value),
            Vector: lambda value: self._items(VECTOR, list(value)),
            VecMap: lambda value: self._items(VECMAP, value.items()),
            Table: lambda value: self._items(TABLE, sorted(value.items(), key=_key)),
            Objects: lambda value: self._items(OBJECTS, sorted(value.items(), key=_key)),
        }

    def value(self, value: Any) -> None:
        """Append one value; TypeError if the state cannot hold such a thing."""
        kind = type(value)
        if kind not in self._writers:
            self._declare(kind)
        self._writers[kind](value)

    def _integer(self, value: int) -> None:
        self._sized(INTEGER, value.to_bytes((value.bit_length() + 7) // 8, "little"))

    def _sized(self, tag: int, content: bytes) -> None:
        self.out.append(tag)
        self._length(len(content))
        self.out += content

    def _items(self, tag: int, items: Sequence[Any]) -> None:
        self.out.append(tag)
        self._length(len(items))
        for item in items:
            self.value(item)

    def _length(self, length: int) -> None:
        """Groups of seven bits, lowest first, all but the last with the high bit set."""
        while length >= 0x80:
            self.out.append(length & 0x7F | 0x80)
            length >>= 7
        self.out.append(length)

    def _declare(self, kind: type) -> None:
        """Give a class the next tag, and a writer."""
        if Record.KINDS.get(kind.__name__) is not kind:
            raise TypeError(f"a ledger's state cannot hold a {kind.__name__}")
        names = _fields(kind)
        self._sized(CLASS, " ".join([kind.__name__, *names]).encode())
        tag = FIRST_CLASS + self._declared
        self._declared += 1

        def record(value: Any) -> None:
            self.out.append(tag)
            for name in names:
                self.value(getattr(value, name))

        self._writers[kind] = record


def _key(pair: tuple[Any, Any]) -> Any:
    return pair[0]


class _Reader:
    """Reads values of content whose digest is right; what is wrong with it all the same raises one
    of the errors that `read` expects.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.offset = len(MAGIC)
        self._readers: dict[int, Callable[[], Any]] = {
            NONE: lambda: None,
            FALSE: lambda: False,
            TRUE: lambda: True,
            INTEGER: lambda: int.from_bytes(self._sized(), "little"),
            BYTES: self._sized,
            TEXT: lambda: self._sized().decode("utf-8"),
            TUPLE: lambda: tuple(self._items()),
            VECTOR: lambda: Vector(self._items()),
            VECMAP: lambda: VecMap(self._items()),
            TABLE: lambda: Table(self._items()),
            OBJECTS: lambda: Objects(self._items()),
            CLASS: self._declaration,
        }

    def value(self) -> Any:
        tag = self._content[self.offset]
        self.offset += 1
        return self._readers[tag]()

    def _sized(self) -> bytes:
        length = self._length()
        start, self.offset = self.offset, self.offset + length
        if self.offset > len(self._content):
            raise ValueError("bytes are missing")
        return self._content[start : self.offset]

    def _items(self) -> list[Any]:
        return [self.value() for _ in range(self._length())]

    def _length(self) -> int:
        length = shift = 0
        while True:
            byte = self._content[self.offset]
            self.offset += 1
            length |= (byte & 0x7F) << shift
            if byte < 0x80:
                return length
            shift += 7

    def _declaration(self) -> Any:
        """Learn a class, and read the value that comes next: the first one of it."""
        name, *names = self._sized().decode().split(" ")
        kind = Record.KINDS[name]
        if tuple(names) != _fields(kind):
            raise ValueError(f"{name} has fields {_fields(kind)}, not {tuple(names)}")
        count = len(names)
        tag = FIRST_CLASS + sum(known >= FIRST_CLASS for known in self._readers)
        self._readers[tag] = lambda: kind(*[self.value() for _ in range(count)])
        return self.value()
