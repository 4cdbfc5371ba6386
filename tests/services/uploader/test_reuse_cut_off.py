"""A store that uses what the wallet has, and is cut off: what it pays it pays once."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from services.uploader.clockwork import Clockwork, counted
from services.uploader.gates import idle
from services.uploader.town import Town, content
from services.uploader.wallets import (
    LARGE,
    WANTED,
    costs,
    leave_storage,
    new_blob,
    new_town,
    register_only,
    store,
)
from simulation.chain import Weather
from simulation.loop import run

from walrus_core.errors import (
    ChainUnavailableError,
    NotEnoughConfirmationsError,
    TransactionUnknownError,
)
from walrus_core.services.ports import BlobObject
from walrus_core.services.uploader import Operation, StoreRecord, unfinished


async def nothing(_: Town) -> None:
    """What a blob is registered from scratch by."""


async def stored_for_one(town: Town) -> None:
    await town.uploader().store(content(), 1)


BEGINNINGS: dict[Operation, Callable[[Town], Awaitable[None]]] = {
    Operation.REGISTERED: nothing,
    Operation.ON_STORAGE: lambda town: leave_storage(town, LARGE, WANTED + 2),
    Operation.EXTENDED: stored_for_one,
    Operation.CERTIFIED_EXTENDED: lambda town: register_only(town, 1),
}


def least(town: Town, operation: Operation) -> int:
    """What it takes."""
    epoch, write = costs(town)
    return {
        Operation.REGISTERED: WANTED * epoch + write,
        Operation.ON_STORAGE: write,
        Operation.EXTENDED: (WANTED - 1) * epoch,
        Operation.CERTIFIED_EXTENDED: (WANTED - 1) * epoch,
    }[operation]


async def the_blob(town: Town) -> BlobObject:
    [blob] = [blob for blob in await town.blobs() if blob.blob_id == new_blob().blob_id]
    return blob


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("operation", BEGINNINGS)
def test_killed_at_each_step(operation: Operation, after: bool) -> None:
    async def main() -> None:
        seen: set[str] = set()
        for stop in range(1000):
            town = await new_town()
            await BEGINNINGS[operation](town)
            paid = town.paid
            clockwork = Clockwork(stop, after=after)
            uploader = counted(town.uploader(), clockwork)
            clockwork.victim = asyncio.ensure_future(uploader.store(content(), WANTED))
            await asyncio.wait([clockwork.victim])
            if not clockwork.victim.cancelled():
                assert clockwork.victim.result().operation is operation
                break
            seen.add(clockwork.steps[stop])
            outcome = await store(town)
            assert outcome.end_epoch == (await the_blob(town)).storage.end_epoch == 1 + WANTED
            assert outcome.certified_epoch == 1
            assert town.paid - paid == least(town, operation)
            if outcome.operation is operation:  # or it had been all done
                assert outcome.cost.total == town.paid - paid
            assert not town.journal.records
        else:
            raise AssertionError("it never comes to its end")
        pays = {
            Operation.REGISTERED: "register",
            Operation.ON_STORAGE: "register_on",
            Operation.EXTENDED: "prolong",
            Operation.CERTIFIED_EXTENDED: "prolong",
        }
        assert {pays[operation], "save", "remove"} <= seen

    run(main())


@pytest.mark.parametrize("fate", ["lost", "unanswered", "late", "unreachable"])
@pytest.mark.parametrize("operation", BEGINNINGS)
def test_an_answer_that_is_lost(operation: Operation, fate: str) -> None:
    async def main() -> None:
        town = await new_town()
        await BEGINNINGS[operation](town)
        paid = town.paid
        setattr(town.chain.weather, fate, 1.0)
        if fate == "unreachable":
            town.chain.weather.unreachable = 0.0
            town.chain.weather.lost = 1.0
        with pytest.raises((TransactionUnknownError, ChainUnavailableError)):
            await store(town)
        [record] = await unfinished(town.journal)
        assert record.operation is operation
        town.chain.weather = Weather()
        outcome = await store(town)
        await asyncio.sleep(60)
        assert town.paid - paid == least(town, operation)
        assert (await the_blob(town)).storage.end_epoch == outcome.end_epoch == 1 + WANTED
        assert not town.journal.records

    run(main())


def test_more_epochs_are_wanted_when_it_goes_on() -> None:
    """What was registered for fewer is extended, not bought anew."""

    async def main() -> None:
        town = await new_town()
        for gate in town.gates[2:]:
            gate.before = idle
        with pytest.raises(NotEnoughConfirmationsError):
            await town.uploader().store(content(), 1)
        for gate in town.gates:
            gate.before = None
        outcome = await store(town)
        assert outcome.operation is Operation.CERTIFIED_EXTENDED
        epoch, write = costs(town)
        assert town.paid == WANTED * epoch + write
        assert len(await town.blobs()) == 1

    run(main())


def test_a_record_of_before_there_were_other_operations() -> None:
    async def main() -> None:
        town = await new_town()
        town.chain.weather.lost = 1.0
        with pytest.raises(TransactionUnknownError):
            await store(town)
        [(name, data)] = town.journal.records.items()
        value = json.loads(data)
        del value["operation"], value["extended"]
        town.journal.records[name] = json.dumps(value).encode()
        assert StoreRecord.from_bytes(town.journal.records[name]) == StoreRecord.from_bytes(data)
        town.chain.weather = Weather()
        outcome = await store(town)
        assert (outcome.operation, outcome.resumed) == (Operation.REGISTERED, True)

    run(main())
