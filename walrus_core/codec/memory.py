"""Memory for large outputs: recycled from call to call, or pages of a file without a name.

Memory that a process has never touched costs about as much time as encoding into it, so outputs
wait, when nobody uses them any more, for the next call. What may be larger than memory itself lies
in a temporary file, whose pages the system can write out.
"""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from walrus_core.codec.cgroups import cgroup_memory
from walrus_core.codec.files import errors_named, write_at
from walrus_core.errors import OutOfMemoryError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    ByteArray = NDArray[np.uint8]

RECYCLED_FROM = 1 << 20
"""Bytes of the smallest buffer that is recycled here; the C library recycles smaller ones."""

PATIENCE = 32
"""Allocations that waiting memory sees pass by before it goes back to the system."""

POOL_SHARE = 8
"""At most this part, one eighth, of the memory that this process may use waits."""

LARGEST_ANONYMOUS = 128 << 20
"""Bytes of the largest work space that lies in memory rather than in a file."""

CHUNK = 1 << 20


class BufferPool:
    """Memory of buffers that are gone, for buffers to come.

    There is no lock: a finaliser may run inside any other method of its own thread. Single
    operations on a dict are atomic.
    """

    def __init__(self, limit: int) -> None:
        """At most `limit` bytes wait."""
        self._limit = limit
        self._turn = 0
        self._waiting: dict[int, tuple[int, ByteArray]] = {}  # id -> turn of return, memory

    @property
    def waiting_bytes(self) -> int:
        """What `release` would give back."""
        return sum(memory.nbytes for _, memory in list(self._waiting.values()))

    def allocate(self, size: int) -> ByteArray:
        """`size` bytes of any content, which return here when their last view is gone."""
        if size < RECYCLED_FROM:
            return _fresh(size)
        self._turn += 1
        memory = self._fitting(size)
        self._drop_impatient()
        if memory is None:
            memory = _fresh(size)
        buffer = np.frombuffer(memory.data, dtype=np.uint8, count=size)
        weakref.finalize(buffer, self._take_back, memory).atexit = False
        return buffer

    def limit(self, size: int) -> None:
        """Let at most `size` bytes wait from now on."""
        self._limit = size
        self._drop_oldest()

    def release(self) -> None:
        """Give everything that waits back to the system."""
        self._waiting.clear()

    def _fitting(self, size: int) -> ByteArray | None:
        """The least waiting memory of at least `size` bytes, but no more than an eighth larger."""
        fitting = [
            (memory.nbytes, key)
            for key, (_, memory) in list(self._waiting.items())
            if size <= memory.nbytes <= size + size // 8
        ]
        for _, key in sorted(fitting):
            if found := self._waiting.pop(key, None):  # else another thread was faster
                return found[1]
        return None

    def _drop_impatient(self) -> None:
        for key, (turn, _) in list(self._waiting.items()):
            if turn < self._turn - PATIENCE:
                self._waiting.pop(key, None)

    def _take_back(self, memory: ByteArray) -> None:
        self._waiting[id(memory)] = self._turn, memory
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        for oldest in list(self._waiting):
            if self.waiting_bytes <= self._limit:
                return
            self._waiting.pop(oldest, None)


def _fresh(size: int) -> ByteArray:
    try:
        return np.empty(size, dtype=np.uint8)
    except MemoryError:
        raise OutOfMemoryError(size) from None


def usable_memory() -> int:
    """Bytes of this machine's memory, or fewer if a control group allows less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(memory, cgroup_memory() or memory)


_pool = BufferPool(usable_memory() // POOL_SHARE)


def allocate(size: int) -> ByteArray:
    """`size` uninitialised bytes, for large outputs. OutOfMemoryError.

    Their memory is recycled: when the last view of them is gone it waits for another call, or for
    `release_buffers`.
    """
    try:
        return _pool.allocate(size)
    except OutOfMemoryError:
        _pool.release()
        return _pool.allocate(size)


def release_buffers() -> None:
    """Give memory that is kept for the next calls back to the system.

    Slivers of `EncodedBlob`s that are gone leave their memory to the next `encode`, at most an
    eighth of what this process may use. A program that will not encode again for long can do
    without.
    """
    _pool.release()


def limit_kept_buffers(size: int) -> None:
    """Let at most `size` bytes wait for the next calls, instead of that eighth: for a process that
    was told how much memory it may use.
    """
    _pool.limit(size)


def work_space(size: int, directory: Path | None = None, largest: int | None = None) -> memoryview:
    """`size` writable bytes for the time of a call: memory if they are few, or no more than
    `largest`, else an unlinked file.

    The file lies in `directory`, or where temporary files go. OSError where it finds no room.
    """
    if size <= (LARGEST_ANONYMOUS if largest is None else largest):
        return allocate(size).data
    with unnamed_file(directory) as file:
        reserve(file.fileno(), size)
        return memoryview(mmap.mmap(file.fileno(), size))


def let_go(work: memoryview) -> None:
    """Take the pages of a `work_space` that are a file's out of this process, until they are used.

    Its other threads may do so at the same time.
    """
    if isinstance(work.obj, mmap.mmap):
        work.obj.madvise(mmap.MADV_DONTNEED)


@contextmanager
def unnamed_file(directory: Path | None = None) -> Iterator[BinaryIO]:
    """A temporary file for the body; mappings of it may live longer. An OSError names its place."""
    directory = directory or temporary_directory()
    with errors_named(directory), tempfile.TemporaryFile(dir=directory) as file:
        yield file


def temporary_directory() -> Path:
    """Where large temporary files go: unless $TMPDIR says so, not /tmp, which is often memory."""
    usual, lasting = Path(tempfile.gettempdir()), Path("/var/tmp")
    if usual == Path("/tmp") and "TMPDIR" not in os.environ and os.access(lasting, os.W_OK):
        return lasting
    return usual


def reserve(descriptor: int, size: int) -> None:
    """Make a file `size` bytes long and take the room for them now.

    OSError if there is no room. Found out by a write to the file's mapping it would end the
    process.
    """
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
            return
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
    fill_with_zeros(descriptor, size)


def fill_with_zeros(descriptor: int, size: int) -> None:
    """`reserve` where the file system, or macOS, cannot do it at once."""
    for at in range(0, size, CHUNK):
        write_at(descriptor, at, memoryview(bytes(min(CHUNK, size - at))))
