"""Threads meet in every call that takes some, for ThreadSanitizer to watch (`.ci/sanitize`).

Its build uses as many threads as it is asked for; the normal one has a single thread do so little.
It does not see what vector instructions store past the caches. The scalar engine has none, and what
threads share out does not depend on the engine.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from kernel.geometry import SYMBOL_SIZES, Encoding, encode

from walrus_core import errors, kernel

pytestmark = [pytest.mark.races, pytest.mark.usefixtures("engine")]

THREADS = 3

# Every class of stage; several units of columns, which only small symbols have at 31 shards.
SHAPES = [(100, 2), *((31, s) for s in SYMBOL_SIZES)]


@pytest.fixture(params=SHAPES, ids=str)
def done(request: pytest.FixtureRequest) -> Encoding:
    return encode(*request.param)


@contextmanager
def watched() -> Iterator[kernel.Progress]:
    """Progress that another thread reads all the while."""
    progress, over = kernel.Progress(), threading.Event()
    seen: list[int] = []

    def watch() -> None:
        while not over.is_set():
            seen.append(progress.done)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield progress
    finally:
        over.set()
        watcher.join()
    assert progress.done == progress.total
    assert not seen or max(seen) <= progress.total


def test_encoding(done: Encoding) -> None:
    with watched() as progress:
        hashes = kernel.encode(done.blob, *done.numbers, None, None, THREADS, None, progress)
    assert hashes == done.pair_hashes


def test_windows(done: Encoding) -> None:
    n, k1, k2, s = done.numbers
    extension = np.empty((n - k2, k1 * s), np.uint8)
    encoder = kernel.WindowEncoder(done.blob, n, k1, k2, s, extension.data)
    with watched() as progress:
        encoder.extend_rows(THREADS, None, progress)
    while encoder.columns_done < n:
        count = min(encoder.columns_per_unit, n - encoder.columns_done)
        encoder.encode_columns(count, None, None, THREADS)
    assert encoder.pair_hashes(THREADS) == done.pair_hashes


@pytest.mark.parametrize("axis", [0, 1])
def test_slivers(done: Encoding, axis: int) -> None:
    slivers = [sliver.data for sliver in done.slivers(axis)]
    roots = kernel.sliver_roots(slivers, done.n, done.s, THREADS)
    assert roots == b"".join(done.sliver_root(axis, i) for i in range(done.n))
    k = done.source_symbols(axis)
    indices = list(range(done.n - k, done.n))
    blob = bytearray(done.k1 * done.k2 * done.s)
    with watched() as progress:
        kernel.reconstruct(
            slivers[done.n - k :], indices, axis, *done.numbers, blob, THREADS, None, progress
        )
    assert blob[: len(done.blob)] == done.blob


def test_cancelling(done: Encoding) -> None:
    """From another thread, at any moment: stopped, or done."""
    cancel = kernel.CancelToken()
    canceller = threading.Thread(target=cancel.cancel)
    canceller.start()
    try:
        hashes = kernel.encode(done.blob, *done.numbers, None, None, THREADS, cancel)
        assert hashes == done.pair_hashes
    except errors.OperationCancelledError:
        assert cancel.cancelled
    canceller.join()


# A fresh process has no table of leaves yet: 300 shards make it while 100 go on without.
TABLE_MADE = """
import threading, time
from walrus_core import kernel

def encode(n, k1, k2):
    return kernel.encode(b"blob", n, k1, k2, 2, None, None, 2)

def small():
    while not over.is_set():
        assert encode(100, 34, 67) == expected

expected, over = encode(100, 34, 67), threading.Event()
threads = [threading.Thread(target=small) for _ in range(2)]
for thread in threads:
    thread.start()
time.sleep(0.1)
encode(300, 102, 201)
over.set()
for thread in threads:
    thread.join()
"""


def test_making_the_table_of_leaves_disturbs_nobody(engine: str) -> None:
    command = [sys.executable, "-c", TABLE_MADE]
    environment = {**os.environ, "WALRUS_CORE_ENGINE": engine}
    assert subprocess.run(command, env=environment, check=False).returncode == 0


# Two threads write to one buffer: the mistake is the caller's, and ThreadSanitizer's to find.
MEETING = """
import threading
from walrus_core import kernel

def encode():
    meeting.wait()
    for _ in range(3):
        kernel.encode(blob, 100, 34, 67, 30, repair, None)

meeting = threading.Barrier(2)
blob, repair = bytes(34 * 67 * 30), bytearray(66 * 67 * 30)
threads = [threading.Thread(target=encode) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.skipif("libtsan" not in os.environ.get("LD_PRELOAD", ""), reason="needs its build")
def test_a_race_is_found(engine: str) -> None:
    command = [sys.executable, "-c", MEETING]
    environment = {**os.environ, "WALRUS_CORE_ENGINE": engine}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "WARNING: ThreadSanitizer: data race" in done.stderr
    assert done.returncode == 66
