"""What a node gives out, to whom it is of use, and what it refuses."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest
from services.node.scene import (
    LIMITS,
    OWN,
    blob,
    blob_id,
    found,
    key,
    make_node,
    pair_of,
    running,
    send,
)
from services.node.scripted_chain import N_SHARDS
from simulation.loop import run
from storage.on_disk import spoil

from walrus_core.codec.recovery import recover_sliver
from walrus_core.codec.slivers import verify_sliver
from walrus_core.codec.symbols import verify_recovery_symbol
from walrus_core.errors import (
    InvalidArgumentError,
    InvalidBlobIdError,
    MetadataNotFoundError,
    NotRegisteredError,
    OverloadedError,
    ShardNotAssignedError,
    SliverNotFoundError,
)
from walrus_core.services.node import StorageNode
from walrus_core.services.node_api import BlobStatus
from walrus_core.types import Axis, SliverPairIndex

T = TypeVar("T")

ONE, METADATA = blob_id(1), blob(1).metadata
PAIRS = [pair_of(shard, ONE) for shard in OWN]
FOREIGN = pair_of(5, ONE)


async def all_of(stream: AsyncIterator[T]) -> list[T]:
    return [each async for each in stream]


async def holder(node: StorageNode) -> StorageNode:
    """A node that holds blob 1."""
    node.means.chain.register(ONE)  # type: ignore[attr-defined]
    await send(node, 1)
    return node


@pytest.mark.parametrize("axis", Axis)
@pytest.mark.parametrize("read_bytes", [1, 1 << 20])
def test_gives_the_slivers_that_are_here_in_the_order_asked_for(
    axis: Axis, read_bytes: int
) -> None:
    async def main() -> None:
        limits = dataclasses.replace(LIMITS, read_bytes=read_bytes)
        async with running(make_node(found(), limits=limits)) as node:
            await holder(node)
            node.means.store.delete_slivers([key(1, 1, axis)])
            asked = [PAIRS[3], PAIRS[1], PAIRS[0]]
            slivers = await all_of(node.slivers(ONE, axis, asked))
            expected = [getattr(blob(1), axis)(pair) for pair in (PAIRS[3], PAIRS[0])]
            assert [verify_sliver(METADATA, sliver) for sliver in slivers] == expected

    run(main())


def test_refuses_what_is_not_here_or_nobody_has() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE)
        async with running(make_node(chain)) as node:
            for axis in Axis:
                with pytest.raises(SliverNotFoundError) as caught:
                    await all_of(node.slivers(ONE, axis, PAIRS))
                assert caught.value.count == 4
                with pytest.raises(SliverNotFoundError):
                    await all_of(node.recovery_symbols(ONE, axis, [FOREIGN], PAIRS))
                with pytest.raises(ShardNotAssignedError):
                    await all_of(node.slivers(ONE, axis, [PAIRS[0], FOREIGN]))
                with pytest.raises(ShardNotAssignedError):
                    await all_of(node.recovery_symbols(ONE, axis, PAIRS, [FOREIGN]))
                with pytest.raises(NotRegisteredError):
                    await all_of(node.slivers(blob_id(2), axis, [pair_of(0, blob_id(2))]))
            with pytest.raises(MetadataNotFoundError):
                await node.metadata(ONE)
            with pytest.raises(NotRegisteredError):
                await node.metadata(blob_id(2))
            chain.tell("InvalidBlobID", blob_id=ONE)
            await asyncio.sleep(1)
            with pytest.raises(InvalidBlobIdError):
                await node.metadata(ONE)

    run(main())


@pytest.mark.parametrize("pairs", [[], [N_SHARDS], [-1], [PAIRS[0]] * (N_SHARDS + 1)])
def test_refuses_pairs_that_there_are_not(pairs: list[SliverPairIndex]) -> None:
    async def main() -> None:
        async with running(make_node(found())) as node:
            await holder(node)
            for axis in Axis:
                with pytest.raises(InvalidArgumentError):
                    await all_of(node.slivers(ONE, axis, pairs))
                with pytest.raises(InvalidArgumentError):
                    await all_of(node.recovery_symbols(ONE, axis, PAIRS, pairs))
                with pytest.raises(InvalidArgumentError):
                    await all_of(node.recovery_symbols(ONE, axis, pairs, PAIRS))

    run(main())


@pytest.mark.parametrize("axis", Axis)
def test_its_symbols_rebuild_slivers(axis: Axis) -> None:
    async def main() -> None:
        async with running(make_node(found())) as node:
            await holder(node)
            targets = [FOREIGN, pair_of(6, ONE)]
            symbols = await all_of(node.recovery_symbols(ONE, axis, targets, PAIRS))
            assert len(symbols) == 8
            for target, symbol in symbols:
                verify_recovery_symbol(METADATA, symbol, axis, target)
            if axis is Axis.SECONDARY:  # k1 = 4
                mine = [symbol for target, symbol in symbols if target == FOREIGN]
                rebuilt = recover_sliver(METADATA, axis, FOREIGN, mine)
                assert rebuilt == blob(1).secondary(FOREIGN)

    run(main())


def test_a_sliver_is_expanded_once_for_all_who_ask() -> None:
    async def main() -> None:
        async with running(make_node(found())) as node:
            await holder(node)
            store, reads = node.means.store, []
            read = store.sliver
            store.sliver = lambda key: reads.append(key) or read(key)  # type: ignore[method-assign]
            asks = [
                all_of(node.recovery_symbols(ONE, Axis.PRIMARY, [pair_of(target, ONE)], PAIRS))
                for target in range(4, N_SHARDS)
            ]
            await asyncio.gather(*asks)
            assert len(reads) == 4

    run(main())


def test_too_many_expansions_are_too_much() -> None:
    async def main() -> None:
        limits = dataclasses.replace(LIMITS, expansions=1, waiting_expansions=0)
        async with running(make_node(found(), limits=limits)) as node:
            await holder(node)
            asks = [
                all_of(node.recovery_symbols(ONE, Axis.PRIMARY, [FOREIGN], [pair]))
                for pair in PAIRS
            ]
            outcomes = await asyncio.gather(*asks, return_exceptions=True)
            refused = [each for each in outcomes if isinstance(each, OverloadedError)]
            assert 0 < len(refused) < 4
            assert refused[0].retry_after > 0

    run(main())


@pytest.mark.parametrize("cache", [0, 2000])
def test_the_cache_keeps_to_its_size(cache: int) -> None:
    async def main() -> None:
        limits = dataclasses.replace(LIMITS, symbol_cache=cache)
        async with running(make_node(found(), limits=limits)) as node:
            await holder(node)
            for _ in range(2):
                await all_of(node.recovery_symbols(ONE, Axis.PRIMARY, [FOREIGN], PAIRS))
            source = node._reading.symbol_source
            assert source._size <= cache
            assert bool(source._cache) == bool(cache)

    run(main())


def test_a_sliver_found_damaged_by_a_reader_is_healed() -> None:
    async def main() -> None:
        async with running(make_node(found())) as node:
            await holder(node)
            node.means.chain.certify(ONE)  # type: ignore[attr-defined]
            await asyncio.sleep(LIMITS.heal_delay + 1)
            assert len(node.wanted) == 0
            spoil(node.means.store, key(1, 1))
            assert len(await all_of(node.slivers(ONE, Axis.PRIMARY, PAIRS))) == 3
            assert len(node.wanted) == 1
            assert (await node.health()).damaged == 1

    run(main())


def test_shards_that_left_can_be_read_but_not_written() -> None:
    async def main() -> None:
        chain = found()
        async with running(make_node(chain)) as node:
            await holder(node)
            chain.begin_epoch({1: [0, 1], 2: range(2, N_SHARDS)})
            await asyncio.sleep(1)
            assert len(await all_of(node.slivers(ONE, Axis.PRIMARY, PAIRS))) == 4
            assert len((await node.holdings(ONE)).primary) == 2
            with pytest.raises(ShardNotAssignedError):
                await send(node, 1)
            chain.end_change()
            await asyncio.sleep(LIMITS.read_only_seconds + 100)
            with pytest.raises(ShardNotAssignedError):
                await all_of(node.slivers(ONE, Axis.PRIMARY, PAIRS))
            assert node.means.store.sliver(key(3, 1)) is None
            assert node.means.store.sliver(key(1, 1)) is not None

    run(main())


def test_tells_what_the_chain_said_of_a_blob() -> None:
    async def main() -> None:
        chain = found()
        async with running(make_node(chain)) as node:

            async def status() -> BlobStatus:
                await asyncio.sleep(1)
                return dataclasses.replace(await node.status(ONE), event=None)

            assert await status() == BlobStatus("nonexistent")
            chain.register(ONE, 1, deletable=True)
            assert await status() == BlobStatus("deletable", deletable_total=1)
            chain.certify(ONE, 1, deletable=True)
            assert await status() == BlobStatus("deletable", None, True, 1, 1, 1)
            chain.register(ONE, 2, end_epoch=5)
            assert await status() == BlobStatus("permanent", 5, False, 1, 1, 1)
            chain.certify(ONE, 2, end_epoch=5)
            chain.register(ONE, 3, end_epoch=8)
            assert await status() == BlobStatus("permanent", 5, True, 1, 1, 1), "what is certain"
            chain.delete(ONE, 1)
            assert await status() == BlobStatus("permanent", 5, True, 1)
            chain.tell("InvalidBlobID", blob_id=ONE)
            assert await status() == BlobStatus("invalid")
            assert (await node.status(ONE)).event is not None

    run(main())
