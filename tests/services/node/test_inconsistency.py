"""An encoder that cheats is found out by whoever heals, believed by the others, and invalidated."""

from __future__ import annotations

import pytest
from services.node.neighbourhood import Neighbourhood, Stored
from simulation.loop import run

from walrus_core import kernel
from walrus_core.codec.encoder import encode
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof, recover_sliver
from walrus_core.codec.slivers import Sliver, verify_slivers
from walrus_core.codec.symbols import recovery_symbol
from walrus_core.errors import (
    InconsistentBlobError,
    InvalidBlobIdError,
    MetadataNotFoundError,
    NotEnoughWeightError,
    VerificationError,
)
from walrus_core.protocol.messages import InvalidBlobId
from walrus_core.types import Axis, BlobId, SliverPairIndex, pair_to_shard

N_SHARDS = 10
CONTENT = bytes(range(256)) * 3


def misencoded(pair: int = 9) -> Stored:
    """A blob whose metadata commit to a primary sliver that does not follow from the others."""
    encoded = encode(CONTENT, n_shards=N_SHARDS, threads=1)
    wrong = encoded.primary(pair)
    data = bytes(wrong.data[::-1])
    pair_hashes = encoded.metadata.sliver_pair_hashes.copy()
    root = kernel.sliver_roots([data], N_SHARDS, wrong.symbol_size)
    pair_hashes[pair, 0] = memoryview(root)
    metadata = VerifiedMetadata.of(len(CONTENT), pair_hashes.tobytes())
    slivers: dict[tuple[Axis, SliverPairIndex], Sliver] = {
        (sliver.axis, each.index): sliver
        for each in encoded.sliver_pairs()
        for sliver in (each.primary, each.secondary)
    }
    slivers[Axis.PRIMARY, SliverPairIndex(pair)] = Sliver(
        Axis.PRIMARY, wrong.index, wrong.symbol_size, data
    )
    verified = verify_slivers(
        metadata, [Sliver(s.axis, s.index, s.symbol_size, s.data) for s in slivers.values()]
    )
    return Stored(metadata, dict(zip(slivers, verified, strict=True)))


def proof_of(blob: Stored, pair: int = 9) -> InconsistencyProof:
    symbols = [
        recovery_symbol(blob.slivers[Axis.SECONDARY, SliverPairIndex(each)], pair, N_SHARDS)
        for each in range(N_SHARDS)
    ]
    with pytest.raises(InconsistentBlobError) as caught:
        recover_sliver(blob.metadata, Axis.PRIMARY, pair, symbols)
    proof = caught.value.proof
    assert isinstance(proof, InconsistencyProof)
    return proof


def victim(network: Neighbourhood, blob_id: BlobId, pair: int = 9) -> int:
    """The node that holds the sliver which does not fit."""
    shard = pair_to_shard(blob_id, pair, N_SHARDS)
    return next(i for i in range(len(network.ids)) if shard in network.shards(i))


def test_a_cheat_is_found_out_and_invalidated() -> None:
    network = Neighbourhood([100] * 10)
    blob = misencoded()
    blob_id = blob.metadata.blob_id

    async def scenario() -> None:
        await network.start()
        i = victim(network, blob_id)
        await network.publish(blob, but=[i])
        await network.until(lambda: network.up(i).inconsistency.convinced == 1)
        for store in network.stores:
            await network.until(lambda store=store: store.metadata(blob_id) is None)
            record = store.record(blob_id)
            assert record is not None
            assert record.is_invalid
        with pytest.raises(InvalidBlobIdError):
            await network.up(0).metadata(blob_id)
        assert (await network.up(i).status(blob_id)).kind == "invalid"
        before = len(network.traffic.calls)
        await network.until(lambda: len(network.up(i).wanted) == 0)
        assert len(network.traffic.calls) == before, "nothing more is done for it"
        told = [event.name for event in network.contract.events(0)]
        assert told.count("InvalidBlobID") == 1

    run(scenario())


def test_until_enough_are_up_nothing_is_said_and_then_it_is() -> None:
    """The one that lacks a sliver and two others are up: three shards where four must sign."""
    network = Neighbourhood([100] * 10)
    blob = misencoded()

    async def scenario() -> None:
        await network.start()
        i = victim(network, blob.metadata.blob_id)
        await network.publish(blob, but=[i])
        proof = proof_of(blob)
        others = [each for each in range(10) if each != i]
        node = network.up(i)
        await network.kill(*others[2:])
        await node.put_metadata(blob.metadata)
        with pytest.raises(NotEnoughWeightError, match="3 < 4 shards"):
            await node.inconsistency.convince(blob.metadata.blob_id, proof)
        await network.start(*others[2:])
        await network.until(lambda: node.inconsistency.convinced == 1)

    run(scenario())


def test_only_true_proofs_are_attested() -> None:
    network = Neighbourhood([100] * 4)
    blob = misencoded()

    async def scenario() -> None:
        await network.start()
        honest = await network.store(CONTENT)
        node, proof = network.up(1), proof_of(blob)
        with pytest.raises(MetadataNotFoundError):
            await node.attest_inconsistency(blob.metadata.blob_id, proof)
        with pytest.raises(VerificationError):
            await node.attest_inconsistency(honest.metadata.blob_id, proof)
        await network.publish(blob)
        signed = await node.attest_inconsistency(blob.metadata.blob_id, proof)
        message = signed.verify(network.keys[1].public_key)
        assert message == InvalidBlobId(1, blob.metadata.blob_id)
        short = InconsistencyProof(proof.axis, proof.target_index, proof.symbols[:-1])
        with pytest.raises(VerificationError, match="symbols != 7"):
            await node.attest_inconsistency(blob.metadata.blob_id, short)

    run(scenario())
