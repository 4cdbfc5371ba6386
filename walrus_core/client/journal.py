"""The port `Journal` on disk: one small file for each record, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from walrus_core.client.state import checked_name
from walrus_core.codec.durable_files import sync_directory, write_durably
from walrus_core.errors import StorageError

if TYPE_CHECKING:
    from walrus_core.services.ports import Workers

__all__ = ["FileJournal"]

ENDING = ".record"
LARGEST = 1 << 20
"""Bytes of a record; what is larger is none of ours."""


class FileJournal:
    """Records in the files of a directory of their owner's, which is made when it is needed.

    Any method raises StorageError if the disk fails it, InvalidArgumentError for a name that is
    not made of letters, digits, - and _.
    """

    def __init__(self, directory: Path, workers: Workers) -> None:
        self._directory = directory
        self._workers = workers

    async def load(self, name: str) -> bytes | None:
        return await self._workers.run(_load, self._path(name))

    async def save(self, name: str, record: bytes) -> None:
        await self._workers.run(_save, self._path(name), record)

    async def remove(self, name: str) -> None:
        await self._workers.run(_remove, self._path(name))

    def names(self) -> Iterator[str]:
        """In their order."""
        with _named(self._directory):
            names = sorted(entry.name for entry in self._directory.glob(f"*{ENDING}"))
        return (name.removesuffix(ENDING) for name in names)

    def _path(self, name: str) -> Path:
        return self._directory / f"{checked_name(name, 'record')}{ENDING}"


def _load(path: Path) -> bytes | None:
    with _named(path):
        try:
            with path.open("rb") as file:
                record = file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
    if len(record) > LARGEST:
        raise StorageError(str(path), f"a record of more than {LARGEST:,} bytes; move it away")
    return record


def _save(path: Path, record: bytes) -> None:
    with _named(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(path, record)


def _remove(path: Path) -> None:
    with _named(path):
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_directory(path.parent)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from error
