"""What the simulator has found once, each in a network of its own that shows nothing else."""

from __future__ import annotations

import asyncio

from simulation.loop import run
from simulation.plan import Plan
from simulation.scenario import Simulation

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
