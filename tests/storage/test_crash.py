"""What kill -9, cut files and full disks do to a store: nothing that was acknowledged is lost."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from storage.material import LARGE, SMALL, blob_id, fill, key, metadata, register, shard, sliver

from walrus_core.errors import DamagedStoreError, StorageFullError
from walrus_core.storage import Changes, SliverStore
from walrus_core.storage.local import LocalStore, open_store, repair_store
from walrus_core.types import Axis

TESTS = Path(__file__).parents[1]


def environment() -> dict[str, str]:
    """In which `storage.writer` is found, and this walrus_core."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}


def run_and_kill(path: Path, first: int, seconds: float) -> list[list[str]]:
    """What a writer acknowledged before it was killed, that long after its first word."""
    command = [sys.executable, "-m", "storage.writer", str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as writer:
        assert writer.stdout is not None
        head = writer.stdout.readline()
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        lines = (head + writer.stdout.read()).splitlines(keepends=True)
    assert writer.returncode == -signal.SIGKILL
    return [line.split() for line in lines if line.endswith("\n")]


def require_acknowledged(store: SliverStore, words: list[list[str]]) -> None:
    """Everything that was acknowledged is there and whole; the cursor is not behind."""
    deleted = {int(number) for word, number, *_ in words if word == "deleted"}
    last = 0
    for word, text, *rest in words:
        number = int(text)
        if word == "record":
            assert store.record(blob_id(number)) is not None
            last = number
        elif word == "metadata":
            assert store.metadata(blob_id(number)) == metadata(number)
        elif word == "slivers":
            size = [SMALL, LARGE][place := int(rest[0])]
            for axis in Axis:
                found = store.sliver(key(place, number, axis))
                if place == 1 and axis is Axis.PRIMARY and number % 3 == 0:
                    assert found in (None, sliver(number, axis, size))
                    assert not (found and number in deleted)
                else:
                    assert found == sliver(number, axis, size)
    assert int(store.cursor() or b"-1") >= last


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, seed: int) -> None:
    """Killed, looked at, and used further, several times over."""
    moments = random.Random(seed)
    words: list[list[str]] = []
    for round_ in range(4):
        words += run_and_kill(tmp_path / "store", round_ * 10_000, moments.uniform(0, 0.25))
        store = open_store(tmp_path / "store", reserve=0)
        assert store.started.damaged == store.started.foreign == ()
        require_acknowledged(store, words)
        assert store.scrub(budget=1 << 40).damaged == ()
        store.close()


def latest(store_path: Path, pattern: str) -> Path:
    """The newest of RocksDB's files of one kind."""
    return max((store_path / "index").glob(pattern), key=lambda path: path.name)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def test_a_cut_log_loses_the_last_entries_only(tmp_path: Path) -> None:
    """The index goes back to an earlier moment, cursor and all; the files beyond it are swept."""
    words = run_and_kill(tmp_path, 0, 0.3)
    cut_in_half(latest(tmp_path, "*.log"))
    store = open_store(tmp_path, reserve=0)
    cursor = int(store.cursor() or b"0")
    require_acknowledged(store, [word for word in words if int(word[1]) < cursor])
    assert store.started.swept > 0
    assert store.started.damaged == ()
    assert store.record(blob_id(int(words[-1][1]))) is None
    store.close()


def test_a_cut_table_is_refused_and_can_be_repaired(tmp_path: Path) -> None:
    store = open_store(tmp_path, reserve=0)
    fill(store, range(50), [0, 1], LARGE)
    store.commit(Changes(cursor=b"50"))
    store.close()
    cut_in_half(latest(tmp_path, "*.sst"))
    with pytest.raises(DamagedStoreError, match="repair the store"):
        open_store(tmp_path, reserve=0)
    repair_store(tmp_path)
    store = open_store(tmp_path, reserve=0)
    store.check_index()
    assert store.cursor() is None  # or else nobody would tell of the lost records again
    register(store, range(50))
    places = [(shard(place), axis) for place in (0, 1) for axis in Axis]
    for number in range(50):
        store.put_slivers((place, sliver(number, axis, LARGE)) for place, axis in places)
    assert store.scrub(budget=1 << 40).damaged == ()
    assert store.usage().shards[shard(0)].slivers == 100
    store.close()


def test_flipped_bits_in_the_index_are_never_served(tmp_path: Path) -> None:
    """Somewhere in a table: an error, or what was stored, but nothing else."""
    store = open_store(tmp_path / "good", reserve=0)
    fill(store, range(20), [0], SMALL)
    store.close()
    moments = random.Random(1)
    for _ in range(10):
        shutil.rmtree(tmp_path / "bad", ignore_errors=True)
        shutil.copytree(tmp_path / "good", tmp_path / "bad")
        table = latest(tmp_path / "bad", "*.sst")
        content = bytearray(table.read_bytes())
        content[moments.randrange(len(content))] ^= 1 << moments.randrange(8)
        table.write_bytes(content)
        try:
            bad = open_store(tmp_path / "bad", reserve=0)
        except DamagedStoreError:
            continue
        require_true_or_error(bad)
        bad.close()


def test_flipped_bits_in_small_slivers_are_scrubbed_out(tmp_path: Path) -> None:
    """What the index cannot read any more is damaged, and put back; the scrubber goes on."""
    store = open_store(tmp_path, reserve=0)
    fill(store, range(40), [0], SMALL)
    store.close()
    table = latest(tmp_path, "*.sst")
    content = bytearray(table.read_bytes())
    content[content.index(bytes(sliver(7).data)) + 1000] ^= 1
    table.write_bytes(content)
    store = open_store(tmp_path, reserve=0)
    with pytest.raises(DamagedStoreError):
        store.check_index()
    damaged = {each.sliver for each in store.scrub(budget=1 << 40).damaged}
    assert key(0, 7) in damaged
    assert len(damaged) < 10  # the others of its block
    assert store.sliver(key(0, 7)) is None
    places = [(shard(0), axis) for axis in Axis]
    for number in range(40):
        store.put_slivers((place, sliver(number, axis)) for place, axis in places)
    assert store.scrub(budget=1 << 40).damaged == ()
    assert store.sliver(key(0, 7)) == sliver(7)
    store.close()


def require_true_or_error(store: LocalStore) -> None:
    for number in range(20):
        try:
            assert store.sliver(key(0, number)) in (None, sliver(number))
            assert store.metadata(blob_id(number)) in (None, metadata(number))
        except DamagedStoreError:
            continue


FULL_DISK = """
import sys
from storage.material import LARGE, fill, key, register, shard, sliver
from storage.test_crash import stored_until_full
from walrus_core.storage.local import open_store
stored_until_full(sys.argv[1])
"""


def stored_until_full(path: str) -> None:
    """Store on a small disk until it refuses, which must cost nothing that was stored; then go on
    after some is deleted, and after a restart.
    """
    store = open_store(path, reserve=4 << 20)
    register(store, range(1000))
    number = 0
    with pytest.raises(StorageFullError) as caught:  # noqa: PT012
        while True:
            store.put_slivers([(shard(0), sliver(number, size=LARGE))])
            number += 1
    assert caught.value.free < caught.value.needed == LARGE
    assert number > 50
    store.delete_slivers([key(0, 0), key(0, 1)])
    store.put_slivers([(shard(1), sliver(0, size=LARGE))])
    for _ in range(2):
        assert store.sliver(key(1, 0)) == sliver(0, size=LARGE)
        for each in range(2, number):
            assert store.sliver(key(0, each)) == sliver(each, size=LARGE)
        store.close()
        store = open_store(path, reserve=4 << 20)
        assert store.started.damaged == ()
    store.close()


def in_namespace(path: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a file system of 24 MiB at `path`, which only it sees."""
    mount = f"mount -t tmpfs -o size=24m none {path} && exec {sys.executable} -c '{script}' {path}"
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount],
        capture_output=True,
        text=True,
        env=environment(),
    )


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs Linux namespaces")
def test_a_full_disk_refuses_politely(tmp_path: Path) -> None:
    if in_namespace(tmp_path, "pass").returncode:
        pytest.skip("may not mount a file system")
    outcome = in_namespace(tmp_path, FULL_DISK)
    assert outcome.returncode == 0, outcome.stderr


TOO_LARGE = """
import resource, sys
from storage.material import LARGE, SMALL, key, register, shard, sliver
from walrus_core.errors import StorageFullError
from walrus_core.storage.local import open_store
store = open_store(sys.argv[1], reserve=0)
register(store, [1, 2])
resource.setrlimit(resource.RLIMIT_FSIZE, (LARGE // 2, LARGE // 2))
try:
    store.put_slivers([(shard(0), sliver(1, size=SMALL)), (shard(0), sliver(2, size=LARGE))])
except StorageFullError as error:
    print(error.needed)
assert store.sliver(key(0, 1)) is store.sliver(key(0, 2)) is None
assert store.usage().size == 0
store.put_slivers([(shard(0), sliver(1, size=SMALL))])
"""


def test_a_write_that_the_system_cuts_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TOO_LARGE, str(tmp_path)]
    outcome = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout == f"{SMALL + LARGE}\n"
    assert list((tmp_path / "slivers").rglob("*-*")) == []
    store = open_store(tmp_path, reserve=0)
    assert store.sliver(key(0, 1)) == sliver(1)
    assert (store.started.swept, store.started.damaged) == (0, ())
    store.close()
