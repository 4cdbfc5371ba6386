"""When a node confirms, and when it must not."""

import asyncio
import dataclasses

import pytest
from services.node.scene import (
    LIMITS,
    OWN,
    blob,
    blob_id,
    found,
    key,
    make_node,
    running,
    send,
    slivers_of,
    stream,
)
from services.node.scripted_chain import N_SHARDS, key_pair, object_id
from simulation.loop import run
from storage.on_disk import spoil

from walrus_core.errors import (
    InvalidBlobIdError,
    MetadataNotFoundError,
    MissingSliversError,
    NotRegisteredError,
    ShardNotAssignedError,
)
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.node import StorageNode
from walrus_core.storage import Changes, SliverKey
from walrus_core.types import Axis, BlobId

ONE = blob_id(1)


async def confirmed(
    node: StorageNode, number: int | None = None, wait: float = 0.0, which: BlobId = ONE
) -> Confirmation:
    """What the node signed about a blob, or an object that is deletable."""
    name = None if number is None else object_id(number)
    message = (await node.confirmation(which, name, wait)).verify(key_pair(1).public_key)
    assert isinstance(message, Confirmation)
    return message


def test_only_the_object_and_the_persistence_that_were_registered() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE, 1, deletable=True)
        chain.register(blob_id(2), 2)
        async with running(make_node(chain)) as node:
            await send(node, 1)
            await send(node, 2)
            assert await confirmed(node, 1) == Confirmation(1, ONE, object_id(1))
            for number in (None, 2, 3):
                with pytest.raises(NotRegisteredError):
                    await confirmed(node, number)
            assert await confirmed(node, which=blob_id(2)) == Confirmation(1, blob_id(2))
            with pytest.raises(NotRegisteredError):
                await confirmed(node, 2, which=blob_id(2))
            chain.register(ONE, 4)
            assert await confirmed(node) == Confirmation(1, ONE)

    run(main())


@pytest.mark.parametrize("lost", [key(shard, 1, axis) for shard in OWN for axis in Axis])
def test_not_if_a_single_sliver_is_missing(lost: SliverKey) -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE)
        async with running(make_node(chain)) as node:
            await send(node, 1)
            await confirmed(node)
            node.means.store.delete_slivers([lost])
            with pytest.raises(MissingSliversError) as caught:
                await confirmed(node)
            assert caught.value.missing == 1
            await send(node, 1)
            await confirmed(node)

    run(main())


def test_not_what_the_disk_has_lost() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE)
        async with running(make_node(chain)) as node:
            await send(node, 1)
            spoil(node.means.store, key(2, 1))
            await asyncio.sleep(LIMITS.scrub_interval + 1)
            with pytest.raises(MissingSliversError):
                await confirmed(node)
            spoil(node.means.store, ONE)
            await send(node, 1)
            with pytest.raises(MetadataNotFoundError):
                await confirmed(node)

    run(main())


def test_not_for_blobs_that_ended_were_deleted_or_are_invalid() -> None:
    async def main() -> None:
        chain = found()
        for number in (1, 2, 3):
            chain.register(blob_id(number), number, deletable=True, end_epoch=2)
        async with running(make_node(chain)) as node:
            for number in (1, 2, 3):
                await send(node, number)
                await confirmed(node, number, which=blob_id(number))
            chain.delete(ONE, 1)
            chain.tell("InvalidBlobID", blob_id=blob_id(2))
            await asyncio.sleep(1)
            with pytest.raises(NotRegisteredError):
                await confirmed(node, 1)
            with pytest.raises(InvalidBlobIdError):
                await confirmed(node, 2, which=blob_id(2))
            chain.begin_epoch({1: OWN, 2: range(4, N_SHARDS)})
            await asyncio.sleep(1)
            with pytest.raises(NotRegisteredError):
                await confirmed(node, 3, which=blob_id(3))

    run(main())


def test_waits_for_the_registration_and_stores_what_came_before() -> None:
    async def main() -> None:
        chain = found()
        async with running(make_node(chain)) as node:
            await send(node, 1, pending=True)
            waiting = asyncio.create_task(confirmed(node, wait=30.0))
            await asyncio.sleep(5)
            assert not waiting.done()
            chain.register(ONE)
            assert await waiting == Confirmation(1, ONE)
            assert node.means.store.lacking(ONE, OWN) == []

    run(main())


@pytest.mark.parametrize(("wait", "limit"), [(3.0, 60.0), (1e9, 3.0)])
def test_waits_no_longer_than_asked_and_allowed(wait: float, limit: float) -> None:
    async def main() -> None:
        limits = dataclasses.replace(LIMITS, longest_wait=limit)
        async with running(make_node(found(), limits=limits)) as node:
            begun = asyncio.get_running_loop().time()
            with pytest.raises(NotRegisteredError):
                await confirmed(node, wait=wait)
            assert asyncio.get_running_loop().time() - begun == pytest.approx(3.0, abs=0.5)

    run(main())


def test_many_who_wait_do_not_have_the_chain_asked_more_often() -> None:
    async def main() -> None:
        chain = found()
        async with running(make_node(chain)) as node:
            await asyncio.sleep(1)
            polls = chain.polls
            waits = [confirmed(node, wait=1.0, which=blob(1).metadata.blob_id) for _ in range(50)]
            outcomes = await asyncio.gather(*waits, return_exceptions=True)
            assert all(isinstance(outcome, NotRegisteredError) for outcome in outcomes)
            assert chain.polls - polls <= 1.0 / LIMITS.poke_interval

    run(main())


def test_signs_for_the_epoch_that_it_is_and_its_shards() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE)
        async with running(make_node(chain)) as node:
            await send(node, 1)
            chain.begin_epoch({1: [0, 1], 2: range(2, N_SHARDS)})
            await asyncio.sleep(1)
            assert await confirmed(node) == Confirmation(2, ONE)
            chain.begin_epoch({1: [0, 1, 7], 2: [*range(2, 7), 8, 9]})
            await asyncio.sleep(1)
            with pytest.raises(MissingSliversError) as caught:
                await confirmed(node)
            assert caught.value.missing == 2
            await send(node, 1, [7])
            assert await confirmed(node) == Confirmation(3, ONE)

    run(main())


def test_a_node_without_shards_confirms_nothing() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE)
        async with running(make_node(chain, number=7)) as node:
            assert (await node.health()).status == "Standby"
            with pytest.raises(ShardNotAssignedError):
                await node.confirmation(ONE, None)

    run(main())


def test_what_was_sent_is_confirmed_although_the_metadata_are_cached() -> None:
    """The cache may know metadata that were collected since; what is signed is looked up."""

    async def main() -> None:
        chain = found()
        chain.register(ONE)
        async with running(make_node(chain)) as node:
            await send(node, 1)
            store = node.means.store
            record = store.record(ONE)
            assert record is not None
            store.commit(Changes({ONE: record.without_registration(object_id(1))}))
            store.collect(1)
            store.commit(Changes({ONE: record}))
            await node.put_slivers(ONE, stream(slivers_of(blob(1))))
            with pytest.raises(MetadataNotFoundError):
                await confirmed(node)

    run(main())
