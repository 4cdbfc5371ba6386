"""The disk by itself: what survives, what rots, what is full, and whether that is told right."""

from __future__ import annotations

import random

import pytest
from simulation.disk import Disk
from storage.material import LARGE, SMALL, blob_id, fill, metadata, register, shard, sliver
from storage.power import PowerCutError

from walrus_core.errors import StorageFullError

BLOB, SHARDS = blob_id(0), [shard(0), shard(1)]


def disk(seed: int = 0) -> Disk:
    return Disk(random.Random(seed))


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_what_was_acknowledged_outlives_the_power(size: int) -> None:
    tested = disk()
    cuts: list[str] = []
    store = tested.open(lambda: cuts.append("cut"))
    fill(store, [0], SHARDS, size)
    assert tested.keeps(BLOB, SHARDS, whole=True)
    tested.cut()
    with pytest.raises(PowerCutError):
        store.metadata(BLOB)
    assert cuts == ["cut"]
    assert tested.open(lambda: None).lacking(BLOB, SHARDS) == []
    assert tested.blobs() == {BLOB}


@pytest.mark.parametrize("steps", range(4))
def test_the_power_fails_after_some_steps(steps: int) -> None:
    tested = disk(steps)
    store = tested.open(lambda: None)
    tested.cut_after(steps)
    with pytest.raises(PowerCutError):
        fill(store, [0], SHARDS, LARGE)
    lacking = tested.open(lambda: None).lacking(BLOB, SHARDS)
    assert tested.keeps(BLOB, SHARDS) == (not lacking)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_bit_that_rots_is_found(size: int) -> None:
    tested = disk()
    store = tested.open(lambda: None)
    fill(store, [0], SHARDS, size)
    for _ in range(50):
        assert tested.rot() == BLOB
    assert not tested.keeps(BLOB, SHARDS, whole=True)
    assert store.scrub().damaged
    assert tested.keeps(BLOB, SHARDS)  # they were there


def test_a_full_disk_refuses_and_a_new_one_is_empty() -> None:
    tested = disk()
    store = tested.open(lambda: None)
    register(store, [0])
    tested.fill(True)
    with pytest.raises(StorageFullError):
        store.put_slivers([(SHARDS[0], sliver(0))])
    tested.calm()
    store.put_metadata(metadata(0))
    tested.wipe()
    assert tested.open(lambda: None).record(BLOB) is None
    assert tested.blobs() == set()
