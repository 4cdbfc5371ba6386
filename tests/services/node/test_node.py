"""A blob's whole way through a node, in whatever order things happen."""

import asyncio
import dataclasses
import random
from pathlib import Path

import pytest
from services.node.scene import LIMITS, OWN, blob_id, found, make_node, running, send
from services.node.scripted_chain import ScriptedChain, key_pair
from simulation.loop import run
from simulation.workers import InlineWorkers

from walrus_core.errors import MissingSliversError
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.node import StorageNode
from walrus_core.services.node_api import StoredStatus
from walrus_core.services.workers import ThreadWorkers
from walrus_core.storage.local import open_store
from walrus_core.types import Axis


async def store_pending(node: StorageNode, number: int) -> None:
    """Send before the registration is seen, and have it confirmed after."""
    which = blob_id(number)
    await send(node, number, pending=True)
    signed = await node.confirmation(which, None, wait=30.0)
    assert signed.verify(key_pair(1).public_key) == Confirmation(1, which)
    assert node.means.store.lacking(which, OWN) == []
    assert node.means.store.metadata(which) is not None


async def send_pending(node: StorageNode, number: int) -> None:
    """Send, and ask for nothing."""
    await send(node, number, pending=True)


def test_stores_and_confirms_what_was_registered() -> None:
    async def main() -> None:
        chain = found()
        async with running(make_node(chain)) as node:
            chain.register(blob_id(1))
            assert await send(node, 1) == 8
            assert await send(node, 1) == 0
            signed = await node.confirmation(blob_id(1), None)
            message = signed.verify(key_pair(1).public_key)
            assert message == Confirmation(1, blob_id(1), None)
            holdings = await node.holdings(blob_id(1))
            assert holdings.metadata is StoredStatus.STORED
            assert len(holdings.of(Axis.PRIMARY)) == len(holdings.of(Axis.SECONDARY)) == 4
            await asyncio.sleep(100)
            assert (await node.health()).status == "Active"

    run(main())


@pytest.mark.parametrize("seed", range(30))
def test_a_registration_may_come_at_any_moment(seed: int) -> None:
    """Before, between and after what is sent: nothing is left in the buffer, nothing is lost."""
    chance = random.Random(seed)

    async def register(chain: ScriptedChain, number: int) -> None:
        await asyncio.sleep(chance.uniform(0, 0.5))
        chain.register(blob_id(number), number)

    async def main() -> None:
        chain, workers = found(), InlineWorkers(chance, longest=0.05)
        async with running(make_node(chain, workers=workers)) as node:
            async with asyncio.TaskGroup() as tasks:
                for number in range(1, 6):
                    store = store_pending if number < 4 else send_pending
                    tasks.create_task(store(node, number))
                    tasks.create_task(register(chain, number))
            await asyncio.sleep(1)
            assert node.buffer.size == 0
            for number in range(1, 6):
                assert node.means.store.lacking(blob_id(number), OWN) == []

    run(main())


@pytest.mark.parametrize("seed", range(30))
def test_an_epoch_that_begins_meanwhile_is_not_signed_for(seed: int) -> None:
    chance = random.Random(seed)

    async def main() -> None:
        chain, workers = found(), InlineWorkers(chance, longest=0.05)
        chain.register(blob_id(1))
        limits = dataclasses.replace(LIMITS, poll_interval=0.01)
        async with running(make_node(chain, None, limits, workers=workers)) as node:
            await send(node, 1)
            confirming = asyncio.create_task(node.confirmation(blob_id(1), None))
            await asyncio.sleep(chance.uniform(0, 0.2))
            chain.begin_epoch({1: [*OWN, 7], 2: [4, 5, 6, 8, 9]})
            (outcome,) = await asyncio.gather(confirming, return_exceptions=True)
            if isinstance(outcome, MissingSliversError):
                assert outcome.missing == 2, "those of shard 7"
            else:
                assert outcome.verify(key_pair(1).public_key) == Confirmation(1, blob_id(1))

    run(main())


def test_many_blobs_at_once_on_disk_and_in_threads(tmp_path: Path) -> None:
    async def register(chain: ScriptedChain) -> None:
        for number in range(1, 21):
            chain.register(blob_id(number), number)
            await asyncio.sleep(0.002)

    async def main() -> None:
        chain, workers, store = found(), ThreadWorkers(4), open_store(tmp_path / "store")
        limits = dataclasses.replace(LIMITS, poll_interval=0.01)
        try:
            node = make_node(chain, store, limits, workers=workers)
            async with running(node), asyncio.TaskGroup() as tasks:
                for number in range(1, 21):
                    tasks.create_task(store_pending(node, number))
                tasks.create_task(register(chain))
        finally:
            workers.close()
            store.close()

    asyncio.run(main())


def test_a_node_stopped_before_it_runs_does_not_run() -> None:
    async def main() -> None:
        node = make_node(found())
        await node.start()
        await node.stop()
        await node.run()
        assert node.draining

    run(main())


def test_who_had_a_blob_certified_hears_that_it_is() -> None:
    async def main() -> None:
        chain = found()
        clock = asyncio.get_running_loop().time
        async with running(make_node(chain)) as node:
            for number, deletable in ((1, False), (2, True)):
                which = blob_id(number)
                chain.register(which, number, deletable=deletable)
                await asyncio.sleep(2 * LIMITS.poll_interval)
                assert not (await node.status(which)).is_certified
                chain.certify(which, number, deletable=deletable)
                begun = clock()
                assert (await node.status(which)).is_certified
                assert clock() - begun < 2 * LIMITS.poke_interval
                polls = chain.polls
                assert (await node.status(which)).is_certified
                assert (await node.status(blob_id(3))).kind == "nonexistent"
                assert chain.polls == polls, "it asked the chain for what it knows, or need not"

    run(main())
