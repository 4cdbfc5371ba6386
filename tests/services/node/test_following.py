"""Events become records, once, whatever happens in between."""

import asyncio
import dataclasses

import pytest
from services.node.scene import LIMITS, OWN, blob_id, found, make_node, running, send
from services.node.scripted_chain import ScriptedChain, object_id
from simulation.loop import run

from walrus_core.errors import InvalidArgumentError, StorageError
from walrus_core.localnet.sui_node.ids import blake2b, digest_text
from walrus_core.services.node.chronicle import Chronicle
from walrus_core.services.node.event_numbers import EventNumbers
from walrus_core.storage import (
    BlobRecord,
    Changes,
    EventId,
    Registration,
    SliverStore,
    memory_store,
)
from walrus_core.types import BlobId, Epoch

ONE, TWO, THREE = (blob_id(number) for number in (1, 2, 3))
POOL = b"pool".ljust(32, b"\0")


def told(chain: ScriptedChain, store: SliverStore | None = None) -> SliverStore:
    """A store to which all events were told at once."""
    store = memory_store() if store is None else store
    Chronicle(store).apply(chain.told)
    return store


def record(store: SliverStore, which: BlobId = ONE) -> BlobRecord:
    found_record = store.record(which)
    assert found_record is not None
    return found_record


def pooled(chain: ScriptedChain, name: str, which: BlobId = ONE, **fields: object) -> None:
    """An event of object 1 in the pool."""
    chain.tell(name, blob_id=which, object_id=object_id(1), storage_pool_id=POOL, **fields)


def found_pool() -> ScriptedChain:
    chain = found()
    chain.tell(
        "StoragePoolCreated",
        storage_pool_id=POOL,
        reserved_encoded_capacity_bytes=1,
        start_epoch=1,
        end_epoch=5,
    )
    pooled(chain, "PooledBlobRegistered", unencoded_size=1, encoding_type=1, deletable=True)
    return chain


def test_the_life_of_a_blob() -> None:
    chain = found()
    chain.register(ONE, 1, deletable=True)
    chain.register(ONE, 2)
    chain.certify(ONE, 1, deletable=True)
    store = told(chain)
    assert record(store).registrations == (
        Registration(object_id(2), Epoch(9), deletable=False),
        Registration(object_id(1), Epoch(9), deletable=True, certified_epoch=Epoch(1)),
    )
    chain.certify(ONE, 1, deletable=True, end_epoch=12, is_extension=True)
    chain.delete(ONE, 2)
    Chronicle(store).apply(chain.told[3:])
    extended = Registration(object_id(1), Epoch(12), deletable=True, certified_epoch=Epoch(1))
    assert record(store).registrations == (extended,)
    chain.tell("InvalidBlobID", blob_id=ONE)
    chain.register(ONE, 3)
    Chronicle(store).apply(chain.told[5:])
    assert record(store).is_invalid
    assert record(store).event == _event(chain, 5), "that which made it invalid"


def _event(chain: ScriptedChain, number: int) -> EventId | None:
    return EventNumbers().next(chain.told[number].transaction)


def test_tells_what_follows_in_order() -> None:
    chain = found()
    chain.register(TWO, 2)
    chain.register(ONE, 1)
    chain.certify(TWO, 2)
    chain.tell("PricesUpdated", storage_price=1, write_price=1)
    consequences = Chronicle(memory_store()).apply(chain.told)
    assert consequences.registered == (TWO, ONE)
    assert consequences.certified == (TWO,)
    assert consequences.blobs == (TWO, ONE)
    assert not consequences.has_ended
    assert not consequences.is_new_phase
    chain.delete(ONE, 1)
    chain.tell("EpochChangeDone")
    consequences = Chronicle(memory_store()).apply(chain.told[4:])
    assert consequences.has_ended
    assert consequences.is_new_phase


def test_numbers_events_within_their_transaction_across_steps() -> None:
    chain, digest = found(), blake2b(b"one transaction")
    for number in (1, 2, 3):
        chain.tell(
            "BlobRegistered",
            digest_text(digest),
            blob_id=blob_id(number),
            size=1,
            encoding_type=1,
            end_epoch=3,
            deletable=True,
            object_id=object_id(number),
        )
    store = memory_store()
    Chronicle(store).apply(chain.told[:2])
    Chronicle(store).apply(chain.told[2:])
    events = [record(store, which).event for which in (ONE, TWO, THREE)]
    assert events == [EventId(digest, number) for number in range(3)]
    assert Chronicle(store).count == 3


@pytest.mark.parametrize("text", ["", "1" * 31, "1" * 33, "0" * 32, "z" * 44, "1" * 10**6])
def test_a_transaction_without_a_digest_names_no_event(text: str) -> None:
    numbers = EventNumbers()
    assert numbers.next(text) is None
    assert numbers.count == 1


def test_digests_are_read_as_sui_writes_them() -> None:
    for digest in (bytes(32), bytes(31) + b"\1", b"\xff" * 32, blake2b(b"any")):
        assert EventNumbers().next(digest_text(digest)) == EventId(digest, 0)


def test_a_pools_blobs_live_as_long_as_the_pool() -> None:
    chain = found_pool()
    store = told(chain)
    assert record(store).registrations == (Registration(object_id(1), Epoch(5), deletable=True),)
    pooled(chain, "PooledBlobCertified", deletable=True)
    chain.tell("StoragePoolExtended", storage_pool_id=POOL, new_end_epoch=8)
    Chronicle(store).apply(chain.told[2:])
    assert record(store).registrations == (
        Registration(object_id(1), Epoch(8), deletable=True, certified_epoch=Epoch(1)),
    )
    pooled(chain, "PooledBlobDeleted", was_certified=True)
    Chronicle(store).apply(chain.told[4:])
    assert not record(store).is_kept
    chain.tell("StoragePoolExtended", storage_pool_id=POOL, new_end_epoch=9)
    Chronicle(store).apply(chain.told[5:])
    assert not record(store).is_kept


def test_a_blob_that_joins_a_pool_and_the_pools_extension_in_one_step() -> None:
    chain = found_pool()
    chain.tell("StoragePoolExtended", storage_pool_id=POOL, new_end_epoch=8)
    assert record(told(chain)).registrations[0].end_epoch == 8


def test_ended_pools_leave_nothing_behind() -> None:
    async def main() -> None:
        node = make_node(found_pool())
        async with running(node):
            chain = node.means.chain
            assert isinstance(chain, ScriptedChain)
            for _ in range(4):
                chain.begin_epoch({1: OWN, 2: range(4, 10)})
                await asyncio.sleep(100)
            assert [name for name, _ in node.means.store.notes("pool")] == []
            assert node.means.store.record(ONE) is None

    run(main())


@pytest.mark.parametrize(
    "spoilt",
    [
        {"blob_id": -1},
        {"blob_id": 2**256},
        {"object_id": b"short"},
        {"end_epoch": 2**32},
        {"deletable": 1},
        {"blob_id": None},
    ],
)
def test_events_without_their_fields_change_nothing(spoilt: dict[str, object]) -> None:
    chain = found()
    chain.register(ONE)
    chain.register(TWO)
    bad = dataclasses.replace(chain.told[1], fields={**chain.told[1].fields, **spoilt})
    store = memory_store()
    with pytest.raises(InvalidArgumentError):
        Chronicle(store).apply([chain.told[0], bad])
    assert store.cursor() is None
    assert store.record(ONE) is None


def test_goes_on_from_the_cursor_on_disk() -> None:
    async def main() -> None:
        chain, store = found(), memory_store()
        chain.register(ONE)
        async with running(make_node(chain, store)):
            pass
        chain.register(TWO)
        async with running(make_node(chain, store)) as node:
            assert chain.cursors[-1] == (1).to_bytes(8, "big")
            assert (await node.status(TWO)).kind == "permanent"
            assert (await node.health()).events == 2

    run(main())


def test_a_step_that_the_disk_refuses_is_taken_again() -> None:
    """A crash between two steps is the same: the cursor says where it was."""

    async def main() -> None:
        chain, store = found(), memory_store()
        commit, failures = store.commit, [StorageError("disk", "torn")] * 2

        def failing(changes: Changes) -> None:
            if changes.cursor is not None and failures:
                raise failures.pop()
            commit(changes)

        store.commit = failing  # type: ignore[method-assign]
        chain.register(ONE)
        chain.certify(ONE)
        limits = dataclasses.replace(LIMITS, event_batch=1)
        async with running(make_node(chain, store, limits)) as node:
            await asyncio.sleep(10)
            assert (await node.status(ONE)).is_certified
            assert (await node.health()).events == 2
            assert not failures

    run(main())


def test_survives_a_chain_that_is_down_or_breaks_off() -> None:
    async def main() -> None:
        chain = found()
        chain.fails = True
        node = make_node(chain)
        starting = asyncio.create_task(node.start())
        await asyncio.sleep(100)
        assert not starting.done()
        chain.fails = False
        await starting
        async with running(node):
            for number in (1, 2, 3):
                chain.register(blob_id(number), number)
            chain.fails_after = 1
            await asyncio.sleep(0.5)
            assert (await node.status(ONE)).kind == "permanent", "what came before it broke off"
            chain.fails_after, chain.fails = None, True
            polls = chain.polls
            await asyncio.sleep(100)
            assert chain.polls == polls
            chain.fails = False
            await asyncio.sleep(LIMITS.longest_chain_retry * 1.2)
            assert (await node.status(THREE)).kind == "permanent"

    run(main())


def test_replaying_all_events_changes_nothing() -> None:
    chain = found()
    chain.register(ONE, 1, deletable=True)
    chain.certify(ONE, 1, deletable=True)
    chain.register(TWO, 2)
    chain.tell("InvalidBlobID", blob_id=TWO)
    store = told(chain)
    before = dict(store.records())
    told(chain, store)
    assert {which: each.registrations for which, each in store.records()} == {
        which: each.registrations for which, each in before.items()
    }
    assert record(store, TWO).is_invalid


def test_a_certified_blob_is_looked_after() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE)
        node = make_node(chain)
        async with running(node):
            await asyncio.sleep(1)
            await send(node, 1, OWN[:3])
            chain.certify(ONE)
            await asyncio.sleep(1)
            assert len(node.wanted) == 1
            assert (await node.health()).healing == 0, "the uploader has time"
            await asyncio.sleep(LIMITS.heal_delay)
            assert (await node.health()).healing == 1
            await send(node, 1)
            await asyncio.sleep(600)
            assert len(node.wanted) == 0

    run(main())
