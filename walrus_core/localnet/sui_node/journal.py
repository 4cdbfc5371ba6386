"""An append-only file of records: whole ones are kept, what a crash tore off is cut away.

    file   = MAGIC | record ...
    record = u32 length | Blake2b of 8 bytes over offset and payload | payload

What was written is on disk once `sync` has returned. The offset in the checksum keeps bytes of one
place from passing for a record of another.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from walrus_core.codec.durable_files import sync_directory
from walrus_core.errors import StorageError

__all__ = ["Journal"]

_HEAD_SIZE = 12
_CHECKSUM_SIZE = 8


class Journal:
    """The file at `path`, made if it is not there. `end` is where the next record goes."""

    def __init__(self, path: Path, magic: bytes) -> None:
        self._path = path
        self._magic = magic
        created = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.end = len(magic)
        self._synced = 0
        if created or os.fstat(self._file).st_size < len(magic):
            os.truncate(self._file, 0)
            os.pwrite(self._file, magic, 0)
            os.fsync(self._file)
            sync_directory(path.parent)
        elif os.pread(self._file, len(magic), 0) != magic:
            raise StorageError(str(path), "is not of this version of walrus-core")

    def read_all(self, start: int | None = None) -> Iterator[tuple[int, bytes]]:
        """(offset, payload) of the records from `start` on, to be read before anything is appended.

        The first record that is not whole ends the journal: it and what follows are cut away.
        """
        size = os.fstat(self._file).st_size
        offset = len(self._magic) if start is None else start
        if offset > size:
            raise StorageError(str(self._path), f"ends at byte {size:,}, before {offset:,}")
        while (payload := self._whole(offset, size)) is not None:
            yield offset, payload
            offset += _HEAD_SIZE + len(payload)
        if offset < size:
            os.truncate(self._file, offset)
            os.fsync(self._file)
        self.end = self._synced = offset

    def _whole(self, offset: int, size: int) -> bytes | None:
        """The payload of the record there; None unless it is all there."""
        head = os.pread(self._file, _HEAD_SIZE, offset)
        length = int.from_bytes(head[:4], "little")
        if len(head) < _HEAD_SIZE or offset + _HEAD_SIZE + length > size:
            return None
        payload = os.pread(self._file, length, offset + _HEAD_SIZE)
        return payload if _checksum(offset, payload) == head[4:] else None

    def read(self, offset: int) -> bytes:
        """The payload of the record at an offset that `append` or `read_all` gave."""
        payload = self._whole(offset, self.end)
        if payload is None:
            raise StorageError(str(self._path), f"the record at byte {offset:,} is damaged")
        return payload

    def append(self, payload: bytes) -> int:
        """Write a record behind the last one; returns its offset."""
        offset = self.end
        head = len(payload).to_bytes(4, "little") + _checksum(offset, payload)
        written = os.pwrite(self._file, head + payload, offset)
        if written != _HEAD_SIZE + len(payload):
            raise StorageError(str(self._path), "the disk is full")
        self.end += written
        return offset

    def sync(self) -> int:
        """Put on disk all that was appended before; returns where that ends.

        Another thread may append meanwhile, and no more than one may sync.
        """
        end = self.end
        if end > self._synced:
            os.fdatasync(self._file)
            self._synced = end
        return end

    def close(self) -> None:
        self.sync()
        os.close(self._file)


def _checksum(offset: int, payload: bytes) -> bytes:
    content = hashlib.blake2b(offset.to_bytes(8, "little"), digest_size=_CHECKSUM_SIZE)
    content.update(payload)
    return content.digest()
