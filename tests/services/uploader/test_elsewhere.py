"""What somebody else has stored for good is not paid for again."""

import asyncio
from typing import Any

import pytest
from services.uploader.gates import idle
from services.uploader.town import Town, content
from simulation.loop import run

from walrus_core.codec.encoder import encode
from walrus_core.errors import InvalidBlobIdError, NotEnoughConfirmationsError
from walrus_core.services.node_api import BlobStatus
from walrus_core.services.ports import Cost
from walrus_core.services.uploader import Operation, StoreTerms
from walrus_core.types import BlobId, Epoch


class Liar:
    """A node that tells of a blob what is not so."""

    def __init__(self, node: Any, status: BlobStatus) -> None:
        self._node = node
        self._status = status

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    async def status(self, _: BlobId) -> BlobStatus:
        return self._status


async def town_with(blob: bytes, epochs: int, *, deletable: bool) -> Town:
    """Where a stranger has stored this."""
    town = Town()
    await town.open()
    await town.stranger().store(blob, epochs, StoreTerms(deletable))
    await asyncio.sleep(5)  # nodes hear of it
    return town


@pytest.mark.parametrize("epochs", [1, 3])
def test_permanent_for_long_enough(epochs: int) -> None:
    async def main() -> None:
        blob = content()
        town = await town_with(blob, 3, deletable=False)
        town.forget_calls()
        outcome = await town.uploader().store(blob, epochs, StoreTerms(deletable=False))
        assert outcome.already_certified
        assert (outcome.blob, outcome.object_id, outcome.certificate) == (None, None, None)
        assert (outcome.certified_epoch, outcome.end_epoch) == (1, 4)
        assert (outcome.cost, outcome.gas, town.paid) == (Cost(0, 0), 0, 0)
        told = await town.nodes.up(0).status(outcome.blob_id)
        assert outcome.event == told.event is not None
        assert {call for gate in town.gates for call in gate.calls} == {"status"}
        assert not town.journal.records

    run(main())


@pytest.mark.parametrize(
    ("epochs", "terms"),
    [
        (4, {}),
        (3, {"force": True}),
        (3, {"attributes": {"a": "b"}}),  # which need an object of the wallet's
        (3, {"deletable": True}),
    ],
    ids=["not long enough", "forced", "with attributes", "deletable"],
)
def test_what_is_wanted_all_the_same(epochs: int, terms: dict[str, Any]) -> None:
    async def main() -> None:
        blob = content()
        town = await town_with(blob, 3, deletable=False)
        outcome = await town.uploader().store(
            blob, epochs, StoreTerms(**{"deletable": False} | terms)
        )
        assert outcome.operation is Operation.REGISTERED
        assert outcome.blob is not None
        assert outcome.end_epoch == 1 + epochs
        assert town.paid == town.price(blob, epochs)

    run(main())


def test_what_its_owner_may_delete_does_not_count() -> None:
    async def main() -> None:
        blob = content()
        town = await town_with(blob, 5, deletable=True)
        outcome = await town.uploader().store(blob, 3)
        assert outcome.operation is Operation.REGISTERED
        assert town.paid == town.price(blob, 3)

    run(main())


def test_what_is_not_certified_does_not_count() -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        for gate in town.gates[2:]:
            gate.before = idle
        with pytest.raises(NotEnoughConfirmationsError):
            await town.stranger().store(blob, 5, StoreTerms(deletable=False))
        for gate in town.gates:
            gate.before = None
        await asyncio.sleep(5)
        blob_id = encode(blob, town.n_shards).metadata.blob_id
        assert (await town.nodes.up(0).status(blob_id)).kind == "permanent"
        outcome = await town.uploader().store(blob, 3, StoreTerms(deletable=False))
        assert outcome.operation is Operation.REGISTERED
        assert town.paid == town.price(blob, 3)

    run(main())


LIES = {
    "permanent": BlobStatus("permanent", Epoch(50), is_certified=True),
    "invalid": BlobStatus("invalid"),
    "nonexistent": BlobStatus("nonexistent"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_third_that_lies_is_not_believed(lie: BlobStatus) -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        town.gates[0].node = Liar(town.gates[0].node, lie)  # 3 of 10 shards
        outcome = await town.uploader().store(blob, 2)
        assert outcome.operation is Operation.REGISTERED
        again = await town.uploader().store(blob, 2)
        assert again.operation is Operation.CERTIFIED
        assert again.object_id == outcome.object_id
        assert town.paid == town.price(blob, 2)

    run(main())


def test_invalid_blobs_are_not_paid_for() -> None:
    """More than a third know it: so it is true."""

    async def main() -> None:
        town = Town()
        await town.open()
        for gate in town.gates:
            gate.node = Liar(gate.node, BlobStatus("invalid"))
        with pytest.raises(InvalidBlobIdError):
            await town.uploader().store(content(), 2)
        assert town.paid == 0

    run(main())


def test_nodes_that_are_slow_to_say_what_they_know_hold_nothing_up() -> None:
    async def main() -> None:
        blob = content()
        town = await town_with(blob, 3, deletable=False)

        async def slow(call: str) -> None:
            await asyncio.sleep(3 if call == "status" else 0)

        for gate in town.gates:
            gate.before = slow
        begun = asyncio.get_running_loop().time()
        outcome = await town.uploader(status_timeout=0.5).store(blob, 3)
        assert outcome.operation is Operation.REGISTERED
        assert asyncio.get_running_loop().time() - begun < 3
        assert town.paid == town.price(blob, 3)

    run(main())


def test_our_own_permanent_blob_is_known_by_its_object_and_its_event() -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        first = await town.uploader().store(blob, 3, StoreTerms(deletable=False))
        await asyncio.sleep(5)
        again = await town.uploader().store(blob, 3, StoreTerms(deletable=False))
        assert again.already_certified
        assert again.blob == first.blob
        assert again.event is not None
        assert town.paid == town.price(blob, 3)

    run(main())
