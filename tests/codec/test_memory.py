"""Memory for outputs: recycled, bounded, or in files."""

import gc
import os
import resource
import signal
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import walrus_core as wc
from walrus_core.codec import memory
from walrus_core.codec.memory import (
    PATIENCE,
    BufferPool,
    allocate,
    fill_with_zeros,
    release_buffers,
    reserve,
    temporary_directory,
    usable_memory,
    work_space,
)

MIB = 1 << 20


def address(buffer: np.ndarray) -> int:
    return buffer.ctypes.data


@pytest.fixture
def pool() -> BufferPool:
    return BufferPool(10 * MIB)


class TestPool:
    """What waits, and for whom."""

    def test_memory_returns_with_the_last_view(self, pool: BufferPool) -> None:
        buffer = pool.allocate(2 * MIB)
        place = address(buffer)
        row = buffer.reshape(2, -1)[1].data[5:]
        del buffer
        assert pool.waiting_bytes == 0
        other = pool.allocate(2 * MIB)
        assert address(other) != place
        del row
        assert pool.waiting_bytes == 2 * MIB
        assert address(pool.allocate(2 * MIB)) == place

    def test_it_serves_a_little_less_but_not_half(self, pool: BufferPool) -> None:
        place = address(pool.allocate(4 * MIB))
        smaller = pool.allocate(4 * MIB - 5)
        assert address(smaller) == place
        assert smaller.nbytes == 4 * MIB - 5
        del smaller
        for size in (2 * MIB, 4 * MIB + 1):
            assert address(pool.allocate(size)) != place

    def test_the_best_fit_is_taken(self, pool: BufferPool) -> None:
        large, small = pool.allocate(4 * MIB), pool.allocate(4 * MIB - 1000)
        place = address(small)
        del large, small
        assert address(pool.allocate(4 * MIB - 2000)) == place

    def test_small_buffers_are_left_to_the_c_library(self, pool: BufferPool) -> None:
        pool.allocate(MIB - 1)
        assert pool.waiting_bytes == 0

    def test_it_keeps_no_more_than_its_limit(self, pool: BufferPool) -> None:
        buffers = [pool.allocate(size * MIB) for size in (1, 4, 5, 3)]
        while buffers:
            buffers.pop(0)
            assert pool.waiting_bytes <= 10 * MIB
        assert pool.waiting_bytes == 8 * MIB  # the oldest had to go
        pool.allocate(11 * MIB)
        assert pool.waiting_bytes <= 10 * MIB

    def test_what_nobody_wants_goes_back_to_the_system(self, pool: BufferPool) -> None:
        pool.allocate(5 * MIB)
        for _ in range(PATIENCE):
            assert pool.waiting_bytes >= 5 * MIB
            pool.allocate(MIB)
        pool.allocate(MIB)
        assert pool.waiting_bytes == MIB

    def test_release(self, pool: BufferPool) -> None:
        pool.allocate(5 * MIB)
        held = pool.allocate(2 * MIB)
        pool.release()
        assert pool.waiting_bytes == 0
        held[:] = 1

    def test_less_may_wait_from_now_on(self, pool: BufferPool) -> None:
        """The oldest goes first."""
        for size in (2 * MIB, 3 * MIB, 4 * MIB):
            pool.allocate(size)
        pool.limit(7 * MIB)
        assert pool.waiting_bytes == 7 * MIB
        pool.limit(MIB)
        assert pool.waiting_bytes == 0
        pool.allocate(2 * MIB)
        assert pool.waiting_bytes == 0

    def test_no_two_callers_get_the_same_memory(self, pool: BufferPool) -> None:
        """From many threads, and from a collection of cycles in the midst of it."""
        clashes = []

        def work(mark: int) -> None:
            for turn in range(300):
                buffer = pool.allocate(MIB + turn % 3)
                buffer[::4096] = mark
                if (buffer[::4096] != mark).any():
                    clashes.append(mark)
                cycle = [buffer]
                cycle.append(cycle)

        threads = [threading.Thread(target=work, args=(mark,)) for mark in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert clashes == []
        gc.collect()
        assert 0 < pool.waiting_bytes <= 10 * MIB


def test_slivers_recycle_memory() -> None:
    release_buffers()
    blob = bytes(4 * MIB)
    encoded = wc.encode(blob, n_shards=100)
    sliver = encoded.secondary(0)
    gone = weakref.ref(encoded._primary_repair)
    del encoded
    assert gone() is None
    waiting = memory._pool.waiting_bytes
    assert waiting > 0
    del sliver
    assert memory._pool.waiting_bytes > waiting
    wc.release_buffers()
    assert memory._pool.waiting_bytes == 0


def test_memory_that_cannot_be_had() -> None:
    with pytest.raises(wc.OutOfMemoryError) as caught:
        allocate(2**60)
    assert caught.value.needed == 2**60


def test_usable_memory_is_no_more_than_there_is() -> None:
    assert 0 < usable_memory() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class TestWorkSpace:
    """Memory for a little, a file for much."""

    @pytest.fixture(autouse=True)
    def files_from_the_first_byte(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "LARGEST_ANONYMOUS", 5000)

    def test_a_file_without_a_name(self, tmp_path: Path) -> None:
        for size in (5000, 5001, 3 * MIB):
            space = work_space(size, tmp_path)
            assert space.nbytes == size
            space[:] = bytes(size)
            assert list(tmp_path.iterdir()) == []

    def test_room_is_taken_at_once(self, tmp_path: Path) -> None:
        space = work_space(3 * MIB, tmp_path)
        descriptors = Path("/proc/self/fd")
        if not descriptors.exists():
            pytest.skip("no /proc")
        links = [link for link in descriptors.iterdir() if link.is_symlink()]
        (file,) = [link.stat() for link in links if str(tmp_path) in str(link.readlink())]
        assert file.st_size == 3 * MIB
        assert file.st_blocks * 512 >= 3 * MIB
        space.release()

    def test_no_room(self, tmp_path: Path, file_size_limit: int) -> None:
        with pytest.raises(OSError, match="File too large") as caught:
            work_space(file_size_limit + 1, tmp_path)
        assert caught.value.filename == str(tmp_path)

    def test_no_directory(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            work_space(6000, tmp_path / "absent")


@pytest.fixture
def file_size_limit() -> Iterator[int]:
    """The largest file that this process may write, which is small."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, usual[1]))
    yield MIB
    resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("take", [reserve, fill_with_zeros])
@pytest.mark.parametrize("size", [1, 4096, MIB, 2 * MIB + 17])
def test_reserved_files_have_their_size(tmp_path: Path, take: object, size: int) -> None:
    with (tmp_path / "file").open("w+b") as file:
        take(file.fileno(), size)
        assert file.read() == bytes(size)
        assert os.fstat(file.fileno()).st_blocks * 512 >= size


def test_temporary_files_go_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    assert temporary_directory().is_dir()
    monkeypatch.setenv("TMPDIR", "/")
    assert temporary_directory() != Path("/var/tmp")
