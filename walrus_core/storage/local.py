"""A store in a directory of this machine.

FORMAT        "walrus-core sliver store, format 1"
LOCK          locked by the process that has the store open
index/        RocksDB: all that `entries` describes
slivers/1f/   the files of large slivers (`sliver_files`), by the first byte of the blob ID
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from walrus_core.codec.durable_files import EVERYBODY, sync_directory, write_durably
from walrus_core.codec.files import errors_named
from walrus_core.errors import StorageError, StoreFormatError, StoreInUseError
from walrus_core.storage.entries import CURSOR
from walrus_core.storage.indexed import INLINE_BELOW, IndexedStore
from walrus_core.storage.rocks import RocksIndex, repair_index
from walrus_core.storage.sliver_files import SliverFiles
from walrus_core.storage.store import Damage

if TYPE_CHECKING:
    from walrus_core.codec.sources import FilePath

FORMAT = 1
"""Goes up with any change of `entries`, file names or layout that older versions cannot read."""

RESERVE = 256 << 20
"""Bytes of the disk that slivers leave for the index, which needs room even to delete."""

_FORMAT_LINE = "walrus-core sliver store, format {}\n"


class LocalStore(IndexedStore):
    """What `open_store` returns: a `SliverStore` in the directory `path`."""

    def __init__(
        self,
        path: Path,
        lock: BinaryIO,
        limit: int | None,
        on_damage: Callable[[Damage], None] | None,
        inline_below: int,
        reserve: int,
    ) -> None:
        self.path = path
        self._directory_lock = lock
        files = SliverFiles(path / "slivers", reserve)
        index = RocksIndex(path / "index")
        try:
            super().__init__(index, files, str(path), limit, on_damage, inline_below)
        except BaseException:
            index.close()
            raise

    def check_index(self) -> None:
        """Read all of the index. DamagedStoreError if some of it cannot be read: `repair_store`."""
        for _ in self._catalogue.pages(b""):
            pass

    def close(self) -> None:
        super().close()
        self._directory_lock.close()


def open_store(
    path: FilePath,
    limit: int | None = None,
    on_damage: Callable[[Damage], None] | None = None,
    inline_below: int = INLINE_BELOW,
    reserve: int = RESERVE,
) -> LocalStore:
    """The store in a directory, made if it is not there or empty.

    `limit`: the most bytes of slivers and metadata; `reserve`: bytes of the disk not to use;
    `on_damage` is called with each sliver that turns out lost, possibly before this returns.
    StoreInUseError; StoreFormatError; DamagedStoreError, see `repair_store`; StorageError for a
    directory with other things in it.
    """
    directory = Path(path)
    lock = _prepare(directory)
    try:
        return LocalStore(directory, lock, limit, on_damage, inline_below, reserve)
    except OSError as error:
        lock.close()
        raise StorageError(str(directory), f"{error.strerror}; free some space") from error
    except BaseException:
        lock.close()
        raise


def repair_store(path: FilePath) -> None:
    """Make a store usable again whose index cannot be opened; what cannot be read is lost.

    Slivers whose entries are lost go at the next start, to be healed from other nodes. The event
    cursor is forgotten, so that the chain tells again what it said of blobs whose records are lost.
    Errors as `open_store`.
    """
    directory = Path(path)
    with _prepare(directory):
        repair_index(directory / "index")
        index = RocksIndex(directory / "index")
        try:
            index.apply({}, [CURSOR])
            index.settle()
        finally:
            index.close()


def _prepare(directory: Path) -> BinaryIO:
    """Lock the directory and see that it holds a store of our format; make one if it is empty."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with errors_named(directory):
            is_new = not (directory / "FORMAT").exists()
            if is_new and set(os.listdir(directory)) - {"LOCK", "index", "slivers"}:  # noqa: PTH208
                raise StorageError(str(directory), "holds other things; give an empty directory")
            lock = _locked(directory)
    except OSError as error:
        reason = f"{error.strerror}; give a directory that can be written"
        raise StorageError(str(directory), reason) from error
    try:
        if is_new:
            _create(directory)
        else:
            _require_format(directory)
    except BaseException:
        lock.close()
        raise
    return lock


def _locked(directory: Path) -> BinaryIO:
    """The lock file, locked until it is closed or the process ends, however it ends."""
    stream = (directory / "LOCK").open("ab")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        raise StoreInUseError(str(directory)) from None
    return stream


def _create(directory: Path) -> None:
    """Lay the directory out; FORMAT comes last, so that a store that has it is complete."""
    SliverFiles.create(directory / "slivers")
    (directory / "index").mkdir(exist_ok=True)  # RocksDB would not sync its name
    write_durably(directory / "FORMAT", _FORMAT_LINE.format(FORMAT).encode(), EVERYBODY)
    sync_directory(directory.parent)


def _require_format(directory: Path) -> None:
    """StoreFormatError for another version's store, StorageError for what is none."""
    path = directory / "FORMAT"
    text = path.read_bytes()[:100].decode(errors="replace")
    if (match := re.fullmatch(_FORMAT_LINE.format(r"(\d+)"), text)) is None:
        raise StorageError(str(path), "does not say which format; this is no store of ours")
    if (found := int(match[1])) != FORMAT:
        raise StoreFormatError(str(directory), found, FORMAT)
