"""How far a store is: told to those who follow it, and noted for those of other processes."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

from walrus_core.codec.files import write_at
from walrus_core.services.uploader import Phase, StoreProgress

__all__ = ["StoreNews"]

PHASES = list(Phase)
NOTE, CHECKSUM = struct.Struct("<BQQ"), struct.Struct("<I")


class StoreNews(NamedTuple):
    """How far a store is: `done` of `total` units of a phase."""

    phase: Phase
    done: int
    total: int

    @classmethod
    def of(cls, progress: StoreProgress) -> Self:
        phase = progress.phase
        counts: Mapping[Phase, tuple[int, int]] = {
            Phase.ENCODING: (progress.encoding.done, progress.encoding.total),
            Phase.UPLOADING: (progress.sent, progress.to_send),
            Phase.DONE: (1, 1),
        }
        return cls(phase, *counts.get(phase, (0, 1)))

    @classmethod
    def noted(cls, path: Path) -> Self | None:
        """What was noted there; None if that is nothing, or just being written."""
        try:
            note = path.read_bytes()
        except FileNotFoundError:
            return None
        if len(note) != NOTE.size + CHECKSUM.size:
            return None
        number, done, total = NOTE.unpack_from(note)
        if CHECKSUM.unpack_from(note, NOTE.size) != (zlib.crc32(note[: NOTE.size]),):
            return None
        return cls(PHASES[number], done, total)

    def note(self, path: Path) -> None:
        """In the place of what was noted there. It need not be durable: it is about now."""
        note = NOTE.pack(PHASES.index(self.phase), self.done, self.total)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            write_at(descriptor, 0, memoryview(note + CHECKSUM.pack(zlib.crc32(note))))
        finally:
            os.close(descriptor)
