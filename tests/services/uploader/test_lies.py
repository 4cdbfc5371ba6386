"""Nodes that lie: too few of them change nothing, and nobody believes them."""

import random

import pytest
from services.uploader.gates import refusing
from services.uploader.town import Town, content
from simulation.loop import run

from walrus_core.errors import InvalidBlobIdError, NotEnoughConfirmationsError
from walrus_core.localnet.network.lies import Liar, Lie
from walrus_core.services.uploader import NodeState

BAD = 3
"""The node that lies, with two or three of ten shards."""


@pytest.mark.parametrize("lie", Lie)
def test_a_liar(lie: Lie) -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        keys = town.nodes.keys
        liar = Liar(town.nodes.up(BAD), lie, random.Random(2), keys[BAD])
        town.gates[BAD].node = liar
        outcome = await town.uploader().store(content(), 1)
        assert outcome.certified_epoch == 1
        state = town.result(outcome, BAD).state
        if lie in (Lie.STALE, Lie.FOREIGN, Lie.HANG, Lie.TRICKLE, Lie.ABSENT):
            assert state is not NodeState.CONFIRMED
        for i in range(3):
            assert town.lacking(i, outcome.blob_id) == 0

    run(main())


@pytest.mark.parametrize("lie", [Lie.STALE, Lie.FOREIGN])
def test_false_signatures_do_not_count(lie: Lie) -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        for i in (2, 3):
            key = town.nodes.keys[i]
            town.gates[i].node = Liar(town.nodes.up(i), lie, random.Random(i), key)
        with pytest.raises(NotEnoughConfirmationsError) as caught:
            await town.uploader(patience=5).store(content(), 1)
        assert (caught.value.needed, caught.value.got) == (7, 6)
        [blob] = await town.blobs()
        assert blob.certified_epoch is None
        assert f"0x{blob.object_id.hex()}" in str(caught.value)

    run(main())


@pytest.mark.parametrize("n_told", [1, 2, 4])
def test_a_blob_that_is_said_to_be_invalid(n_told: int) -> None:
    """Who has less than a third of the shards is not believed."""

    async def main() -> None:
        town = Town()
        await town.open()
        for gate in town.gates[:n_told]:
            gate.before = refusing(InvalidBlobIdError("x"))
        if n_told == 1:
            assert (await town.uploader().store(content(), 1)).certified_epoch == 1
        else:
            with pytest.raises(InvalidBlobIdError):
                await town.uploader().store(content(), 1)

    run(main())
