"""Nodes that refuse, hang and die: up to f shards of them change nothing but the time."""

import asyncio
from collections.abc import AsyncIterable

import pytest
from services.uploader.gates import Gate, hang, idle, refusing
from services.uploader.town import Town, content
from simulation.loop import run

from walrus_core.codec.slivers import Sliver
from walrus_core.errors import (
    BufferFullError,
    MetadataNotFoundError,
    NodeUnavailableError,
    NotEnoughConfirmationsError,
    NotRegisteredError,
    OverloadedError,
    QuorumUnreachableError,
    ShardNotAssignedError,
    StorageFullError,
    UnauthorizedError,
    VerificationError,
    WrongEpochError,
)
from walrus_core.services.uploader import NodeState
from walrus_core.types import BlobId

BAD = 3
"""The node that goes wrong, with two or three of ten shards."""

NOW_AND_THEN = {
    "unavailable": NodeUnavailableError("x", "y"),
    "slow": TimeoutError(),
    "busy": OverloadedError(0.5),
    "behind": NotRegisteredError("x"),
    "without metadata": MetadataNotFoundError("x"),
    "in the epoch before": WrongEpochError(0, 1),
    "without its shards": ShardNotAssignedError(1, 0),
    "full of unregistered blobs": BufferFullError(2, 1),
}

FOR_GOOD = {
    "full": StorageFullError("x", 2, 1),
    "mistaken": VerificationError("x"),
    "unfriendly": UnauthorizedError("x"),
}


class Sleeper(Gate):
    """Takes one sliver, and then nothing."""

    async def put_slivers(
        self,
        blob_id: BlobId,  # noqa: ARG002
        slivers: AsyncIterable[Sliver],
        *,
        pending: bool = False,  # noqa: ARG002
    ) -> int:
        async for _ in slivers:
            await hang("")
        return 0


class ShortLink(Gate):
    """Breaks in each call that brings more than `reach` slivers."""

    reach = 3

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        self.dies_after = self.reach
        try:
            return await super().put_slivers(blob_id, slivers, pending=pending)
        finally:
            self.dies_after = None


def test_over_links_that_break_fewer_slivers_are_sent_at_once() -> None:
    """Nothing comes of a call that breaks, so that the same call again would never succeed."""

    async def main() -> None:
        town = Town(stakes=(1000, 1000, 1000), n_shards=40)  # 14, 13 and 13; all are needed
        town.gates = [ShortLink(None) for _ in town.gates]
        await town.open()
        outcome = await town.uploader().store(content(), 1)
        assert outcome.certified_epoch == 1
        for gate in town.gates:
            assert 3 + 9 <= gate.calls.count("put_slivers") <= 3 + 10  # 3 broke
            assert len(gate.slivers) <= 28 + 3 * 3

    run(main())


@pytest.mark.parametrize("error", NOW_AND_THEN.values(), ids=NOW_AND_THEN)
@pytest.mark.parametrize("optimistic", [0, 4 << 20])
@pytest.mark.parametrize("call", ["put_metadata", "put_slivers", "confirmation"])
def test_what_passes_is_made_up_for(error: Exception, optimistic: int, call: str) -> None:
    """All four nodes are needed here, so each must come round."""

    async def main() -> None:
        town = Town(stakes=(1000, 1000, 1000), n_shards=4)  # 2, 1 and 1 of 4 shards, 3 needed
        await town.open()
        for gate in town.gates:
            gate.before = refusing(error, 2, call)
        outcome = await town.uploader(optimistic=optimistic).store(content(), 1)
        assert all(node.error for node in outcome.nodes if node.state is NodeState.CONFIRMED)
        assert outcome.certified_epoch == 1
        assert town.paid == town.price(content(), 1)
        assert outcome.seconds.total < 20

    run(main())


@pytest.mark.parametrize("error", [*NOW_AND_THEN.values(), *FOR_GOOD.values()], ids=repr)
def test_a_node_that_refuses(error: Exception) -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        town.gates[BAD].before = refusing(error)
        outcome = await town.uploader().store(content(), 1)
        assert town.result(outcome, BAD).state is not NodeState.CONFIRMED
        assert outcome.seconds.total < 5

    run(main())


@pytest.mark.parametrize("call", ["put_metadata", "put_slivers", "confirmation"])
def test_a_node_that_hangs_holds_nobody_up(call: str) -> None:
    async def main() -> None:
        town = Town()
        await town.open()

        async def before(name: str) -> None:
            if name == call:
                await hang(name)

        town.gates[BAD].before = before
        outcome = await town.uploader().store(content(), 1)
        assert town.result(outcome, BAD).state is not NodeState.CONFIRMED
        assert outcome.seconds.tail == pytest.approx(
            0.5 + 0.5 * (outcome.seconds.upload + outcome.seconds.confirm), abs=0.2
        )
        assert outcome.seconds.total < 4

    run(main())


def test_a_dead_node_costs_no_time() -> None:
    async def main() -> None:
        town = Town()
        await town.open(0, 1, 2)
        outcome = await town.uploader().store(content(), 1)
        assert town.result(outcome, BAD).state is NodeState.FAILED
        assert "dead" in town.result(outcome, BAD).error
        assert outcome.seconds.tail < 0.1

    run(main())


def test_a_slow_node_is_waited_for_a_little() -> None:
    async def main() -> None:
        town = Town()
        await town.open()

        async def before(_: str) -> None:
            await asyncio.sleep(0.15)

        town.gates[BAD].before = before
        outcome = await town.uploader().store(content(), 1)
        assert town.result(outcome, BAD).state is NodeState.CONFIRMED
        assert outcome.seconds.tail > 0

    run(main())


@pytest.mark.parametrize("optimistic", [0, 4 << 20])
def test_nothing_is_paid_while_too_few_nodes_answer(optimistic: int) -> None:
    async def main() -> None:
        town = Town()
        await town.open(0, 1)
        town.gates[1].before = hang
        with pytest.raises(QuorumUnreachableError) as caught:
            await town.uploader(optimistic=optimistic).store(content(), 1)
        assert (caught.value.needed, caught.value.got) == (7, 3)
        assert not await town.blobs()
        assert not town.paid
        assert not town.journal.records

    run(main())


@pytest.mark.parametrize("optimistic", [0, 4 << 20])
def test_too_few_nodes(optimistic: int) -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        for gate in town.gates[2:]:
            gate.before = idle
        blob, uploader = content(), town.uploader(optimistic=optimistic)
        for _ in range(2):
            with pytest.raises(NotEnoughConfirmationsError, match="store the same file again"):
                await uploader.store(blob, 1)
        assert town.paid == town.price(blob, 1)
        for gate in town.gates[2:]:
            gate.before = None
        town.forget_calls()
        outcome = await town.uploader().store(blob, 1)
        assert outcome.resumed
        assert outcome.cost.total == town.paid == town.price(blob, 1)
        sent = {i: len(gate.slivers) for i, gate in enumerate(town.gates)}
        assert sent == {0: 0, 1: 0, 2: 4, 3: 4}
        assert not town.journal.records

    run(main())


def test_nodes_that_die_midway_are_sent_only_what_they_lack() -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        for gate in town.gates:
            gate.dies_after = 3
        with pytest.raises(NotEnoughConfirmationsError):
            await town.uploader().store(content(), 1)
        for gate in town.gates:
            gate.dies_after = None
        blob_id = (await town.blobs())[0].blob_id
        await asyncio.sleep(5)
        lacking = {i: town.lacking(i, blob_id) for i in range(4)}
        town.forget_calls()
        outcome = await town.uploader().store(content(), 1)
        assert outcome.resumed
        for i in range(4):
            node = town.result(outcome, i)
            assert node.slivers == len(town.gates[i].slivers) == lacking[i]
        assert town.paid == town.price(content(), 1)

    run(main())


def test_a_node_without_room_before_the_registration() -> None:
    """It is sent everything again once the blob is registered."""

    async def main() -> None:
        town = Town()
        await town.open()

        async def before(call: str) -> None:
            if call == "put_slivers" and not await town.blobs():
                raise BufferFullError(2, 1)

        for gate in town.gates:
            gate.before = before
        town.chain.weather.longest = 0.5  # registering takes a while
        outcome = await town.uploader().store(content(), 1)
        assert [node.state for node in outcome.nodes] == [NodeState.CONFIRMED] * 4

    run(main())


def test_little_is_on_its_way_at_once() -> None:
    """A node that takes nothing keeps its share; the others still get theirs."""

    async def main() -> None:
        town = Town()
        await town.open()
        uploader = town.uploader(optimistic=0, in_flight=2000, stall_timeout=5)

        town.gates[BAD] = Sleeper(town.gates[BAD].node)
        outcome = await uploader.store(content(20_000), 1)
        assert town.result(outcome, BAD).state is not NodeState.CONFIRMED
        assert outcome.certified_epoch == 1

    run(main())
