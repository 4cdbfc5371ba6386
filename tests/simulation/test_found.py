"""What the simulator has found once, each in a network of its own that shows nothing else."""

from __future__ import annotations

import asyncio

import pytest
from simulation.loop import run
from simulation.plan import Plan
from simulation.scenario import Simulation

from walrus_core.errors import BlobUnavailableError

CALM = Plan(
    seed=0,
    stakes=(100,) * 4,
    n_shards=10,
    n_clients=1,
    n_steps=0,
    mean_pause=1.0,
    epoch_seconds=60.0,
    faults=frozenset(),
)


def test_who_is_killed_with_the_blob_certified_does_not_pay_again_in_the_next_epoch() -> None:
    simulation = Simulation(CALM)

    async def main() -> None:
        for node in simulation.nodes:
            node.boot()
        turning = asyncio.create_task(simulation.contract.turn_epochs())
        await asyncio.sleep(3)
        simulation.work.store()
        [intent] = simulation.work.intents
        journal = intent.client.journal
        while not (simulation.work.live() and (intent.done or not journal.records)):
            await asyncio.sleep(0.001)
        intent.client.kill()
        await asyncio.sleep(CALM.epoch_seconds + 10)
        while not simulation.work.go_on():
            await asyncio.sleep(1)
        simulation.check()
        assert len(await intent.client.chain().blobs()) == 1
        turning.cancel()
        simulation.stop()

    run(main())


def test_a_reader_gives_up_in_the_moment_in_which_it_is_to_give_up() -> None:
    """A time and a timeout that add up to a rounded sum: their difference is another."""
    simulation = Simulation(CALM)

    async def main() -> None:
        for node in simulation.nodes:
            node.boot()
        await asyncio.sleep(3)
        simulation.work.store()
        [intent] = simulation.work.intents
        while not intent.done:
            await asyncio.sleep(0.1)
        for node in simulation.nodes[:3]:
            simulation.conditions.slow[node.address] = 1e6

        async def read_after(delay: float) -> None:
            await asyncio.sleep(delay)
            with pytest.raises(BlobUnavailableError):
                await intent.client.read(intent.blob_id, 0, 0, "whole")

        await asyncio.gather(*(read_after(number / 3) for number in range(40)))
        simulation.stop()

    run(main())
