"""What a server's process tells its C library about memory."""

from __future__ import annotations

import ctypes

from walrus_core.codec.memory import release_buffers

__all__ = ["give_back_freed_memory", "keep_freed_memory"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Parameters of mallopt(3)."""

KEPT = 128 << 20
"""Bytes at the end of the heap that are kept when they are freed."""

HEAP = 8 << 20
"""Bytes of the smallest allocation that is a mapping of its own."""

HEAPS = 2
"""That all threads share: what one frees, another finds."""


def keep_freed_memory() -> None:
    """Have freed messages reused instead of given back.

    A stream takes and frees messages of 1 MiB. By default glibc returns such memory to the system
    at once, which then clears it page by page for the next message: four times the cost of filling
    it. Other C libraries are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_TRIM_THRESHOLD, KEPT)
        mallopt(M_MMAP_THRESHOLD, HEAP)
        mallopt(M_ARENA_MAX, HEAPS)


def give_back_freed_memory() -> None:
    """Buffers that wait for the next encoding, and what glibc keeps of freed memory in the heaps of
    all threads, go back to the system: some milliseconds, in which others may have to wait.
    """
    release_buffers()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
