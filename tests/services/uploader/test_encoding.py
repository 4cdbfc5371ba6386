"""Slivers in any order, in little memory, and nothing left behind."""

import asyncio
import io
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from walrus_core.codec import memory
from walrus_core.codec.encoder import encode
from walrus_core.codec.progress import Progress
from walrus_core.errors import OperationCancelledError, StorageFullError
from walrus_core.services.uploader import encoding
from walrus_core.services.uploader.encoding import Encoding, encode_source
from walrus_core.services.workers import ThreadWorkers
from walrus_core.types import Axis, SliverPairIndex

BLOB = random.Random(1).randbytes(300_000)
SIZES = [0, 1, 1000, len(BLOB)]
N_SHARDS = 40


async def encoded(source: object, in_memory: int, progress: Progress | None = None) -> Encoding:
    workers = ThreadWorkers(2)
    try:
        return await encode_source(  # type: ignore[arg-type]
            source, N_SHARDS, workers, progress, in_memory=in_memory, threads=1
        )
    finally:
        workers.close()


def check(found: Encoding, blob: bytes) -> None:
    """All slivers, in an order of their own, are those that `encode` gives."""
    expected = encode(blob, N_SHARDS)
    assert found.metadata == expected.metadata
    places = [(axis, SliverPairIndex(pair)) for axis in Axis for pair in range(N_SHARDS)]
    random.Random(2).shuffle(places)
    for axis, pair in places:
        wanted = expected.primary(pair) if axis is Axis.PRIMARY else expected.secondary(pair)
        assert found.sliver(axis, pair) == wanted


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("in_memory", [0, 1 << 30])
def test_slivers_in_any_order(size: int, in_memory: int, tmp_path: Path) -> None:
    blob = BLOB[:size]
    path = tmp_path / "blob"
    path.write_bytes(blob)
    for source in (blob, bytearray(blob), path, io.BytesIO(blob)):
        found = asyncio.run(encoded(source, in_memory))
        assert found.in_memory is bool(in_memory)
        check(found, blob)


@pytest.mark.parametrize("in_memory", [0, 1 << 30])
def test_what_happens_to_the_blob_afterwards_shows_nowhere(in_memory: int, tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(BLOB)
    changed = bytearray(BLOB)
    from_file = asyncio.run(encoded(path, in_memory))
    from_buffer = asyncio.run(encoded(changed, in_memory))
    changed[:] = bytes(len(BLOB))
    path.write_bytes(b"")
    check(from_file, BLOB)
    check(from_buffer, BLOB)


@pytest.mark.parametrize("in_memory", [0, 1 << 30])
def test_progress(in_memory: int) -> None:
    progress = Progress()
    asyncio.run(encoded(BLOB, in_memory, progress))
    assert progress.done == progress.total > 0


@pytest.mark.parametrize("in_memory", [0, 1 << 30])
def test_a_cancelled_caller_stops_the_work(in_memory: int) -> None:
    class Endless(io.RawIOBase):
        """A stream that has an end only when `cancelled` says so."""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            started.set()
            if over.is_set():
                return 0
            buffer[:] = bytes(len(buffer))
            return min(len(buffer), 1000)

    started, over = threading.Event(), threading.Event()
    stopped: list[BaseException] = []

    class Workers(ThreadWorkers):
        async def run(self, function, *arguments):  # type: ignore[no-untyped-def,override]
            def watched() -> object:
                try:
                    return function(*arguments)
                except BaseException as error:
                    stopped.append(error)
                    raise

            return await super().run(watched)

    async def main() -> None:
        workers = Workers(1)
        task = asyncio.ensure_future(
            encode_source(Endless(), N_SHARDS, workers, in_memory=in_memory)  # type: ignore[arg-type]
        )
        while not started.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        over.set()
        workers.close()

    asyncio.run(main())
    assert [type(error) for error in stopped] == [OperationCancelledError]


def test_a_disk_without_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def reserve(descriptor: int, size: int) -> None:  # noqa: ARG001
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(encoding, "reserve", reserve)
    with pytest.raises(StorageFullError, match="1,302,160 bytes needed"):
        asyncio.run(encoded(BLOB, 0))


def test_files_close_with_their_encoding() -> None:
    first = asyncio.run(encoded(BLOB, 0))
    descriptor = first.spool._descriptor  # type: ignore[attr-defined]
    del first
    again = asyncio.run(encoded(BLOB, 0))
    assert again.spool._descriptor == descriptor  # type: ignore[attr-defined]


KILLED = """
import asyncio, os, signal, sys
from walrus_core.services.uploader.encoding import encode_source
from walrus_core.services.workers import ThreadWorkers
from walrus_core.types import Axis

async def main():
    found = await encode_source(bytes(300_000), 40, ThreadWorkers(), in_memory=0)
    found.sliver(Axis.PRIMARY, 0)
    assert not os.listdir(sys.argv[1]), os.listdir(sys.argv[1])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    ended = subprocess.run(command, env=environment, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert not list(tmp_path.iterdir())


MEASURED = """
import asyncio, resource, sys
from walrus_core.services.uploader.encoding import encode_source
from walrus_core.services.workers import ThreadWorkers
from walrus_core.types import Axis

async def main():
    workers = ThreadWorkers()
    found = await encode_source(sys.argv[1], 1000, workers)
    for pair in range(1000):
        for axis in Axis:
            found.sliver(axis, pair)
    workers.close()

asyncio.run(main())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB, and mapped files count")
def test_memory_for_a_large_file(tmp_path: Path) -> None:
    """At most 1.5 times the blob, with all that Python takes."""
    size, path = 256 << 20, memory.temporary_directory() / f"{tmp_path.name}-{os.getpid()}"
    try:
        with path.open("wb") as file:
            for seed in range(size >> 20):
                file.write(random.Random(seed).randbytes(1 << 20))
        command = [sys.executable, "-c", MEASURED, str(path)]
        peak = int(subprocess.run(command, check=True, capture_output=True).stdout)
    finally:
        path.unlink(missing_ok=True)
    assert peak << 10 <= 1.5 * size
