"""Healing: from the fewest symbols, among the dead and liars, secondary slivers first."""

from __future__ import annotations

import dataclasses
import random

import pytest
from services.node.neighbourhood import Neighbourhood, Stored, Twist
from simulation.loop import run

from walrus_core.codec.encoder import encode
from walrus_core.codec.merkle import MerkleProof
from walrus_core.codec.symbols import RecoverySymbol, recovery_symbol
from walrus_core.errors import VerificationError
from walrus_core.services.node.gathering import Gathering
from walrus_core.services.node.recovery_sources import Source
from walrus_core.storage.store import SliverKey
from walrus_core.types import Axis, SliverIndex, SliverPairIndex

Given = tuple[SliverPairIndex, RecoverySymbol]

ONE_SHARD_EACH = [100] * 10
"""Of 10 shards f = 3 may be gone; a secondary sliver takes 4 symbols, a primary one 7."""


def content(number: int, size: int = 700) -> bytes:
    return random.Random(number).randbytes(size)


async def with_blobs(network: Neighbourhood, count: int, size: int = 700) -> list[Stored]:
    """The network, up, with blobs that every node has."""
    await network.start()
    return [await network.store(content(number, size)) for number in range(count)]


def test_all_is_healed_with_f_shards_dead_and_exactly_enough_symbols() -> None:
    """Six shards are left: too few for a primary sliver, but its own secondary one is the 7th."""
    network = Neighbourhood(ONE_SHARD_EACH)

    async def scenario() -> None:
        blobs = await with_blobs(network, 3)
        await network.kill(0, 1, 2, 3)
        network.lose_disk(0)
        await network.start(0)
        await network.until(lambda: network.is_well(0))
        assert all(network.holds(0, blob) for blob in blobs)

    run(scenario())
    assert network.traffic.symbols == {Axis.SECONDARY: 3 * 4, Axis.PRIMARY: 3 * 6}
    progress = network.up(0).healing.progress
    assert (progress.slivers, progress.failures, progress.received) == (
        6,
        0,
        sum(3 * count * (26 + 4 * 32) for count in (4, 6)),
    )


def test_one_more_dead_and_healing_waits_until_it_is_back() -> None:
    network = Neighbourhood(ONE_SHARD_EACH)

    async def scenario() -> None:
        [blob] = await with_blobs(network, 1)
        await network.kill(0, 1, 2, 3, 4)
        network.lose_disk(0)
        await network.start(0)
        with pytest.raises(TimeoutError):
            await network.until(lambda: network.is_well(0), 60)
        held = network.stores[0].slivers(keys(network, blob))
        assert [sliver is not None for sliver in held] == [False, True]  # the secondary one
        failures = network.up(0).healing.progress.failures
        assert 4 <= failures <= 9, "it backs off"
        await network.start(4)
        await network.until(lambda: network.is_well(0))
        assert network.holds(0, blob)

    run(scenario())


def keys(network: Neighbourhood, blob: Stored) -> list[SliverKey]:
    """Node 0's, primary first."""
    [shard] = network.shards(0)
    return [SliverKey(shard, axis, blob.metadata.blob_id) for axis in Axis]


def flipped(target: SliverPairIndex, symbol: RecoverySymbol) -> Given:
    data = bytes([symbol.data[0] ^ 1]) + symbol.data[1:]
    return target, dataclasses.replace(symbol, data=data)


def wrong_path(target: SliverPairIndex, symbol: RecoverySymbol) -> Given:
    return target, dataclasses.replace(symbol, proof=MerkleProof(symbol.proof.path[::-1]))


def not_asked(target: SliverPairIndex, symbol: RecoverySymbol) -> Given:
    return SliverPairIndex((target + 1) % 10), symbol


def too_long(target: SliverPairIndex, symbol: RecoverySymbol) -> Given:
    return target, dataclasses.replace(symbol, data=symbol.data * 100)


@pytest.mark.parametrize("twist", [flipped, wrong_path, not_asked, too_long])
def test_liars_are_found_out_and_asked_last(twist: Twist) -> None:
    network = Neighbourhood(ONE_SHARD_EACH)

    async def scenario() -> None:
        blobs = await with_blobs(network, 6)
        await network.kill(0)
        network.lose_disk(0)
        network.twists = dict.fromkeys((1, 2, 3), twist)
        await network.start(0)
        await network.until(lambda: network.is_well(0))
        assert all(network.holds(0, blob) for blob in blobs)
        assert network.up(0).healing.sources.doubts.lies > 0

    run(scenario())
    needed = 6 * (4 + 6)
    assert sum(network.traffic.symbols.values()) < needed * 1.5, "who lied once is left alone"


def test_nothing_is_taken_in_that_was_not_asked_for() -> None:
    """However much a node sends, no more is kept in memory than was asked of it."""
    network = Neighbourhood(ONE_SHARD_EACH)
    encoded = encode(content(1), n_shards=10, threads=1)
    gathering = Gathering(encoded.metadata, Axis.SECONDARY, [SliverPairIndex(2)])
    member = network.contract.committees().current.members[0]
    source = Source(member, (SliverPairIndex(5), SliverPairIndex(6)))
    good = recovery_symbol(encoded.primary(5), 2, 10)
    size = gathering.accept(source, SliverPairIndex(2), good)
    assert size == 26 + 4 * 32
    other = recovery_symbol(encoded.primary(6), 2, 10)
    for target, symbol in [
        (2, good),  # again
        (3, other),  # for another sliver
        (2, recovery_symbol(encoded.primary(7), 2, 10)),  # from a pair of somebody else
        (2, recovery_symbol(encoded.secondary(6), 2, 10)),  # for the other axis
        (2, dataclasses.replace(other, index=SliverIndex(60_000))),
        (2, dataclasses.replace(other, data=other.data * 2)),
        (2, dataclasses.replace(other, proof=MerkleProof(other.proof.path * 2))),
    ]:
        with pytest.raises(VerificationError):
            gathering.accept(source, SliverPairIndex(target), symbol)
    assert gathering.shortage == 3
    assert gathering.accept(source, SliverPairIndex(2), other) == size


def test_who_hangs_is_waited_for_less_and_less() -> None:
    network = Neighbourhood(ONE_SHARD_EACH)

    async def scenario() -> None:
        blobs = await with_blobs(network, 40)
        await network.kill(0)
        network.lose_disk(0)
        network.hanging = {1, 2, 3}
        await network.start(0)
        await network.until(lambda: network.is_well(0), 120)
        assert all(network.holds(0, blob) for blob in blobs)
        assert network.up(0).healing.progress.failures == 0

    run(scenario())
    hung = [address for address, *_ in network.traffic.calls if address[4] in "123"]
    assert 0 < len(hung) <= 3 * 8 * 2, "by the blobs at work when it was found out, not by all"


def test_a_lost_shard_is_read_for_little_more_than_its_symbols() -> None:
    """Of 100 shards, with nodes of 14 or 15: the node's own slivers are sources, too."""
    network = Neighbourhood([100] * 7, n_shards=100)
    size = 3 << 20

    async def scenario() -> None:
        blobs = await with_blobs(network, 2, size)
        await network.kill(0)
        [lost, *rest] = network.shards(0)
        network.stores[0].delete_shard(lost)
        await network.start(0)
        await network.until(lambda: all(network.holds(0, blob) for blob in blobs))
        own = len(rest)
        assert network.traffic.symbols == {
            Axis.SECONDARY: 2 * (34 - own),
            Axis.PRIMARY: 2 * (67 - own - 1),
        }
        calls = network.traffic.calls
        assert len(calls) == len(set(calls)), "each node is asked once for a blob and an axis"
        needed = blobs[0].metadata.symbol_size * sum(network.traffic.symbols.values())
        assert network.traffic.size <= 1.2 * needed

    run(scenario())


def test_damage_is_healed() -> None:
    """Of one sliver, and of metadata that everything else depends on."""
    network = Neighbourhood([100] * 5)

    async def scenario() -> None:
        blob, other = await with_blobs(network, 2)
        shard = network.shards(0)[0]
        store, node = network.stores[0], network.up(0)
        store.delete_slivers([SliverKey(shard, Axis.PRIMARY, blob.metadata.blob_id)])
        node.wanted.add(blob.metadata.blob_id)
        await network.until(lambda: network.holds(0, blob))
        assert network.holds(0, other)
        assert network.traffic.symbols == {Axis.SECONDARY: 0, Axis.PRIMARY: 7 - 2}

    run(scenario())


def test_what_is_not_certified_or_gone_is_left_alone() -> None:
    network = Neighbourhood([100] * 5)

    async def scenario() -> None:
        [blob] = await with_blobs(network, 1)
        [object_id] = network.contract.purses[network.client.address].blobs
        await network.client.delete(object_id)
        await network.kill(0)
        network.lose_disk(0)
        await network.start(0)
        network.up(0).wanted.add(blob.metadata.blob_id)
        await network.until(lambda: network.is_well(0))
        assert network.stores[0].metadata(blob.metadata.blob_id) is None

    run(scenario())
    assert network.traffic.calls == []


def test_a_fresh_blob_is_left_to_its_uploader_for_a_while() -> None:
    """Node 0 was down while the blob came; what it lacks is healed, but not at once."""
    network = Neighbourhood(ONE_SHARD_EACH)

    async def scenario() -> None:
        await network.start()
        blob = await network.store(content(1), but=[0])
        await network.until(lambda: len(network.up(0).wanted) > 0)
        with pytest.raises(TimeoutError):
            await network.until(lambda: bool(network.traffic.calls), 2.5)
        await network.until(lambda: network.is_well(0), 5)
        assert network.holds(0, blob)

    run(scenario())
