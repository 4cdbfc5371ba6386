"""The store on disk does what every store must, and lets nobody touch what it cannot answer for."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from storage.material import LARGE, SMALL, blob_id, fill, key, register, shard, sliver
from storage.on_disk import file_of, flip_last_byte, spoil
from storage.store_suite import StoreSuite

from walrus_core.errors import StorageError, StoreFormatError, StoreInUseError
from walrus_core.storage import Changes, Damage, SliverKey, SliverStore
from walrus_core.storage.local import LocalStore, open_store
from walrus_core.types import Axis


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


class TestLocalStore(StoreSuite):
    """The suite on `open_store`."""

    @pytest.fixture
    def make(self, path: Path, damages: list[Damage]) -> Iterator[Callable[..., SliverStore]]:
        stores = []

        def make(limit: int | None = None) -> SliverStore:
            stores.append(open_store(path, limit, damages.append, reserve=0))
            return stores[-1]

        yield make
        for store in stores:
            store.close()

    @pytest.fixture
    def reopen(self, path: Path) -> Iterator[Callable[[LocalStore], SliverStore]]:
        stores = []

        def reopen(store: LocalStore) -> SliverStore:
            store.close()
            stores.append(open_store(path, reserve=0))
            return stores[-1]

        yield reopen
        for store in stores:
            store.close()

    @pytest.fixture
    def spoil(self) -> Callable[[LocalStore, SliverKey], None]:
        return spoil


def test_one_process_at_a_time(path: Path) -> None:
    store = open_store(path, reserve=0)
    with pytest.raises(StoreInUseError):
        open_store(path)
    program = f"from walrus_core.storage.local import open_store; open_store({str(path)!r})"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "StoreInUseError" in other.stderr
    store.close()
    store.close()
    open_store(path, reserve=0).close()


def test_a_format_from_the_future_is_refused(path: Path) -> None:
    open_store(path, reserve=0).close()
    (path / "FORMAT").write_text("walrus-core sliver store, format 2\n")
    with pytest.raises(StoreFormatError) as caught:
        open_store(path)
    assert (caught.value.found, caught.value.supported) == (2, 1)
    (path / "FORMAT").write_text("something else")
    with pytest.raises(StorageError, match="no store of ours"):
        open_store(path)
    (path / "FORMAT").write_text("walrus-core sliver store, format 1\n")
    open_store(path, reserve=0).close()


def test_a_directory_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(StorageError, match="holds other things"):
        open_store(tmp_path)
    with pytest.raises(StorageError, match="Not a directory"):
        open_store(tmp_path / "thesis.tex" / "store")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["thesis.tex"]


def test_a_store_whose_making_was_cut_short_is_finished(path: Path) -> None:
    (path / "slivers" / "00").mkdir(parents=True)
    with open_store(path, reserve=0)._directory_lock:
        assert (path / "slivers" / "ff").is_dir()


def test_a_cut_file_is_found_at_the_start(path: Path) -> None:
    store = open_store(path, reserve=0)
    fill(store, [1, 2], [0], LARGE)
    cut, lost = file_of(store, key(0, 1)), file_of(store, key(0, 2, Axis.SECONDARY))
    store.close()
    with cut.open("r+b") as stream:
        stream.truncate(LARGE - 1)
    lost.unlink()
    damages: list[Damage] = []
    store = open_store(path, on_damage=damages.append, reserve=0)
    assert store.started.damaged == tuple(damages)
    assert {(each.sliver, each.reason) for each in damages} == {
        (key(0, 1), f"its file has {LARGE - 1:,} bytes where {LARGE:,} were stored"),
        (key(0, 2, Axis.SECONDARY), "its file is missing"),
    }
    assert store.slivers([key(0, 1), key(0, 2)]) == [None, sliver(2, size=LARGE)]
    assert not cut.exists()
    store.close()


def test_a_file_cut_while_the_store_is_open_is_found_by_reading(path: Path) -> None:
    store = open_store(path, reserve=0)
    fill(store, [1], [0], LARGE)
    with file_of(store, key(0, 1)).open("r+b") as stream:
        stream.truncate(70_000)
    assert store.sliver_range(key(0, 1), 0, 100) == bytes(sliver(1, size=LARGE).data[:100])
    assert store.sliver_range(key(0, 1), 69_000, 71_000) is None
    assert store.lacking(blob_id(1), [shard(0)]) == [key(0, 1)]
    store.close()


def test_damaged_metadata_are_reported(path: Path) -> None:
    damages: list[Damage] = []
    store = open_store(path, on_damage=damages.append, reserve=0)
    fill(store, [1], [0], SMALL)
    spoil(store, blob_id(1))
    assert store.metadata(blob_id(1)) is None
    assert [(each.blob_id, each.sliver) for each in damages] == [(blob_id(1), None)]
    store.close()


def test_the_sweep_removes_what_no_entry_names_and_nothing_foreign(path: Path) -> None:
    store = open_store(path, reserve=0)
    fill(store, [1], [0], LARGE)
    known = file_of(store, key(0, 1))
    store.close()
    unknown = known.with_name(known.name[:-1] + ("0" if known.name[-1] != "0" else "1"))
    unfinished = known.with_name(known.name + ".new")
    foreign = known.with_name("README")
    for each in (unknown, unfinished, foreign):
        each.write_bytes(b"x")
    store = open_store(path, reserve=0)
    assert (store.started.swept, store.started.foreign) == (2, ("README",))
    assert (known.exists(), unknown.exists(), unfinished.exists()) == (True, False, False)
    assert foreign.exists()
    assert store.sliver(key(0, 1)) == sliver(1, size=LARGE)
    store.close()


def test_slivers_of_each_size_around_the_border(path: Path) -> None:
    """Inline or in a file, of one block or two, or with a block that is just full."""
    sizes = [2, 65_534, 65_536, 65_538, 131_072, 131_074]
    store = open_store(path, reserve=0)
    register(store, range(len(sizes)))
    for number, size in enumerate(sizes):
        store.put_slivers([(shard(0), sliver(number, size=size))])
        assert store.sliver(key(0, number)).data == sliver(number, size=size).data
        assert store.sliver_range(key(0, number), size - 2, size) is not None
    assert len(list((path / "slivers").rglob("*-*"))) == 4
    store.commit(Changes(cursor=b"x" * 1000))
    store.close()


def test_flipping_each_of_some_bytes_of_a_file_is_found(path: Path) -> None:
    store = open_store(path, reserve=0)
    fill(store, [1], [0], LARGE)
    flip_last_byte(file_of(store, key(0, 1)))
    assert store.sliver_range(key(0, 1), 0, 10) is not None  # another block
    assert [each.sliver for each in store.scrub().damaged] == [key(0, 1)]
    store.close()
