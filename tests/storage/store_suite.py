"""What every `SliverStore` must do. A test class derives from `StoreSuite` and makes the stores.

`make` opens a store on an empty place; `reopen` closes it and opens it again, or gives None where
nothing outlives it; `spoil` flips a byte of a stored sliver behind the store's back.
"""

import threading
from collections.abc import Callable

import pytest
from storage.material import (
    LARGE,
    SMALL,
    blob_id,
    fill,
    key,
    metadata,
    register,
    registration,
    shard,
    sliver,
)

from walrus_core.errors import NotRegisteredError, StorageFullError
from walrus_core.storage import BlobRecord, Changes, Damage, EventId, SliverKey, SliverStore
from walrus_core.types import Axis, Epoch

PAIR = 2


class StoreSuite:
    """The tests; each gets a `store`, and the fixtures of the class that derives from this."""

    @pytest.fixture
    def damages(self) -> list[Damage]:
        """What the store reported."""
        return []

    @pytest.fixture
    def make(self, damages: list[Damage]) -> Callable[..., SliverStore]:
        raise NotImplementedError

    @pytest.fixture
    def reopen(self) -> Callable[[SliverStore], SliverStore]:
        raise NotImplementedError

    @pytest.fixture
    def spoil(self) -> Callable[[SliverStore, SliverKey], None]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, make: Callable[..., SliverStore]) -> SliverStore:
        return make()

    # -- what the chain said

    def test_a_new_store_is_empty(self, store: SliverStore) -> None:
        assert store.cursor() is None
        assert store.note("anything") is None
        assert store.record(blob_id(1)) is None
        assert store.metadata(blob_id(1)) is None
        assert store.sliver(key(0, 1)) is None
        assert store.sliver_range(key(0, 1), 0, 5) is None
        assert list(store.records()) == list(store.notes()) == list(store.damaged()) == []
        assert store.usage().size == 0

    def test_changes_are_kept(
        self, store: SliverStore, reopen: Callable[[SliverStore], SliverStore]
    ) -> None:
        certified = registration(12, object_id=2, deletable=True)
        record = BlobRecord((registration(), certified), EventId(bytes(range(32)), 2**64 - 1))
        records = {blob_id(1): record, blob_id(2): BlobRecord(is_invalid=True)}
        store.commit(
            Changes(records, {"shard/3": b"ready", "shard/4": b"moving", "node": b""}, b"7")
        )
        store.commit(Changes(notes={"shard/4": None}))
        store = reopen(store)
        assert dict(store.records()) == records
        assert store.record(blob_id(1)) == record
        assert list(store.notes("shard/")) == [("shard/3", b"ready")]
        assert [name for name, _ in store.notes()] == ["node", "shard/3"]
        assert store.note("node") == b""
        assert store.cursor() == b"7"

    def test_records_come_in_order_from_a_cursor(self, store: SliverStore) -> None:
        register(store, range(600))
        ids = sorted(blob_id(number) for number in range(600))
        assert [found for found, _ in store.records()] == ids
        assert [found for found, _ in store.records(ids[300])] == ids[300:]

    # -- metadata and slivers

    @pytest.mark.parametrize("size", [SMALL, LARGE])
    def test_what_is_put_comes_back(
        self, store: SliverStore, reopen: Callable[[SliverStore], SliverStore], size: int
    ) -> None:
        fill(store, range(3), [0, 5], size)
        store = reopen(store)
        for number in range(3):
            assert store.metadata(blob_id(number)) == metadata(number)
            for axis in Axis:
                assert store.sliver(key(5, number, axis)) == sliver(number, axis, size)
        assert store.slivers([key(1, 0), key(5, 0)]) == [None, sliver(0, size=size)]
        whole = sliver(0, size=size).blob_id
        assert store.sliver(key(0, 0)).blob_id == whole

    @pytest.mark.parametrize("size", [SMALL, LARGE])
    def test_ranges(self, store: SliverStore, size: int) -> None:
        fill(store, [1], [0], size)
        data = bytes(sliver(1, size=size).data)
        for start, stop in [(0, 0), (0, 1), (5, 900), (0, size), (size - 1, size + 9), (size, 9)]:
            assert store.sliver_range(key(0, 1), start, stop) == data[start:stop]
        assert store.sliver_range(key(0, 1), 65_535, 65_538) == data[65_535:65_538]

    def test_nothing_is_kept_of_a_blob_that_is_not_registered(self, store: SliverStore) -> None:
        register(store, [1])
        store.commit(Changes({blob_id(3): BlobRecord((registration(),), is_invalid=True)}))
        for number in (2, 3):
            with pytest.raises(NotRegisteredError):
                store.put_metadata(metadata(number))
            with pytest.raises(NotRegisteredError):
                store.put_slivers([(shard(0), sliver(1)), (shard(0), sliver(number))])
        assert store.sliver(key(0, 1)) is None

    def test_putting_twice_changes_nothing(self, store: SliverStore) -> None:
        fill(store, [1], [0], LARGE)
        before = store.usage()
        assert store.put_metadata(metadata(1)) is False
        pair = [(shard(0), sliver(1, axis, LARGE)) for axis in Axis]
        assert store.put_slivers([*pair, (shard(1), sliver(1))]) == 1
        assert store.usage().size == before.size + SMALL
        assert store.put_slivers([]) == 0

    def test_lacking(self, store: SliverStore) -> None:
        register(store, [1])
        store.put_slivers([(shard(0), sliver(1)), (shard(0), sliver(1, Axis.SECONDARY))])
        store.put_slivers([(shard(2), sliver(1))])
        shards = [shard(each) for each in (0, 1, 2)]
        assert store.lacking(blob_id(1), shards) == [
            key(1, 1),
            key(1, 1, Axis.SECONDARY),
            key(2, 1, Axis.SECONDARY),
        ]
        assert store.lacking(blob_id(1), shards[:1]) == []

    def test_slivers_of_a_shard_come_in_order_from_a_cursor(self, store: SliverStore) -> None:
        fill(store, range(300), [3], 2)
        store.put_slivers([(shard(4), sliver(1, size=2))])
        ids = sorted(blob_id(number) for number in range(300))
        assert list(store.slivers_of(shard(3), Axis.SECONDARY)) == ids
        assert list(store.slivers_of(shard(3), Axis.PRIMARY, ids[280])) == ids[280:]
        assert list(store.slivers_of(shard(4), Axis.PRIMARY)) == [blob_id(1)]
        assert list(store.slivers_of(shard(4), Axis.SECONDARY)) == []

    # -- removal

    def test_deleted_slivers_are_gone(
        self, store: SliverStore, reopen: Callable[[SliverStore], SliverStore]
    ) -> None:
        fill(store, [1, 2], [0, 1], LARGE)
        assert store.delete_slivers([key(0, 1), key(6, 1)]) == 1
        assert store.delete_slivers([]) == 0
        assert store.sliver(key(0, 1)) is None
        assert store.delete_shard(shard(1)) == 2 * PAIR
        store = reopen(store)
        assert store.sliver(key(1, 2)) is None
        assert store.sliver(key(0, 2)) == sliver(2, size=LARGE)
        assert list(store.slivers_of(shard(1), Axis.PRIMARY)) == []
        assert store.put_slivers([(shard(0), sliver(1, size=LARGE))]) == 1
        assert store.sliver(key(0, 1)) == sliver(1, size=LARGE)

    def test_a_blob_is_collected_as_its_end_epoch_begins(self, store: SliverStore) -> None:
        fill(store, [1, 2], [0, 1], LARGE)
        register(store, [2], end_epoch=20)
        size = store.usage().size
        assert store.collect(9).blobs == 0
        assert store.usage().size == size
        collected = store.collect(10)
        assert (collected.blobs, collected.size) == (1, size // 2)
        assert store.usage().size == size // 2
        assert store.record(blob_id(1)) is None
        assert store.metadata(blob_id(1)) is None
        assert store.sliver(key(0, 1)) is None
        assert store.sliver(key(0, 2)) == sliver(2, size=LARGE)
        with pytest.raises(NotRegisteredError):
            store.put_metadata(metadata(1))

    def test_one_live_registration_holds_a_blob(self, store: SliverStore) -> None:
        fill(store, [1], [0], SMALL)
        record = BlobRecord((registration(5, 1), registration(9, 2, deletable=True)))
        store.commit(Changes({blob_id(1): record}))
        assert store.collect(5).blobs == 0
        left = store.record(blob_id(1))
        assert left == BlobRecord((registration(9, 2, deletable=True),))
        store.commit(Changes({blob_id(1): left.without_registration(registration(9, 2).object_id)}))
        assert store.sliver(key(0, 1)) is not None
        assert store.collect(5).blobs == 1
        assert store.sliver(key(0, 1)) is None

    def test_of_an_invalid_blob_only_the_record_stays(self, store: SliverStore) -> None:
        fill(store, [1], [0], LARGE)
        record = BlobRecord((registration(),), EventId(bytes(32), 5), is_invalid=True)
        store.commit(Changes({blob_id(1): record}))
        collected = store.collect(3)
        assert collected.blobs == 0
        assert collected.size > 2 * LARGE
        assert store.usage().size == 0
        assert store.record(blob_id(1)) == record
        assert store.collect(50).size == 0
        assert store.record(blob_id(1)).is_invalid

    # -- space

    def test_space_is_accounted(
        self, store: SliverStore, reopen: Callable[[SliverStore], SliverStore]
    ) -> None:
        fill(store, [1, 2], [0, 3], LARGE)
        head = len(metadata(1).to_bcs_with_id())
        usage = reopen(store).usage()
        assert usage.size == 2 * head + 8 * LARGE
        assert set(usage.shards) == {0, 3}
        assert (usage.shards[shard(3)].slivers, usage.shards[shard(3)].size) == (4, 4 * LARGE)

    def test_the_limit_refuses_politely(self, make: Callable[..., SliverStore]) -> None:
        store = make(limit=3 * LARGE)
        register(store, [1, 2])
        store.put_slivers([(shard(0), sliver(1, size=LARGE)), (shard(1), sliver(1, size=LARGE))])
        with pytest.raises(StorageFullError) as caught:
            store.put_slivers([(shard(each), sliver(2, size=LARGE)) for each in (0, 1)])
        assert (caught.value.needed, caught.value.free) == (2 * LARGE, LARGE)
        assert store.sliver(key(0, 2)) is None
        assert store.put_slivers([(shard(0), sliver(2, size=LARGE))]) == 1
        assert store.usage().free == 0
        store.put_slivers([(shard(0), sliver(2, size=LARGE))])  # needs no space
        store.delete_slivers([key(0, 1)])
        assert store.put_slivers([(shard(1), sliver(2, size=LARGE))]) == 1

    # -- damage

    @pytest.mark.parametrize("size", [SMALL, LARGE])
    def test_a_damaged_sliver_is_reported_and_not_served(
        self,
        store: SliverStore,
        damages: list[Damage],
        spoil: Callable[[SliverStore, SliverKey], None],
        reopen: Callable[[SliverStore], SliverStore],
        size: int,
    ) -> None:
        fill(store, [1, 2], [0], size)
        spoil(store, key(0, 1))
        assert store.sliver(key(0, 1)) is None
        assert [damage.sliver for damage in damages] == [key(0, 1)]
        assert "checksum" in damages[0].reason
        assert store.lacking(blob_id(1), [shard(0)]) == [key(0, 1)]
        store = reopen(store)
        assert list(store.damaged()) == damages
        assert store.usage().shards[shard(0)].slivers == 3
        assert store.put_slivers([(shard(0), sliver(1, size=size))]) == 1
        assert store.sliver(key(0, 1)) == sliver(1, size=size)
        assert list(store.damaged()) == []

    @pytest.mark.parametrize("size", [SMALL, LARGE])
    def test_scrubbing_finds_damage_in_steps(
        self,
        store: SliverStore,
        damages: list[Damage],
        spoil: Callable[[SliverStore, SliverKey], None],
        size: int,
    ) -> None:
        fill(store, range(4), [0, 1], size)
        spoil(store, key(1, 2, Axis.SECONDARY))
        items, steps, position = 0, 0, None
        while position is not None or steps == 0:
            step = store.scrub(position, budget=size)
            items, steps, position = items + step.items, steps + 1, step.next
        assert items == 4 + 4 * 2 * PAIR
        assert steps > 4
        assert [damage.sliver for damage in damages] == [key(1, 2, Axis.SECONDARY)]
        assert store.scrub().damaged == ()
        store.delete_shard(shard(1))
        assert list(store.damaged()) == []

    def test_damage_is_forgotten_with_the_blob(
        self, store: SliverStore, spoil: Callable[[SliverStore, SliverKey], None]
    ) -> None:
        fill(store, [1], [0], LARGE)
        spoil(store, key(0, 1))
        assert len(store.scrub().damaged) == 1
        store.collect(Epoch(10))
        assert list(store.damaged()) == []

    # -- threads

    def test_threads_may_meet(self, store: SliverStore) -> None:
        """Four threads store the same slivers, and read and delete others, at the same time."""
        numbers = range(12)
        register(store, numbers)
        counts: list[int] = []
        failures: list[BaseException] = []

        def work(mine: int) -> None:
            try:
                for number in numbers:
                    size = LARGE if number % 2 else SMALL
                    counts.append(store.put_slivers([(shard(0), sliver(number, size=size))]))
                    assert store.sliver(key(0, number)) == sliver(number, size=size)
                    store.put_slivers([(shard(9), sliver(number, size=size))])
                    found = store.sliver(key(9, number))
                    assert found in (None, sliver(number, size=size))
                    store.delete_slivers([key(9, number)])
                    store.commit(Changes(notes={f"{mine}": b"%d" % number}))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(mine,)) for mine in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert sum(counts) == len(numbers)
        assert list(store.damaged()) == []
        assert store.usage().shards[shard(9)].slivers == 0
