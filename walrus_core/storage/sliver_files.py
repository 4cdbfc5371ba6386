"""The files of large slivers: one each, immutable, in 256 directories by the blob ID's first byte.

The directories are made with the store, so that writing a sliver makes none that would have to be
synced. A file is written under another name first; it is on disk when its data and then the
directory are.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from walrus_core.codec.durable_files import sync_data, sync_directory
from walrus_core.codec.files import errors_named, write_all
from walrus_core.storage.backing import UNFINISHED


class SliverFiles:
    """The Files port below `path`; `reserve` bytes of its disk are left for the index."""

    def __init__(self, path: Path, reserve: int) -> None:
        self._path = path
        self._reserve = reserve

    @staticmethod
    def create(path: Path) -> None:
        """Make the directories, durably; what is there of them stays."""
        for first_byte in range(256):
            (path / f"{first_byte:02x}").mkdir(parents=True, exist_ok=True)
        sync_directory(path)
        sync_directory(path.parent)

    def write(self, contents: Mapping[str, memoryview]) -> None:
        try:
            for name, content in contents.items():
                self._write_one(name, content)
            for directory in {self._place(name).parent for name in contents}:
                sync_directory(directory)
        except BaseException:  # Ctrl-C, too
            with contextlib.suppress(OSError):
                self.remove(contents)
            raise

    def read(self, name: str, start: int, stop: int) -> bytes:
        path = self._place(name)
        with errors_named(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                parts = []
                while start < stop and (part := os.pread(descriptor, stop - start, start)):
                    parts.append(part)
                    start += len(part)
            finally:
                os.close(descriptor)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def size(self, name: str) -> int | None:
        try:
            return self._place(name).lstat().st_size
        except FileNotFoundError:
            return None

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._place(name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        for directory in sorted(self._path.iterdir()):
            if directory.is_dir():
                yield from os.listdir(directory)  # noqa: PTH208 (names, not paths)

    def free(self) -> int:
        status = os.statvfs(self._path)
        return max(status.f_bavail * status.f_frsize - self._reserve, 0)

    def _write_one(self, name: str, content: memoryview) -> None:
        path = self._place(name)
        aside = path.with_name(name + UNFINISHED)
        with errors_named(path):
            try:
                with aside.open("xb", buffering=0) as stream:
                    write_all(stream.fileno(), [content])
                    sync_data(stream.fileno())
                aside.rename(path)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise

    def _place(self, name: str) -> Path:
        return self._path / name[:2] / name
