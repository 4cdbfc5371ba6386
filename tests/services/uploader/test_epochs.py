"""Epochs that begin while a blob is on its way."""

import asyncio
from typing import Any

import pytest
from services.uploader.gates import hang
from services.uploader.town import Town, content
from simulation.loop import run

from walrus_core.errors import (
    NotEnoughConfirmationsError,
    RegistrationEndedError,
    WrongEpochError,
)
from walrus_core.services.uploader import NodeState

EPOCH_SECONDS = 100


async def moving_town() -> Town:
    """The next epoch's shards are held by others: its second half has begun."""
    town = Town(stakes=(1000, 1000, 1000, 1000, 1), epoch_seconds=EPOCH_SECONDS)
    await town.open()
    town.contract.stake(town.nodes.ids[4], 3000)
    return town


async def next_epoch(town: Town) -> None:
    """It begins, and every node has its shards and knows."""
    epoch = town.contract.committees().epoch
    await town.nodes.turn_epoch()
    assert town.contract.committees().epoch == epoch + 1
    await asyncio.sleep(10)


@pytest.mark.parametrize("call", ["put_metadata", "put_slivers", "confirmation"])
@pytest.mark.parametrize("optimistic", [0, 4 << 20])
def test_an_epoch_begins_on_the_way(call: str, optimistic: int) -> None:
    async def main() -> None:
        town = await moving_town()
        turning: asyncio.Task[None] | None = None

        async def before(name: str) -> None:
            nonlocal turning
            if name == call:
                if turning is None:
                    turning = asyncio.ensure_future(next_epoch(town))
                await asyncio.shield(turning)

        for gate in town.gates:
            gate.before = before
        uploader = town.uploader(
            optimistic=optimistic, call_timeout=500, stall_timeout=500, patience=300
        )
        outcome = await uploader.store(content(), 3)
        assert outcome.certified_epoch == 2
        assert len(outcome.nodes) == len(town.contract.committees().current)
        assert town.paid == town.price(content(), 3)
        for i in range(5):
            if town.result(outcome, i).state is NodeState.CONFIRMED:
                assert town.lacking(i, outcome.blob_id) == 0

    run(main())


def test_an_epoch_begins_before_it_is_certified() -> None:
    """The contract refuses what was signed in the epoch before; nothing is sent again that is
    there.
    """

    async def main() -> None:
        town = await moving_town()
        uploader = town.uploader()
        uploader.chain = _Slow(uploader.chain, town)
        outcome = await uploader.store(content(), 3)
        assert outcome.certified_epoch == 2
        assert town.paid == town.price(content(), 3)
        moved = sum(node.slivers for node in outcome.nodes)
        assert moved < 20

    run(main())


class _Slow:
    """A chain on which an epoch begins before the first certificate arrives."""

    def __init__(self, chain: Any, town: Town) -> None:
        self._chain = chain
        self._town = town
        self._is_first = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    async def certify(self, *arguments: Any) -> Any:
        if self._is_first:
            self._is_first = False
            await next_epoch(self._town)
        return await self._chain.certify(*arguments)


def test_a_node_that_cries_wolf() -> None:
    """The committee is looked up, is the same, and the others go on."""

    async def main() -> None:
        town = Town()
        await town.open()

        async def before(_: str) -> None:
            raise WrongEpochError(7, 1)

        town.gates[1].before = before
        outcome = await town.uploader().store(content(), 1)
        assert outcome.seconds.total < 5

    run(main())


def test_a_registration_that_ends_meanwhile() -> None:
    """It is said that another must be bought, and one is."""

    async def main() -> None:
        town = Town(epoch_seconds=EPOCH_SECONDS)
        await town.open()

        turning: asyncio.Task[None] | None = None

        async def before(name: str) -> None:
            nonlocal turning
            if name == "confirmation":
                turning = turning or asyncio.ensure_future(next_epoch(town))
                await asyncio.shield(turning)

        for gate in town.gates:
            gate.before = before
        with pytest.raises(RegistrationEndedError) as caught:
            await town.uploader(attempts=20).store(content(), 1)
        assert caught.value.end_epoch == 2
        assert not town.journal.records
        for gate in town.gates:
            gate.before = None
        outcome = await town.uploader().store(content(), 1)
        assert not outcome.resumed
        assert outcome.certified_epoch == 2

    run(main())


def test_gone_on_with_in_the_next_epoch() -> None:
    async def main() -> None:
        town = Town(epoch_seconds=EPOCH_SECONDS)
        await town.open()

        async def before(name: str) -> None:
            if name == "confirmation":
                await hang(name)

        for gate in town.gates:
            gate.before = before
        with pytest.raises(NotEnoughConfirmationsError):
            await town.uploader(attempts=2).store(content(), 50)
        for gate in town.gates:
            gate.before = None
        await next_epoch(town)
        outcome = await town.uploader().store(content(), 50)
        assert outcome.resumed
        assert outcome.certified_epoch == 2
        assert town.paid == town.price(content(), 50)

    run(main())
