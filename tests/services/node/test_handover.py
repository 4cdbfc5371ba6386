"""Shards change hands with the epoch: fetched, resumed, recovered, served to the right one only."""

from __future__ import annotations

import asyncio
import dataclasses
import random

import pytest
from services.node.neighbourhood import Bend, Neighbourhood, Stored
from simulation.loop import run

from walrus_core.codec.slivers import Sliver
from walrus_core.errors import (
    InvalidArgumentError,
    InvalidEncodingError,
    ShardNotAssignedError,
    SignatureError,
    UnauthorizedError,
    WrongEpochError,
)
from walrus_core.protocol.messages import InvalidBlobId, SyncShardRequest
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node_api import ShardStatus
from walrus_core.types import Axis, BlobId, ShardIndex, SliverPairIndex

EPOCH_SECONDS = 60.0


class Change:
    """Five nodes with two shards each, of which node 0 has four in the epoch after this one."""

    def __init__(self) -> None:
        self.network = Neighbourhood([100] * 5, epoch_seconds=EPOCH_SECONDS)
        self.blobs: list[Stored] = []
        self.before: list[tuple[ShardIndex, ...]] = []

    async def begin(self, n_blobs: int = 4) -> None:
        """Everybody has the blobs."""
        network = self.network
        await network.start()
        for number in range(n_blobs):
            self.blobs.append(await network.store(random.Random(number).randbytes(700)))
        network.contract.stake(network.ids[0], 200)
        self.before = [network.shards(i) for i in range(5)]

    @property
    def gained(self) -> list[ShardIndex]:
        return [shard for shard in self.network.shards(0) if shard not in self.before[0]]

    @property
    def givers(self) -> list[int]:
        """Who held these, in their order."""
        return [i for shard in self.gained for i in range(5) if shard in self.before[i]]

    def is_done(self) -> bool:
        """Whether a quorum has its shards by the contract, and everybody up by its store."""
        network = self.network
        return network.contract.committees().phase != "sync" and all(
            network.is_well(i) and network.holds(i, blob)
            for i in range(5)
            for blob in self.blobs
            if network.nodes[i] is not None
        )

    def received(self) -> int:
        """Bytes that came to node 0 by handover."""
        return self.network.up(0).handover.received


def test_shards_are_fetched_from_their_holders_and_deleted_there_later() -> None:
    change = Change()
    network = change.network

    async def scenario() -> None:
        await change.begin()
        await network.turn_epoch()
        assert len(change.gained) == 2
        assert network.contract.committees().phase == "sync"
        await network.until(change.is_done)
        assert network.traffic.handed_over == 2 * 2 * len(change.blobs)
        assert change.received() == 2 * len(change.blobs) * (4 + 7) * 26
        assert network.traffic.calls == [], "nothing had to be rebuilt"
        shard, giver = change.gained[0], change.givers[0]
        old = network.up(giver)
        assert old.membership.statuses[shard] is ShardStatus.READ_ONLY
        assert shard in network.stores[giver].usage().shards
        await network.until(lambda: shard not in old.membership.statuses, 60)
        assert network.stores[giver].usage().shards.get(shard) is None or not list(
            network.stores[giver].slivers_of(shard, Axis.PRIMARY)
        )

    run(scenario())


def test_a_transfer_cut_by_a_crash_goes_on_where_it_was() -> None:
    change = Change()
    network = change.network
    network.limits = dataclasses.replace(
        network.limits, healing=dataclasses.replace(network.limits.healing, page_bytes=1)
    )

    async def scenario() -> None:
        await change.begin(12)
        network.traffic.hold_after = 17
        await network.turn_epoch()
        await network.until(lambda: network.traffic.handed_over == 17)
        await network.kill(0)
        network.traffic.hold_after = None
        await network.start(0)
        assert ShardStatus.IN_TRANSFER in network.up(0).membership.statuses.values()
        await network.until(change.is_done)
        total = 2 * 2 * len(change.blobs)
        assert network.traffic.handed_over == total, "what was stored came only once"
        assert network.traffic.calls == []

    run(scenario())


def test_shards_of_a_dead_holder_are_recovered() -> None:
    """It dies for good before the change; what it gave away comes from the symbols of others."""
    change = Change()
    network = change.network

    async def scenario() -> None:
        await change.begin()
        await asyncio.sleep(EPOCH_SECONDS / 2)
        network.contract.turn()
        following = network.contract.ledger.state.staking.next_committee
        [dead, *_] = [i for i in range(1, 5) if len(following.shards(network.ids[i])) < 2]
        await network.kill(dead)
        await asyncio.sleep(EPOCH_SECONDS / 2)
        network.contract.turn()
        await network.until(change.is_done)
        rebuilt = network.up(0).healing.progress.slivers
        given = change.givers.count(dead)
        assert rebuilt == 2 * given * len(change.blobs) > 0

    run(scenario())


def reversed_data(_: BlobId, sliver: Sliver) -> Sliver:
    data = bytes(sliver.data[::-1])
    return Sliver(sliver.axis, sliver.index, sliver.symbol_size, data)


def left_out(blob_id: BlobId, sliver: Sliver) -> Sliver | None:
    return sliver if blob_id.digest[0] % 2 else None


@pytest.mark.parametrize("bend", [reversed_data, left_out])
def test_what_a_holder_falsifies_or_leaves_out_is_recovered(bend: Bend) -> None:
    change = Change()
    network = change.network

    async def scenario() -> None:
        await change.begin(6)
        network.bends = dict.fromkeys(range(1, 5), bend)
        await network.turn_epoch()
        await network.until(change.is_done)
        missing = [
            each
            for each in change.blobs
            for sliver in [each.slivers[Axis.PRIMARY, SliverPairIndex(0)]]
            if bend(each.metadata.blob_id, sliver) != sliver
        ]
        assert network.up(0).healing.progress.slivers == 2 * 2 * len(missing) > 0
        assert (network.up(0).handover.sources.doubts.lies > 0) == (bend is reversed_data)

    run(scenario())


def test_a_node_that_joins_gets_metadata_too() -> None:
    network = Neighbourhood([100] * 4 + [0], epoch_seconds=EPOCH_SECONDS)

    async def scenario() -> None:
        await network.start()
        blobs = [await network.store(random.Random(number).randbytes(700)) for number in range(3)]
        assert network.shards(4) == ()
        network.contract.stake(network.ids[4], 100)
        await network.turn_epoch()
        assert len(network.shards(4)) == 2
        await network.until(lambda: all(network.holds(4, blob) for blob in blobs))
        await network.until(lambda: network.is_well(4))
        assert network.traffic.calls == []

    run(scenario())


def test_only_the_present_holder_is_served() -> None:
    change = Change()
    network = change.network

    async def scenario() -> None:
        await change.begin()
        await network.turn_epoch()
        await network.until(change.is_done)
        shard, node = change.gained[0], network.up(change.givers[0])
        stranger = next(i for i in range(1, 5) if i != change.givers[0])

        async def ask(request: object, signer: int = 0, claimed: int | None = None) -> int:
            signed = SignedMessage.sign(network.keys[signer], request)  # type: ignore[arg-type]
            key = network.keys[signer if claimed is None else claimed].public_key
            return len([item async for item in node.sync_shard(signed, key)])

        first, last = BlobId(bytes(32)), BlobId(b"\xff" * 32)
        good = SyncShardRequest(2, shard, Axis.PRIMARY, first, 1000)
        assert await ask(good) == len(change.blobs)
        assert await ask(dataclasses.replace(good, sliver_count=3)) == 3
        assert await ask(dataclasses.replace(good, starting_blob_id=last)) == 0
        for error, request, signer, claimed in [
            (UnauthorizedError, good, stranger, None),
            (SignatureError, good, stranger, 0),
            (WrongEpochError, dataclasses.replace(good, epoch=1), 0, None),
            (WrongEpochError, dataclasses.replace(good, epoch=3), 0, None),
            (InvalidArgumentError, dataclasses.replace(good, sliver_count=100_001), 0, None),
            (InvalidArgumentError, dataclasses.replace(good, shard=10), 0, None),
            (InvalidEncodingError, InvalidBlobId(2, first), 0, None),
            (ShardNotAssignedError, dataclasses.replace(good, shard=network.shards(0)[0]), 0, None),
        ]:
            with pytest.raises(error):
                await ask(request, signer, claimed)

    run(scenario())
