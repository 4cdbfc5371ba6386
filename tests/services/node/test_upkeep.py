"""What a node does for itself: collecting, scrubbing, surveying, and growing into its shards."""

import asyncio
import dataclasses
from pathlib import Path

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
)
from services.node.scripted_chain import N_SHARDS
from simulation.loop import run
from storage.on_disk import spoil

from walrus_core.errors import ChainUnavailableError, StorageError
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.wanted import Wanted
from walrus_core.services.node_api import ShardStatus
from walrus_core.storage import memory_store
from walrus_core.storage.local import open_store
from walrus_core.types import BlobId

ONE = blob_id(1)
SHARDS = {1: OWN, 2: range(4, N_SHARDS)}


def test_collects_what_ended_when_the_epoch_begins() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE, 1, end_epoch=2)
        chain.register(blob_id(2), 2)
        async with running(make_node(chain)) as node:
            await send(node, 1)
            await send(node, 2)
            chain.begin_epoch(SHARDS)
            await asyncio.sleep(LIMITS.collect_interval + 1)
            store = node.means.store
            assert store.record(ONE) is None
            assert store.metadata(ONE) is None
            assert store.sliver(key(0, 1)) is None
            assert store.lacking(blob_id(2), OWN) == []
            assert (await node.health()).blobs == 1

    run(main())


@pytest.mark.parametrize("is_invalid", [False, True])
def test_collects_deleted_and_invalid_blobs(is_invalid: bool) -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE, deletable=True)
        async with running(make_node(chain)) as node:
            await send(node, 1)
            if is_invalid:
                chain.tell("InvalidBlobID", blob_id=ONE)
            else:
                chain.delete(ONE)
            await asyncio.sleep(LIMITS.collect_interval + 1)
            assert node.means.store.sliver(key(0, 1)) is None
            assert node.means.store.usage().size == 0
            kept = node.means.store.record(ONE)
            assert (kept is not None and kept.is_invalid) == is_invalid

    run(main())


def test_what_ended_while_the_node_was_down_is_collected() -> None:
    async def main() -> None:
        chain, store = found(), memory_store()
        chain.register(ONE, end_epoch=2)
        async with running(make_node(chain, store)) as node:
            await send(node, 1)
        chain.begin_epoch(SHARDS)
        async with running(make_node(chain, store)):
            await asyncio.sleep(1)
            assert store.usage().size == 0

    run(main())


def test_scrubbing_hands_damage_to_healing() -> None:
    async def main() -> None:
        chain = found()
        for number in (1, 2, 3):
            chain.register(blob_id(number), number)
            chain.certify(blob_id(number), number)
        limits = dataclasses.replace(LIMITS, scrub_bytes=500)
        async with running(make_node(chain, limits=limits)) as node:
            for number in (1, 2, 3):
                await send(node, number)
            await asyncio.sleep(LIMITS.scrub_interval / 2)
            assert len(node.wanted) == 0
            spoil(node.means.store, key(3, 2))
            spoil(node.means.store, blob_id(3))
            await asyncio.sleep(30 * LIMITS.scrub_interval)
            assert sorted(node.wanted._due) == sorted([blob_id(2), blob_id(3)])
            assert (await node.health()).damaged == 2

    run(main())


def test_a_restart_finds_what_is_lacking() -> None:
    async def main() -> None:
        chain, store = found(), memory_store()
        for number in (1, 2):
            chain.register(blob_id(number), number)
            chain.certify(blob_id(number), number)
        chain.register(blob_id(3), 3)
        async with running(make_node(chain, store)) as node:
            await send(node, 1)
            await send(node, 2, OWN[:2])
        async with running(make_node(chain, store)) as node:
            await asyncio.sleep(1)
            assert list(node.wanted._due) == [blob_id(2)], "what is not certified is nobody's loss"

    run(main())


def test_a_new_node_is_recovering_until_nothing_is_lacking() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE)
        chain.certify(ONE)
        async with running(make_node(chain)) as node:
            await asyncio.sleep(1)
            health = await node.health()
            assert health.status == "RecoveryInProgress(1)"
            assert dict(health.shards) == dict.fromkeys(OWN, ShardStatus.IN_RECOVERY)
            await send(node, 1)
            await asyncio.sleep(1000)
            health = await node.health()
            assert health.status == "Active"
            assert dict(health.shards) == dict.fromkeys(OWN, ShardStatus.READY)

    run(main())


def test_more_than_can_be_wanted_at_once_is_healed_in_portions() -> None:
    async def main() -> None:
        chain = found()
        for number in (1, 2, 3):
            chain.register(blob_id(number), number)
            chain.certify(blob_id(number), number)
        limits = dataclasses.replace(LIMITS, wanted_blobs=1)
        async with running(make_node(chain, limits=limits)) as node:
            for number in (1, 2, 3):
                await asyncio.sleep(2000)
                assert (await node.health()).status == "RecoveryInProgress(1)"
                assert len(node.wanted) == 1
                await send(node, number)
            await asyncio.sleep(2000)
            assert (await node.health()).status == "Active"
            assert len(node.wanted) == 0

    run(main())


def test_a_disk_that_fails_does_not_stop_the_node() -> None:
    async def main() -> None:
        chain = found()
        node = make_node(chain)
        failures = [StorageError("disk", "failed")] * 3

        def failing(*_: object) -> None:
            raise failures.pop() if failures else StorageError("disk", "failed")

        node.means.store.scrub = failing  # type: ignore[method-assign]
        async with running(node):
            await asyncio.sleep(1000)
            assert not failures
            chain.register(ONE)
            await send(node, 1)
            await node.confirmation(ONE, None)

    run(main())


def test_shards_come_and_go_with_the_epochs() -> None:
    async def main() -> None:
        chain, store = found(), memory_store()
        async with running(make_node(chain, store)) as node:
            await asyncio.sleep(1)
            chain.fails = True
            chain.begin_epoch({1: [2, 3, 4], 2: [0, 1, *range(5, N_SHARDS)]})
            chain.fails = False
            members = node.membership
            assert await members.refresh()
            assert members.own == (2, 3, 4)
            assert members.statuses == {
                0: ShardStatus.READ_ONLY,
                1: ShardStatus.READ_ONLY,
                2: ShardStatus.READY,
                3: ShardStatus.READY,
                4: ShardStatus.IN_TRANSFER,
            }
            assert members.to_heal == (2, 3)
            again = Membership(node.means)
            await again.refresh()
            assert again.statuses == members.statuses, "as it is on disk"
            await members.set_status([4, 9], ShardStatus.READY)
            await members.forget([0, 2])
            assert list(members.statuses) == [1, 2, 3, 4]
            chain.begin_epoch(SHARDS)
            await members.refresh()
            assert members.statuses[1] == members.statuses[0] == ShardStatus.IN_TRANSFER
            assert members.statuses[4] == ShardStatus.READ_ONLY

    run(main())


def test_answers_from_the_past_are_passed_over() -> None:
    async def main() -> None:
        chain = found()
        before = chain.current
        async with running(make_node(chain)) as node:
            chain.begin_epoch(SHARDS)
            assert await node.membership.refresh()
            chain.current = before
            assert not await node.membership.refresh()
            assert node.membership.epoch == 2

    run(main())


def test_an_epoch_that_cannot_be_looked_up_is_looked_up_later() -> None:
    async def main() -> None:
        chain = found()
        async with running(make_node(chain)) as node:
            await asyncio.sleep(1)
            committees, chain.committees = chain.committees, _down  # type: ignore[method-assign]
            chain.begin_epoch(SHARDS)
            await asyncio.sleep(10)
            assert node.membership.epoch == 1
            chain.committees = committees  # type: ignore[method-assign]
            await asyncio.sleep(2 * LIMITS.longest_chain_retry)
            assert node.membership.epoch == 2

    async def _down() -> None:
        raise ChainUnavailableError("scripted:", "no committees")

    run(main())


def test_the_queue_of_wanted_blobs() -> None:
    async def main() -> None:
        wanted = Wanted(3)
        loop = asyncio.get_running_loop()
        one, two, three, four = (BlobId(bytes([number]) * 32) for number in range(4))
        wanted.add(one, 10.0, is_guess=True)
        wanted.add(two, 5.0)
        wanted.add(three, 7.0)
        wanted.add(four)
        assert wanted.has_overflowed
        assert (len(wanted), wanted.lacking) == (3, 2)
        wanted.add(one, 1.0)
        wanted.add(two, 50.0)
        begun = loop.time()
        assert await wanted.take() == one
        assert loop.time() - begun == pytest.approx(1.0)
        assert await wanted.take() == two
        assert loop.time() - begun == pytest.approx(5.0)
        wanted.add(two, 1.0)
        assert await wanted.take() == three, "not two, which is not done"
        waiting = asyncio.create_task(wanted.all_done([one, two, three]))
        wanted.done(two)
        wanted.done(three)
        assert await wanted.take() == two
        wanted.done(two)
        await asyncio.sleep(1)
        assert not waiting.done()
        wanted.done(one)
        await waiting
        assert len(wanted) == 0

    run(main())


def test_a_whole_life_on_disk(tmp_path: Path) -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE)
        chain.register(blob_id(2), 2, end_epoch=2)
        for number in (1, 2):
            store = open_store(tmp_path / "store")
            async with running(make_node(chain, store)) as node:
                await send(node, number)
                assert (await node.metadata(ONE)) == blob(1).metadata
                await node.confirmation(blob_id(number), None)
            store.close()
        chain.begin_epoch(SHARDS)
        store = open_store(tmp_path / "store")
        async with running(make_node(chain, store)) as node:
            await asyncio.sleep(100)
            await node.confirmation(ONE, None)
            assert (await node.health()).blobs == 1
        store.close()

    run(main())
