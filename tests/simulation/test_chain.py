"""The simulated chain by itself: rules, money, and what bad weather does."""

from __future__ import annotations

import asyncio
import random

import pytest
from simulation.chain import SimChain, SimNodeChain, SimReader, Weather
from simulation.contract import Contract
from simulation.loop import run

from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.errors import Abort, TransactionUnknownError
from walrus_core.protocol.certificate import Certificate, CertificateBuilder
from walrus_core.protocol.keys import KeyPair
from walrus_core.protocol.messages import Confirmation
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.ports import NewBlob
from walrus_core.types import Epoch

N_SHARDS = 10
KEYS = [KeyPair(bytes(31) + bytes([number])) for number in range(1, 5)]
ALICE = b"a" * 32


def founded(**settings: float) -> Contract:
    """A contract in epoch 1, with four nodes of equal stake."""
    contract = Contract(N_SHARDS, **settings)
    for number, key in enumerate(KEYS):
        contract.add_node(key, f"node{number}:9185", 100)
    contract.begin()
    return contract


def new_blob(content: bytes = b"some bytes") -> NewBlob:
    metadata: VerifiedMetadata = compute_metadata(content, N_SHARDS)
    size = metadata.config.encoded_size(len(content))
    return NewBlob(metadata.blob_id, metadata.root_hash, len(content), size)


def certificate(contract: Contract, blob: NewBlob, object_id: bytes) -> Certificate:
    """Three of the four nodes confirm."""
    committee = contract.committees().current
    message = Confirmation(committee.epoch, blob.blob_id, object_id)
    builder = CertificateBuilder(committee, message)
    keys = {key.public_key: key for key in KEYS}
    for position, member in enumerate(committee.members[:3]):
        builder.add(position, SignedMessage.sign(keys[member.public_key], message))
    return builder.certificate()


def test_a_blob_lives() -> None:
    contract = founded()

    async def life() -> None:
        chain, blob = SimChain(contract, ALICE), new_blob()
        before = contract.purses[ALICE].coin.value
        registration = await chain.register(blob, 3)
        assert registration.cost.total == before - contract.purses[ALICE].coin.value == 16
        receipt = await chain.certify(
            registration.object_id, certificate(contract, blob, registration.object_id)
        )
        assert [event.name for event in receipt.events] == ["BlobCertified"]
        await chain.extend(registration.object_id, 2)
        [found] = await chain.blobs()
        assert (found.certified_epoch, found.storage.end_epoch) == (1, 6)
        await chain.set_attributes(found.object_id, {"a": "b"})
        assert await chain.attributes(found.object_id) == {"a": "b"}
        await chain.delete(found.object_id)
        names = [event.name async for event in SimReader(contract).events()]
        assert names[-4:] == ["BlobRegistered", "BlobCertified", "BlobCertified", "BlobDeleted"]

    run(life())


def test_a_wrong_certificate_is_refused() -> None:
    contract = founded()

    async def life() -> None:
        chain, blob = SimChain(contract, ALICE), new_blob()
        registration = await chain.register(blob, 3)
        other = certificate(contract, new_blob(b"others"), registration.object_id)
        with pytest.raises(Abort):
            await chain.certify(registration.object_id, other)

    run(life())


def test_epochs_turn_when_nodes_report() -> None:
    contract = founded(epoch_seconds=100)

    async def life() -> None:
        driver = asyncio.create_task(contract.turn_epochs())
        nodes = [SimNodeChain(contract, node_id) for node_id in contract.caps]
        await asyncio.sleep(60)
        assert (await nodes[0].state()).phase == "selected"
        await asyncio.sleep(41)
        committees = await nodes[0].committees()
        assert (committees.epoch, committees.phase) == (2, "sync")
        assert committees.previous is not None
        for node in nodes:
            await node.report_shards(Epoch(2))
            await node.report_shards(Epoch(2))
        assert (await nodes[0].committees()).phase == "done"
        driver.cancel()

    run(life())


@pytest.mark.parametrize("fate", ["unanswered", "lost", "late"])
def test_a_lost_answer_is_settled_and_paid_once(fate: str) -> None:
    contract = founded()

    async def life() -> None:
        weather = Weather(random.Random(1), longest=0.1, **{fate: 1.0})
        chain, kept = SimChain(contract, ALICE, weather), []

        async def keep(signed: bytes) -> None:
            kept.append(signed)

        with pytest.raises(TransactionUnknownError):
            await chain.register(new_blob(), 3, keep)
        calm = SimChain(contract, ALICE)
        [signed] = kept
        first = await calm.settle(signed)
        assert first is not None
        assert await calm.settle(signed) == first
        await asyncio.sleep(100)
        assert len(await calm.blobs()) == 1

    run(life())


def test_what_was_signed_is_void_once_the_coins_are_spent() -> None:
    contract = founded()

    async def life() -> None:
        weather, kept = Weather(random.Random(1), lost=1.0), []

        async def keep(signed: bytes) -> None:
            kept.append(signed)

        with pytest.raises(TransactionUnknownError):
            await SimChain(contract, ALICE, weather).register(new_blob(), 3, keep)
        calm = SimChain(contract, ALICE)
        await calm.register(new_blob(b"others"), 3)
        assert await calm.settle(kept[0]) is None

    run(life())
