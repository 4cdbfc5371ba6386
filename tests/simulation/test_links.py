"""Links by themselves, between a caller and a node that only counts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import pytest
from simulation.links import DEADLINE, Conditions, Link, Network
from simulation.loop import EPOCH, run
from simulation.processes import Process

from walrus_core.codec.slivers import Sliver
from walrus_core.errors import NodeUnavailableError, SliverNotFoundError
from walrus_core.services.node_api import BlobStatus
from walrus_core.types import Axis, BlobId, SliverPairIndex

BLOB = BlobId(bytes(32))
SLIVERS = [Sliver(Axis.PRIMARY, number, 2, bytes([number, 0])) for number in range(8)]


class Counter:
    """As much of a node as these tests ask for, on a host that is up."""

    def __init__(self) -> None:
        self.process = Process("node")
        self.api = self
        self.calls = 0
        self.got: list[Sliver] = []

    async def status(self, blob_id: BlobId) -> BlobStatus:  # noqa: ARG002
        self.calls += 1
        await asyncio.sleep(1)
        return BlobStatus("nonexistent")

    async def slivers(
        self,
        blob_id: BlobId,
        axis: Axis,
        pairs: Sequence[SliverPairIndex],
    ) -> AsyncIterator[Sliver]:
        if not pairs:
            raise SliverNotFoundError(str(blob_id), axis, 0)
        for pair in pairs:
            await asyncio.sleep(1)
            self.calls += 1
            yield SLIVERS[pair]

    async def put_slivers(
        self,
        blob_id: BlobId,  # noqa: ARG002
        slivers: AsyncIterable[Sliver],
        *,
        pending: bool,  # noqa: ARG002
    ) -> int:
        async for sliver in slivers:
            self.got.append(sliver)
        return len(self.got)


def linked(**conditions: float) -> tuple[Counter, Link, Network]:
    node = Counter()
    network = Network(Conditions(random.Random(1), **conditions))
    network.hosts["node"] = node  # type: ignore[assignment]
    return node, Link(network, "node"), network


async def several() -> AsyncIterator[Sliver]:
    for sliver in SLIVERS:
        yield sliver


def test_questions_and_streams_get_through() -> None:
    async def main() -> None:
        node, link, _ = linked()
        assert await link.status(BLOB) == BlobStatus("nonexistent")
        pairs = [SliverPairIndex(number) for number in (3, 1)]
        found = [sliver async for sliver in link.slivers(BLOB, Axis.PRIMARY, pairs)]
        assert found == [SLIVERS[3], SLIVERS[1]]
        assert await link.put_slivers(BLOB, several()) == len(SLIVERS)
        assert node.got == SLIVERS

    run(main())


def test_refusals_get_through() -> None:
    async def main() -> None:
        _, link, _ = linked()
        with pytest.raises(SliverNotFoundError):
            async for _ in link.slivers(BLOB, Axis.PRIMARY, []):
                pass

    run(main())


def test_what_is_dropped_is_noticed_late() -> None:
    async def main() -> None:
        node, link, _ = linked(dropped=1.0)
        with pytest.raises(NodeUnavailableError):
            await link.status(BLOB)
        assert asyncio.get_running_loop().time() >= EPOCH + DEADLINE
        assert node.calls == 0

    run(main())


def test_a_call_may_come_twice() -> None:
    async def main() -> None:
        node, link, _ = linked(repeated=1.0)
        await link.status(BLOB)
        await link.put_slivers(BLOB, several())
        await asyncio.sleep(2 * DEADLINE)
        assert node.calls == 2
        assert node.got == [*SLIVERS, *SLIVERS]

    run(main())


def test_streams_are_cut_and_the_node_stops() -> None:
    async def main() -> None:
        node, link, _ = linked(cut=0.5)
        pairs = [SliverPairIndex(number) for number in range(8)]
        with pytest.raises(NodeUnavailableError):
            async for _ in link.slivers(BLOB, Axis.PRIMARY, pairs):
                pass
        with pytest.raises(NodeUnavailableError):
            await link.put_slivers(BLOB, several())
        await asyncio.sleep(100)
        assert node.calls < 8
        assert len(node.got) < 8

    run(main())


def test_sides_hear_nothing_of_each_other() -> None:
    async def main() -> None:
        _, link, network = linked()
        network.conditions.sides["node"] = 1
        with pytest.raises(NodeUnavailableError):
            await link.status(BLOB)
        network.conditions.calm()
        await link.status(BLOB)

    run(main())


def test_who_asks_a_node_that_dies_hears_of_it() -> None:
    async def main() -> None:
        node, link, _ = linked()
        asking = asyncio.create_task(link.status(BLOB))
        await asyncio.sleep(0.5)
        node.process.kill()
        with pytest.raises(NodeUnavailableError):
            await asking
        await node.process.ended()
        with pytest.raises(NodeUnavailableError):
            await link.status(BLOB)

    run(main())


def test_who_stops_asking_stops_the_node() -> None:
    async def main() -> None:
        node, link, _ = linked()
        pairs = [SliverPairIndex(number) for number in range(8)]
        stream = link.slivers(BLOB, Axis.PRIMARY, pairs)
        assert await anext(stream) == SLIVERS[0]
        await stream.aclose()
        await asyncio.sleep(100)
        assert node.calls < 4

    run(main())
