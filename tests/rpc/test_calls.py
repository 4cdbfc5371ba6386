"""Every question there is, asked over a socket: what arrives is what was said."""

from collections.abc import AsyncIterator, Iterable

import pytest
from rpc.memory_node import EPOCH, HEALTH, KEYS, PEER_KEYS, STATUS, MemoryNode
from rpc.serving import N_SHARDS, SERVER, in_loop, served

from walrus_core.codec.encoder import EncodedBlob
from walrus_core.codec.recovery import InconsistencyProof, recover_sliver
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import VerificationError
from walrus_core.protocol.messages import Confirmation, SyncShardRequest
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.rpc.server import ServerOptions
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.services.node_api import BlobStatus, Holdings, StoredStatus
from walrus_core.types import Axis, BlobId, SliverPairIndex

PAIRS = [SliverPairIndex(pair) for pair in range(N_SHARDS)]


async def each(items: Iterable[Sliver]) -> AsyncIterator[Sliver]:
    for item in items:
        yield item


def slivers_of(blob: EncodedBlob) -> list[Sliver]:
    return [one for pair in blob.sliver_pairs() for one in (pair.primary, pair.secondary)]


@in_loop
async def test_a_blob_goes_there_and_comes_back(blob: EncodedBlob, tls: bool) -> None:
    blob_id = blob.metadata.blob_id
    node = MemoryNode([blob_id])
    async with served(node, tls=tls) as way:
        assert await way.node.holdings(blob_id) == Holdings(StoredStatus.NONEXISTENT)
        assert await way.node.put_metadata(blob.metadata) is StoredStatus.NONEXISTENT
        assert await way.node.put_metadata(blob.metadata) is StoredStatus.STORED
        assert await way.node.put_slivers(blob_id, each(slivers_of(blob))) == 2 * N_SHARDS
        found = await way.node.metadata(blob_id)
        assert found.to_bcs_with_id() == blob.metadata.to_bcs_with_id()
        everything = frozenset(PAIRS)
        held = Holdings(StoredStatus.STORED, everything, everything)
        assert await way.node.holdings(blob_id) == held
        for axis in Axis:
            wanted = [PAIRS[5], PAIRS[0], PAIRS[3]]
            slivers = [one async for one in way.node.slivers(blob_id, axis, wanted)]
            assert slivers == [node.held[blob_id, axis, pair] for pair in wanted]


@in_loop
async def test_pending_goes_along(blob: EncodedBlob) -> None:
    blob_id = blob.metadata.blob_id
    async with served(MemoryNode()) as way:
        await way.node.put_metadata(blob.metadata, pending=True)
        slivers = each(slivers_of(blob)[:3])
        assert await way.node.put_slivers(blob_id, slivers, pending=True) == 3


@in_loop
async def test_slivers_larger_than_a_message(
    large_blob: EncodedBlob, large_shards: int, tls: bool
) -> None:
    blob_id = large_blob.metadata.blob_id
    node = MemoryNode([blob_id])
    async with served(node, tls=tls, options=ServerOptions(n_shards=large_shards)) as way:
        await way.node.put_metadata(large_blob.metadata)
        sent = slivers_of(large_blob)[:9]
        assert await way.node.put_slivers(blob_id, each(sent)) == 9
        for axis in Axis:
            wanted = [SliverPairIndex(pair) for pair in range(6)]  # of which five are there
            found = [one async for one in way.node.slivers(blob_id, axis, wanted)]
            assert found == [one for one in sent if one.axis is axis]


@in_loop
async def test_small_slivers_share_a_message(blob: EncodedBlob) -> None:
    node = MemoryNode()
    node.fill(blob)
    async with served(node) as way:
        request = pb.GetSliversRequest(
            blob_id=blob.metadata.blob_id.digest, axis=pb.AXIS_PRIMARY, sliver_pair_indices=PAIRS
        )
        messages = [one async for one in way.raw.GetSlivers(request)]
        assert [len(one.pieces) for one in messages] == [N_SHARDS]


@in_loop
async def test_confirmations_name_the_object(blob: EncodedBlob) -> None:
    node = MemoryNode()
    node.fill(blob)
    blob_id = blob.metadata.blob_id
    async with served(node) as way:
        for object_id in (None, b"o" * 32):
            signed = await way.node.confirmation(blob_id, object_id, wait=0.25)
            assert signed.verify(KEYS.public_key) == Confirmation(EPOCH, blob_id, object_id)


@pytest.mark.parametrize("axis", Axis)
def test_symbols_rebuild_a_sliver(blob: EncodedBlob, axis: Axis) -> None:
    @in_loop
    async def run() -> None:
        node = MemoryNode()
        node.fill(blob)
        blob_id, targets = blob.metadata.blob_id, [PAIRS[4], PAIRS[1]]
        async with served(node) as way:
            symbols = way.node.recovery_symbols(blob_id, axis, targets, PAIRS)
            found = [one async for one in symbols]
        assert len(found) == len(targets) * N_SHARDS
        for target in targets:
            some = [symbol for pair, symbol in found if pair == target]
            rebuilt = recover_sliver(blob.metadata, axis, target, some)
            assert rebuilt == node.held[blob_id, axis, target]

    run()


@in_loop
async def test_a_proof_that_proves_nothing(blob: EncodedBlob) -> None:
    """It arrives whole: what it says is what the node refuses."""
    node = MemoryNode()
    node.fill(blob)
    blob_id, axis = blob.metadata.blob_id, Axis.SECONDARY
    async with served(node) as way:
        symbols = way.node.recovery_symbols(blob_id, axis, PAIRS[:1], PAIRS[:3])
        target = node.held[blob_id, axis, PAIRS[0]].index
        proof = InconsistencyProof(axis, target, tuple([one async for _, one in symbols]))
        with pytest.raises(VerificationError, match="prove no inconsistency"):
            await way.node.attest_inconsistency(blob_id, proof)


@in_loop
async def test_a_shard_is_handed_over(blob: EncodedBlob) -> None:
    node = MemoryNode()
    node.fill(blob)
    request = SyncShardRequest(EPOCH, 3, Axis.PRIMARY, BlobId(bytes(32)), 1000)
    signed = SignedMessage.sign(PEER_KEYS, request)
    async with served(node) as way:
        found = [one async for one in way.node.sync_shard(signed, PEER_KEYS.public_key)]
        assert [blob_id for blob_id, _ in found] == [blob.metadata.blob_id]
        assert found[0][1] in node.held.values()


@in_loop
async def test_status_and_health(blob: EncodedBlob, tls: bool) -> None:
    blob_id = blob.metadata.blob_id
    async with served(MemoryNode([blob_id]), tls=tls, options=SERVER) as way:
        assert await way.node.health() == HEALTH
        assert await way.node.status(blob_id) == STATUS
        assert await way.node.status(BlobId(bytes(32))) == BlobStatus("nonexistent")
        methods = ["GetNodeHealth", "GetBlobStatus", "GetBlobStatus"]
        assert way.calls.made == [(method, "OK") for method in methods]
