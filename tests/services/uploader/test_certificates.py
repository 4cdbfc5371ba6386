"""What a quorum signed comes with the outcome, also of a run that another one finishes."""

import asyncio

import pytest
from services.uploader.clockwork import Clockwork, counted
from services.uploader.town import Town, content
from simulation.loop import run

from walrus_core.protocol.messages import Confirmation
from walrus_core.services.uploader import Operation, StoreOutcome, StoreRecord, StoreTerms


def test_the_certificate_is_one() -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        outcome = await town.uploader().store(content(), 1)
        assert outcome.certificate is not None
        committee = (await town.chain.committees()).current
        message = outcome.certificate.verify(committee)
        assert isinstance(message, Confirmation)
        assert message.blob_id == outcome.blob_id
        again = await town.uploader().store(content(), 1)
        assert again.operation is Operation.CERTIFIED
        assert again.certificate is None

    run(main())


def test_who_is_killed_after_certifying_has_kept_it() -> None:
    async def main() -> None:
        for stop in range(1000):
            town = Town()
            await town.open()
            clockwork = Clockwork(stop, after=True)
            uploader = counted(town.uploader(), clockwork)
            clockwork.victim = asyncio.ensure_future(uploader.store(content(), 2))
            await asyncio.wait([clockwork.victim])
            assert clockwork.victim.cancelled()
            if clockwork.steps[stop] == "certify":
                break
        outcome = await town.uploader().store(content(), 2)
        assert outcome.resumed
        assert outcome.certificate is not None
        assert outcome.cost.total == town.paid
        outcome.certificate.verify((await town.chain.committees()).current)

    run(main())


def test_the_outcome_is_kept_before_the_journal_forgets() -> None:
    async def main() -> None:
        town, kept = Town(), list[StoreOutcome]()
        await town.open()

        async def keep(outcome: StoreOutcome) -> None:
            assert town.journal.records
            kept.append(outcome)

        outcome = await town.uploader().store(content(), 2, keep=keep)
        assert kept == [outcome]
        assert not town.journal.records

    run(main())


def test_one_turn_for_all_uploaders_of_a_journal() -> None:
    """Two processes that store the same content at the same time pay once."""

    async def main() -> None:
        town = Town()
        await town.open()
        first, second = town.uploader(), town.uploader()
        second.turns = first.turns
        outcomes = await asyncio.gather(*[each.store(content(), 2) for each in (first, second)])
        assert town.paid == town.price(content(), 2)
        assert sorted(each.operation for each in outcomes) == [
            Operation.CERTIFIED,
            Operation.REGISTERED,
        ]

    run(main())


def test_without_one_turn_they_pay_twice() -> None:
    """So that the test before this one can fail."""

    async def main() -> None:
        town = Town()
        await town.open()
        await asyncio.gather(*[town.uploader().store(content(), 2) for _ in range(2)])
        assert town.paid > town.price(content(), 2)

    run(main())


@pytest.mark.parametrize("deletable", [True, False])
def test_records_hold_it(deletable: bool) -> None:
    async def main() -> None:
        town = Town()
        await town.open()
        records: list[bytes] = []

        async def keep(_: StoreOutcome) -> None:
            records.extend(town.journal.records.values())

        outcome = await town.uploader().store(content(), 2, StoreTerms(deletable), keep=keep)
        [record] = map(StoreRecord.from_bytes, records)
        assert record.certificate == outcome.certificate

    run(main())
