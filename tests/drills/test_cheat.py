"""An encoder that cheats: what it had certified is found out, and invalidated on chain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from drills.drill import LOOK_SECONDS, Drill, content
from drills.purse import Purse, purses

from walrus_core import kernel
from walrus_core.codec.encoder import encode
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import InconsistentBlobError, InvalidBlobIdError
from walrus_core.protocol.certificate import CertificateBuilder
from walrus_core.protocol.committee import Committee, Member
from walrus_core.protocol.messages import Confirmation
from walrus_core.rpc.client import RpcPeers
from walrus_core.services.ports import NewBlob
from walrus_core.types import Axis, BlobId, SliverPairIndex

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]

SHORT, LONG = [50_000], [1, 50_000, 1_000_000, 20_000_000]

EPOCHS = 3
REGISTERED_SECONDS = 10.0  # for a node to learn of a registration
FOUND_OUT_SECONDS = 60.0


@dataclass(frozen=True)
class Cheat:
    """A blob one of whose primary slivers, `pair`'s, does not follow from the others, with metadata
    that commit to just that.
    """

    metadata: VerifiedMetadata
    slivers: dict[tuple[Axis, int], Sliver]
    pair: SliverPairIndex

    @property
    def blob_id(self) -> BlobId:
        return self.metadata.blob_id

    async def of(self, pairs: Sequence[SliverPairIndex]) -> AsyncIterator[Sliver]:
        for axis in Axis:
            for pair in pairs:
                yield self.slivers[axis, pair]


def cheat(blob: bytes, n_shards: int, pair: int) -> Cheat:
    encoded = encode(blob, n_shards)
    true = encoded.primary(pair)
    data = bytes(byte ^ 0x55 for byte in bytes(true.data))
    hashes = encoded.metadata.sliver_pair_hashes.copy()
    hashes[pair, 0] = memoryview(kernel.sliver_roots([data], n_shards, true.symbol_size))
    slivers = {
        (sliver.axis, int(each.index)): sliver
        for each in encoded.sliver_pairs()
        for sliver in (each.primary, each.secondary)
    }
    slivers[Axis.PRIMARY, pair] = Sliver(Axis.PRIMARY, true.index, true.symbol_size, data)
    metadata = VerifiedMetadata.of(len(blob), hashes.tobytes())
    return Cheat(metadata, slivers, SliverPairIndex(pair))


def test_found_out(drill: Drill) -> None:
    drill.run(_found_out(drill))


async def _found_out(drill: Drill) -> None:
    sizes = LONG if drill.is_long else SHORT
    async with purses(drill, 1) as [purse]:
        for number, size in enumerate(sizes):
            wrong = cheat(content(size, 800), drill.n_shards, pair=10 + 7 * number)
            async with _peers(drill) as peers:
                holder = await _certified(drill, purse, peers, wrong)
            if not drill.is_long:  # it looks for what it lacks when it starts, else later
                await drill.restart([holder])
            async with _peers(drill) as peers:
                await _invalidated(drill, purse, peers, wrong)
            await _told_to_readers(drill, wrong)


@asynccontextmanager
async def _peers(drill: Drill) -> AsyncIterator[RpcPeers]:
    peers = RpcPeers(drill.n_shards)
    try:
        yield peers
    finally:
        await peers.close()


async def _certified(drill: Drill, purse: Purse, peers: RpcPeers, wrong: Cheat) -> int:
    """Everyone but the holder of the sliver that is wrong gets all it should have; the number of
    that holder's node.
    """
    committee = await drill.network.committee()
    metadata = wrong.metadata
    size = metadata.unencoded_length
    encoded_size = metadata.config.encoded_size(size)
    blob = NewBlob(wrong.blob_id, metadata.root_hash, size, encoded_size)
    object_id = (await purse.chain.register(blob, EPOCHS)).object_id
    builder = CertificateBuilder(committee, Confirmation(committee.epoch, wrong.blob_id, object_id))
    holder = committee.holder_of_pair(wrong.blob_id, wrong.pair)
    for position, member in enumerate(committee.members):
        if member != holder:
            await _send(committee, member, peers, wrong)
            node = peers.node(member)
            signed = await node.confirmation(wrong.blob_id, object_id, REGISTERED_SECONDS)
            builder.add(position, signed)
    await purse.chain.certify(object_id, builder.certificate())
    async with asyncio.timeout(REGISTERED_SECONDS):
        while not (await peers.node(holder).status(wrong.blob_id)).deletable_certified:
            await asyncio.sleep(LOOK_SECONDS)
    addresses = [node.address for node in drill.network.nodes]
    return addresses.index(holder.network_address)


async def _send(committee: Committee, member: Member, peers: RpcPeers, wrong: Cheat) -> None:
    node = peers.node(member)
    await node.put_metadata(wrong.metadata, pending=True)
    pairs = committee.pairs_of(member, wrong.blob_id)
    await node.put_slivers(wrong.blob_id, wrong.of(pairs), pending=True)


async def _invalidated(drill: Drill, purse: Purse, peers: RpcPeers, wrong: Cheat) -> None:
    """The holder cannot recover its sliver; the others believe its proof, and so does the chain,
    whereupon they forget the blob.
    """
    started = time.perf_counter()
    async with asyncio.timeout(FOUND_OUT_SECONDS):
        while "InvalidBlobID" not in (events := await purse.events(wrong.blob_id)):
            await asyncio.sleep(LOOK_SECONDS)
        took = time.perf_counter() - started
        assert events.count("InvalidBlobID") == 1
        committee = await drill.network.committee()
        for member in committee.members:
            [pair, *_] = committee.pairs_of(member, wrong.blob_id)
            while (await peers.node(member).status(wrong.blob_id)).kind != "invalid":
                await asyncio.sleep(LOOK_SECONDS)
            with pytest.raises(InvalidBlobIdError):
                await peers.node(member).metadata(wrong.blob_id)
            with pytest.raises(InvalidBlobIdError):
                await anext(aiter(peers.node(member).slivers(wrong.blob_id, Axis.PRIMARY, [pair])))
    drill.tell(
        f"a cheat of {wrong.metadata.unencoded_length:,} bytes was invalidated on chain {took:.1f}"
        f" s after it was certified, forgotten by all nodes after"
        f" {time.perf_counter() - started:.1f} s"
    )


async def _told_to_readers(drill: Drill, wrong: Cheat) -> None:
    async with drill.client() as client:
        assert (await client.status(wrong.blob_id)).kind == "invalid"
        with pytest.raises(InconsistentBlobError, match="proven on chain"):
            await client.read(wrong.blob_id)
