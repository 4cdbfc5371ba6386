"""What a store stands on: an ordered index of small values, and files for large slivers.

`IndexedStore` is written once over these two ports. The disk's are `RocksIndex` and `SliverFiles`;
those in memory serve tests, and a simulator that wants to tear writes puts itself between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

UNFINISHED = ".new"
"""Ends the name that a file has until it is whole."""


class Index(Protocol):
    """Byte strings by byte strings, in their order. Calls may come from several threads."""

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The value, or None, of each key."""

    def apply(self, puts: Mapping[bytes, bytes], deletes: Iterable[bytes] = ()) -> None:
        """Do all of this or, should the process end now, none; visible at once, not yet durable."""

    def settle(self) -> None:
        """Return when all that was applied before the call is on disk."""

    def scan(self, prefix: bytes, start: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Up to `limit` entries whose keys start with `prefix` and are not below `start`."""

    def close(self) -> None:
        """Let go of the disk."""


class Files(Protocol):
    """Immutable files by name; no name is used twice. OSError if the disk fails."""

    def write(self, contents: Mapping[str, memoryview]) -> None:
        """Return when all of these files are on disk, or raise and leave none of them."""

    def read(self, name: str, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop`; fewer if the file ends before. FileNotFoundError."""

    def size(self, name: str) -> int | None:
        """The length of a file; None if there is none."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, if they are there; they may come back if the power fails now."""

    def names(self) -> Iterator[str]:
        """The names of all files, the remains of interrupted writes included."""

    def free(self) -> int:
        """Bytes that may still be written."""
