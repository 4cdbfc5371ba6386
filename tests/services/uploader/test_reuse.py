"""What the wallet has is used before anything is bought, and each thing is paid for once."""

import asyncio

import pytest
from services.uploader.clockwork import CHAIN, Clockwork
from services.uploader.town import content
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
from simulation.journal import MemoryJournal
from simulation.loop import run

from walrus_core.services.ports import Cost
from walrus_core.services.uploader import Operation
from walrus_core.types import Epoch

# -- storage ------------------------------------------------------------------------------------


def test_storage_is_used() -> None:
    """What is beyond the blob's size, and its end, stays the wallet's and serves the next."""

    async def main() -> None:
        town = await new_town()
        await leave_storage(town, LARGE, WANTED + 2)
        [storage] = await town.chain.storages()
        paid, (_, write) = town.paid, costs(town)
        outcome = await store(town)
        assert outcome.operation is Operation.ON_STORAGE
        assert outcome.cost == Cost(0, write) == Cost(0, town.paid - paid)
        assert outcome.end_epoch == 1 + WANTED
        assert outcome.blob is not None
        size = new_blob().encoded_size
        assert outcome.blob.storage.size == size
        later, rest = sorted(await town.chain.storages(), key=lambda one: -one.start_epoch)
        assert (later.start_epoch, later.end_epoch) == (1 + WANTED, storage.end_epoch)
        assert (rest.start_epoch, rest.end_epoch) == (1, 1 + WANTED)
        assert (later.size, rest.size) == (storage.size, storage.size - size)
        again = await town.uploader().store(content(seed=1), WANTED)
        assert again.operation is Operation.ON_STORAGE

    run(main())


def test_crumbs_of_storage_stay_with_the_blob() -> None:
    async def main() -> None:
        town = await new_town()
        await leave_storage(town, len(content()) + 200, WANTED)
        [storage] = await town.chain.storages()
        assert storage.size > new_blob().encoded_size
        outcome = await store(town)
        assert outcome.operation is Operation.ON_STORAGE
        assert outcome.blob is not None
        assert outcome.blob.storage.size == storage.size
        assert not await town.chain.storages()

    run(main())


@pytest.mark.parametrize(("size", "epochs"), [(10, WANTED), (LARGE, WANTED - 1)])
def test_storage_that_is_too_small_or_ends_too_early(size: int, epochs: int) -> None:
    async def main() -> None:
        town = await new_town()
        await leave_storage(town, size, epochs)
        outcome = await store(town)
        assert outcome.operation is Operation.REGISTERED
        assert len(await town.chain.storages()) == 1

    run(main())


def test_storage_is_left_alone_if_it_shall_be() -> None:
    async def main() -> None:
        town = await new_town()
        await leave_storage(town, LARGE, WANTED)
        outcome = await store(town, reuse_resources=False)
        assert outcome.operation is Operation.REGISTERED
        assert len(await town.chain.storages()) == 1

    run(main())


def test_the_smallest_storage_that_serves_is_used() -> None:
    async def main() -> None:
        town = await new_town()
        for size in (LARGE, len(content()), 2 * LARGE):
            await town.uploader().store(content(size, seed=9), WANTED)
        for blob in await town.blobs():
            await town.chain.delete(blob.object_id)
        await store(town)
        sizes = sorted(storage.size for storage in await town.chain.storages())
        assert len(sizes) == 2
        assert sizes[0] > new_blob().encoded_size

    run(main())


def test_storage_that_another_process_has_used_since() -> None:
    async def main() -> None:
        town = await new_town()
        await leave_storage(town, len(content()), WANTED)
        [storage] = await town.chain.storages()
        uploader = town.uploader()
        await uploader.store(content(seed=1), WANTED + 1)  # lists what there is
        await town.uploader().store(content(seed=2), WANTED)
        assert not await town.chain.storages()
        outcome = await uploader.store(content(), WANTED)
        assert outcome.operation is Operation.REGISTERED
        assert storage.object_id not in town.purse.storages

    run(main())


def test_stores_at_once_do_not_want_the_same_storage() -> None:
    async def main() -> None:
        town = await new_town()
        await leave_storage(town, LARGE, WANTED)
        uploader = town.uploader()
        outcomes = await asyncio.gather(
            *(uploader.store(content(seed=seed), WANTED) for seed in range(3))
        )
        assert Operation.ON_STORAGE in {outcome.operation for outcome in outcomes}
        assert len(await town.blobs()) == 3

    run(main())


# -- registrations ------------------------------------------------------------------------------


def test_a_certified_blob_that_ends_too_early_is_extended() -> None:
    async def main() -> None:
        town = await new_town()
        first = await town.uploader().store(content(), 1)
        paid, (epoch, _) = town.paid, costs(town)
        town.forget_calls()
        outcome = await store(town)
        assert outcome.operation is Operation.EXTENDED
        assert outcome.object_id == first.object_id
        assert (outcome.extended, outcome.end_epoch) == (WANTED - 1, 1 + WANTED)
        assert outcome.cost == Cost((WANTED - 1) * epoch, 0) == Cost(town.paid - paid, 0)
        assert outcome.gas > 0
        assert {call for gate in town.gates for call in gate.calls} == {"status"}
        assert not town.journal.records
        assert (await store(town)).operation is Operation.CERTIFIED

    run(main())


def test_a_registration_that_ends_too_early_is_certified_and_extended() -> None:
    async def main() -> None:
        town = await new_town()
        await register_only(town, 1)
        paid, (epoch, _) = town.paid, costs(town)
        outcome = await store(town)
        assert outcome.operation is Operation.CERTIFIED_EXTENDED
        assert (outcome.extended, outcome.end_epoch) == (WANTED - 1, 1 + WANTED)
        assert outcome.certified_epoch == 1
        assert outcome.cost == Cost((WANTED - 1) * epoch, 0) == Cost(town.paid - paid, 0)
        assert outcome.certificate is not None
        assert len(await town.blobs()) == 1
        assert not town.journal.records

    run(main())


def test_what_costs_least_is_used() -> None:
    """Of several objects of the blob: one that is certified and long, then one that is long."""

    async def main() -> None:
        town = await new_town()
        await town.uploader().store(content(), 1)
        await register_only(town, 2)
        await register_only(town, WANTED)
        paid = town.paid
        outcome = await store(town)
        assert outcome.operation is Operation.REUSED
        assert (outcome.end_epoch, town.paid) == (1 + WANTED, paid)
        longer = await town.uploader().store(content(), WANTED + 1)
        assert longer.operation is Operation.EXTENDED
        assert longer.object_id == outcome.object_id

    run(main())


def test_what_is_certified_does_not_count_when_it_is_forced() -> None:
    async def main() -> None:
        town = await new_town()
        first = await town.uploader().store(content(), 1)
        second = await store(town, force=True)
        assert second.operation is Operation.REGISTERED
        await register_only(town, WANTED)
        third = await store(town, force=True)
        assert third.operation is Operation.REUSED
        assert len({first.object_id, second.object_id, third.object_id}) == 3

    run(main())


def test_an_extension_is_another_process_s_too() -> None:
    """Both want the same end: it is paid for once."""

    async def main() -> None:
        town = await new_town()
        await town.uploader().store(content(), 1)
        paid, (epoch, _) = town.paid, costs(town)
        elsewhere = [MemoryJournal() for _ in range(4)]  # other machines: nobody waits his turn
        outcomes = await asyncio.gather(
            *(town.uploader(journal=journal).store(content(), WANTED) for journal in elsewhere)
        )
        assert {outcome.end_epoch for outcome in outcomes} == {1 + WANTED}
        assert town.paid - paid == (WANTED - 1) * epoch
        assert sum(outcome.cost.total for outcome in outcomes) == town.paid - paid

    run(main())


# -- lists --------------------------------------------------------------------------------------


def test_several_stores_take_one_look() -> None:
    async def main() -> None:
        town = await new_town()
        clockwork = Clockwork(-1, after=False)
        uploader = town.uploader()
        uploader.chain = clockwork.around(uploader.chain, CHAIN)
        for seed in range(5):
            await uploader.store(content(seed=seed), 1)
        assert clockwork.steps.count("blobs") == 1

    run(main())


def test_what_another_process_has_stored_since_is_known() -> None:
    """Whatever the list says that was made before."""

    async def main() -> None:
        town = await new_town()
        uploader = town.uploader()
        await uploader.store(content(seed=1), 1)  # lists what there is
        await town.uploader().store(content(), WANTED)
        paid = town.paid
        outcome = await uploader.store(content(), WANTED)
        assert outcome.operation is Operation.CERTIFIED
        assert town.paid == paid
        [known] = [blob for blob in await town.blobs() if blob.blob_id == outcome.blob_id]
        await town.chain.delete(known.object_id)
        again = await uploader.store(content(), WANTED)
        assert again.operation is Operation.ON_STORAGE
        assert again.object_id != known.object_id
        assert again.end_epoch == Epoch(1 + WANTED)

    run(main())
