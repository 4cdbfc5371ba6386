"""Durable writes: slivers into the store against plain files, each synced with its directory.

One round stores the slivers of one axis of a shard's worth of blobs, and returns when all of them
are on disk: one by one, or 16 in one call, as a node that holds 16 shards gets them. The plain
files are what anyone would write by hand: another name, data, fdatasync, rename, and the directory
synced, once for each call. They have neither checksums nor an index. Reads are of a warm file.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.storage import BlobRecord, Changes, Registration, SliverKey
from walrus_core.storage.local import LocalStore, open_store
from walrus_core.types import Axis, BlobId, Epoch, ShardIndex, SliverIndex

ROUNDS = 9
TOTAL = 32 << 20
SYMBOL_SIZE = 1024
MANY = 16
STORE, FILES = "store", "plain files"
CASES = [
    pytest.param(size, together, id=f"{size >> 10}KiB-{together}")
    for size in (4 << 10, 256 << 10, 4 << 20)
    for together in (1, MANY)
]
SHARDS = [ShardIndex(shard) for shard in range(MANY)]


def slivers(size: int) -> list[VerifiedSliver]:
    """32 MiB of them, or 512 if that is less; each of another blob."""
    data = random.Random(size).randbytes(size)
    ids = (BlobId(random.Random(number).randbytes(32)) for number in range(min(TOTAL // size, 512)))
    return [VerifiedSliver(Axis.PRIMARY, SliverIndex(0), SYMBOL_SIZE, data, id_) for id_ in ids]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """An empty directory on the disk that is measured."""
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


class Store:
    """A new store for each round."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._rounds = 0
        self.store: LocalStore | None = None

    def renew(self, items: Sequence[VerifiedSliver]) -> None:
        """Close the last one; in the new one all blobs are registered."""
        self.close()
        self._rounds += 1
        self.store = open_store(self._place / f"{self._rounds}", reserve=0)
        record = BlobRecord((Registration(bytes(32), Epoch(9), deletable=False),))
        self.store.commit(Changes({item.blob_id: record for item in items}))

    def write(self, items: Sequence[VerifiedSliver]) -> None:
        assert self.store is not None
        self.store.put_slivers(zip(SHARDS, items, strict=False))

    def close(self) -> None:
        """Leave the disk as it was."""
        if self.store is not None:
            self.store.close()
            shutil.rmtree(self.store.path)


class PlainFiles:
    """A new directory for each round."""

    def __init__(self, place: Path) -> None:
        self._directory = place / "files"

    def renew(self, items: Sequence[VerifiedSliver]) -> None:
        """Start with an empty directory."""
        del items
        self.close()
        self._directory.mkdir()

    def write(self, items: Sequence[VerifiedSliver]) -> None:
        for item in items:
            aside = self._directory / "new"
            with aside.open("wb", buffering=0) as stream:
                stream.write(item.data)
                os.fdatasync(stream.fileno())
            aside.rename(self._directory / item.blob_id.hex())
        descriptor = os.open(self._directory, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def close(self) -> None:
        """Leave the disk as it was."""
        shutil.rmtree(self._directory, ignore_errors=True)


@pytest.mark.parametrize(("size", "together"), CASES)
@pytest.mark.parametrize(("name", "kind"), [(STORE, Store), (FILES, PlainFiles)])
def test_durable_writes(
    benchmark: BenchmarkFixture,
    place: Path,
    size: int,
    together: int,
    name: str,
    kind: Callable[[Path], Store | PlainFiles],
) -> None:
    items = slivers(size)
    contender = kind(place)

    def write_all() -> None:
        for start in range(0, len(items), together):
            contender.write(items[start : start + together])

    benchmark.group = f"{len(items)} x {size >> 10} KiB, {together} at once"
    benchmark.name = name
    benchmark.extra_info["bytes"] = len(items) * size
    benchmark.pedantic(
        write_all, setup=lambda: contender.renew(items), rounds=ROUNDS, warmup_rounds=1
    )
    contender.close()


@pytest.mark.parametrize("size", [4 << 10, 256 << 10, 4 << 20])
def test_warm_reads(benchmark: BenchmarkFixture, place: Path, size: int) -> None:
    """Every sliver, checked against its checksums."""
    items = slivers(size)
    contender = Store(place)
    contender.renew(items)
    store = contender.store
    assert store is not None
    for item in items:
        contender.write([item])

    def read_all() -> None:
        for item in items:
            assert store.sliver(SliverKey(SHARDS[0], Axis.PRIMARY, item.blob_id)) is not None

    benchmark.group, benchmark.name = f"read {len(items)} x {size >> 10} KiB", STORE
    benchmark.extra_info["bytes"] = len(items) * size
    benchmark.pedantic(read_all, rounds=ROUNDS, warmup_rounds=1)
    contender.close()
