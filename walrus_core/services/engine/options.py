"""What the engine accepts, and what it keeps in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["EngineOptions"]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Bytes throughout.

    `largest_blob`: that is accepted; its padding may be as much, too, but not more: a few bytes
    for many shards are much work. `in_memory`: of the largest input that is not spooled to a file
    in `directory` (None for where temporary files go). `held`: of output that waits for a slow
    reader, in each call.
    """

    largest_blob: int = 14 << 30
    in_memory: int = 64 << 20
    held: int = 4 << 20
    directory: Path | None = None
