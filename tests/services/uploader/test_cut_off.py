"""A `store` that is killed, wherever it is: the next one goes on, and nothing is paid twice."""

import asyncio
from typing import Any

import pytest
from services.uploader.clockwork import Clockwork, counted
from services.uploader.gates import idle
from services.uploader.town import Town, content
from simulation.chain import SimChain, Weather
from simulation.loop import run

from walrus_core.errors import (
    ChainUnavailableError,
    StorageError,
    TransactionUnknownError,
    WalrusCoreError,
)
from walrus_core.services.uploader import StoreRecord, unfinished
from walrus_core.services.uploader.record import record_name


async def killed(town: Town, clockwork: Clockwork, **options: Any) -> bool:
    """Whether the store was killed; else it came to its end."""
    uploader = counted(town.uploader(**options), clockwork)
    clockwork.victim = asyncio.ensure_future(uploader.store(content(), 2))
    await asyncio.wait([clockwork.victim])
    if clockwork.victim.cancelled():
        return True
    assert clockwork.victim.result().certified_epoch == 1
    return False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("optimistic", [0, 4 << 20])
def test_killed_at_each_step(optimistic: int, after: bool) -> None:
    async def main() -> None:
        seen: set[str] = set()
        for stop in range(1000):
            town = Town()
            await town.open()
            clockwork = Clockwork(stop, after=after)
            if not await killed(town, clockwork, optimistic=optimistic):
                break
            seen.add(clockwork.steps[stop])
            was_paid = town.paid
            assert not was_paid or len(await unfinished(town.journal)) == 1 or _certified(town)
            town.forget_calls()
            lacking = await _lacking(town)
            outcome = await town.uploader(optimistic=optimistic).store(content(), 2)
            assert outcome.certified_epoch == 1
            assert town.paid == town.price(content(), 2)
            assert len(await town.blobs()) == 1
            assert not town.journal.records
            for i, gate in enumerate(town.gates):
                assert len(gate.slivers) <= lacking[i]
        else:
            raise AssertionError("it never comes to its end")
        assert {"register", "save", "certify", "put_slivers", "confirmation", "remove"} <= seen

    run(main())


def test_killed_at_each_step_twice() -> None:
    """The run that goes on is killed, too."""

    async def main() -> None:
        for stop in range(8, 36, 6):
            for second in range(1, 30, 6):
                town = Town()
                await town.open()
                for number in (stop, second):
                    await killed(town, Clockwork(number, after=True))
                await town.uploader().store(content(), 2)
                assert town.paid == town.price(content(), 2)
                assert len(await town.blobs()) == 1

    run(main())


async def _lacking(town: Town) -> dict[int, int]:
    await asyncio.sleep(5)  # what is buffered gets to the disk
    blobs = await town.blobs()
    if not blobs:
        return dict.fromkeys(range(4), 20)
    return {i: town.lacking(i, blobs[0].blob_id) for i in range(4)}


def _certified(town: Town) -> bool:
    return all(blob.certified_epoch is not None for blob in town.purse.blobs.values())


FATES = ["lost", "unanswered", "late", "unreachable"]


@pytest.mark.parametrize("fate", FATES)
def test_an_answer_that_is_lost(fate: str) -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        setattr(town.chain.weather, fate, 1.0)
        with pytest.raises((TransactionUnknownError, ChainUnavailableError)):
            await town.uploader().store(blob, 2)
        if fate == "unreachable":  # found out before anything was signed
            assert not town.journal.records
        town.chain.weather = Weather()
        await town.uploader().store(blob, 2)
        await asyncio.sleep(60)
        assert town.paid == town.price(blob, 2)
        assert len(await town.blobs()) == 1
        assert not town.journal.records

    run(main())


def test_coins_that_went_elsewhere() -> None:
    """What was signed can never be executed: it is registered anew."""

    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        town.chain.weather.lost = 1.0
        with pytest.raises(TransactionUnknownError):
            await town.uploader().store(blob, 2)
        town.chain.weather.lost = 0.0
        [record] = await unfinished(town.journal)
        assert record.object_id is None
        other = await town.uploader().store(content(seed=1), 1)
        outcome = await town.uploader().store(blob, 2)
        assert not outcome.resumed
        assert town.paid == outcome.cost.total + other.cost.total

    run(main())


def test_a_registration_that_is_gone() -> None:
    """Its owner deleted it before it was certified."""

    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        await killed(town, Clockwork(18, after=True))
        [record] = await unfinished(town.journal)
        assert record.object_id is not None
        await town.chain.delete(record.object_id)
        outcome = await town.uploader().store(blob, 2)
        assert not outcome.resumed
        assert outcome.object_id != record.object_id

    run(main())


def test_what_is_unfinished_can_be_told() -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        for gate in town.gates[2:]:
            gate.before = idle
        with pytest.raises(WalrusCoreError):
            await town.uploader().store(content(), 2)
        [record] = await unfinished(town.journal)
        [blob] = await town.blobs()
        assert (record.blob_id, record.object_id) == (blob.blob_id, blob.object_id)
        assert (record.epochs, record.deletable) == (2, True)
        assert record.cost.total == town.paid
        assert StoreRecord.from_bytes(record.to_bytes()) == record

    run(main())


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1]", b'{"version": 2}', b"\xff", b'{"version": 1, "blobId": 5}'],
)
def test_a_record_that_cannot_be_read_is_not_ignored(data: bytes) -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        blob_id = (await town.uploader().store(blob, 1)).blob_id
        name = record_name(town.chain.address, blob_id, deletable=True)
        town.journal.records[name] = data
        with pytest.raises(StorageError, match="record"):
            await town.uploader().store(blob, 1)
        assert town.paid == town.price(blob, 1)

    run(main())


def test_another_wallets_record_is_not_ours() -> None:
    async def main() -> None:
        town, blob = Town(), content()
        await town.open()
        await killed(town, Clockwork(12, after=True))
        assert town.journal.records
        uploader = town.uploader()
        uploader.chain = SimChain(town.contract, b"o" * 32)
        outcome = await uploader.store(blob, 2)
        assert not outcome.resumed
        assert len(town.journal.records) == 1

    run(main())
