"""A blob is stored: encoded, paid, sent to every node, confirmed and certified."""

import asyncio
from collections import Counter

import pytest
from services.uploader.town import Town, content
from simulation.loop import run

from walrus_core.codec.encoder import encode
from walrus_core.errors import InsufficientFundsError, InvalidArgumentError
from walrus_core.services.ports import Cost, NewBlob
from walrus_core.services.uploader import NodeState, Operation, Phase, StoreProgress, StoreTerms

WAYS = {
    "while it is registered": {},
    "after it is registered": {"optimistic": 0},
    "from a spool": {"optimistic": 0, "in_memory": 0},
    "sliver by sliver": {"optimistic": 0, "in_memory": 0, "in_flight": 1},
}


@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("deletable", [True, False])
def test_stores_a_blob(options: dict[str, int], deletable: bool) -> None:
    async def main() -> None:
        town, blob, progress = Town(), content(), StoreProgress()
        await town.open()
        uploader = town.uploader(**options)
        outcome = await uploader.store(blob, 3, StoreTerms(deletable), progress=progress)
        encoded = encode(blob, 10)
        assert outcome.blob_id == encoded.metadata.blob_id
        assert (outcome.size, outcome.epochs) == (len(blob), 3)
        assert outcome.operation is Operation.REGISTERED
        assert not outcome.resumed
        assert outcome.cost.total == town.price(blob, 3) == town.paid
        assert outcome.blob == await town.chain.blob(outcome.object_id)
        assert (outcome.certified_epoch, outcome.end_epoch) == (1, 4)
        assert outcome.blob.deletable is deletable
        assert outcome.gas > 0
        assert [node.state for node in outcome.nodes] == [NodeState.CONFIRMED] * 4
        assert sum(node.weight for node in outcome.nodes) == 10
        assert sum(node.slivers for node in outcome.nodes) == 20
        for i in range(4):
            assert town.lacking(i, outcome.blob_id) == 0
        seconds = outcome.seconds
        assert seconds.upload > 0
        assert seconds.total < 5
        assert progress.phase is Phase.DONE
        assert progress.sent == progress.to_send == sum(node.sent for node in outcome.nodes)
        assert progress.confirmed >= progress.needed == 7
        assert progress.object_id == outcome.object_id
        assert not town.journal.records

    run(main())


def test_each_sliver_is_sent_once() -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        await town.uploader().store(content(), 1)
        sent = Counter(place for gate in town.gates for place in gate.slivers)
        assert set(sent.values()) == {1}
        assert len(sent) == 20

    run(main())


def test_an_empty_blob() -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        outcome = await town.uploader().store(b"", 1)
        assert outcome.size == 0
        assert outcome.certified_epoch == 1

    run(main())


def test_what_is_stored_is_not_stored_again() -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        first = await town.uploader().store(blob, 3)
        town.forget_calls()
        for epochs in (3, 1):
            again = await town.uploader().store(blob, epochs)
            assert again.operation is Operation.CERTIFIED
            assert again.already_certified
            assert again.object_id == first.object_id
            assert (again.cost, again.gas, again.nodes) == (Cost(0, 0), 0, ())
        assert {call for gate in town.gates for call in gate.calls} == {"status"}
        assert town.paid == town.price(blob, 3)

    run(main())


def test_what_does_not_serve_is_stored_again() -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        await town.uploader().store(blob, 2)
        for outcome in (
            await town.uploader().store(blob, 3, StoreTerms(reuse_resources=False)),
            await town.uploader().store(blob, 2, StoreTerms(deletable=False)),
            await town.uploader().store(blob, 2, StoreTerms(force=True)),
        ):
            assert outcome.operation is Operation.REGISTERED
            assert sum(node.slivers for node in outcome.nodes) == 0  # the nodes have them
        assert len(await town.blobs()) == 4
        assert town.paid == 3 * town.price(blob, 2) + town.price(blob, 3)

    run(main())


def test_a_registration_that_is_not_certified_is_used() -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        metadata = encode(blob, 10).metadata
        size = metadata.config.encoded_size(len(blob))
        new = NewBlob(metadata.blob_id, metadata.root_hash, len(blob), size)
        registration = await town.chain.register(new, 4)
        outcome = await town.uploader().store(blob, 3)
        assert outcome.operation is Operation.REUSED
        assert outcome.object_id == registration.object_id
        assert outcome.cost == Cost(0, 0)
        assert outcome.certified_epoch == 1
        assert town.paid == registration.cost.total

    run(main())


def test_several_at_once() -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        uploader = town.uploader()
        blobs = [content(seed=seed % 3) for seed in range(6)]  # each twice
        outcomes = await asyncio.gather(*(uploader.store(blob, 1) for blob in blobs))
        assert Counter(outcome.operation for outcome in outcomes) == {
            Operation.REGISTERED: 3,
            Operation.CERTIFIED: 3,
        }
        assert len(await town.blobs()) == 3
        assert town.paid == 3 * town.price(blobs[0], 1)

    run(main())


@pytest.mark.parametrize("epochs", [0, -1, 54])
def test_epochs_that_cannot_be(epochs: int) -> None:
    async def main() -> None:
        town = Town()
        with pytest.raises(InvalidArgumentError, match="epochs"):
            await town.uploader().store(b"x", epochs)

    run(main())


def test_too_little_money() -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        poor = town.purse.coin
        rest = town.contract.ledger.coin.split(poor, poor.value - 1)
        with pytest.raises(InsufficientFundsError):
            await town.uploader().store(content(), 1)
        assert rest.value
        assert not await town.blobs()
        await asyncio.sleep(100)  # nothing goes on behind our back
        assert not town.journal.records

    run(main())
