"""What a wallet has is used: storage to register on, registrations that are extended."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from sui.founded_chain import WAL, Act, FoundedChain
from sui.new_blobs import new_blob
from sui.notebooks import KilledError, Notebook

from walrus_core.errors import InvalidArgumentError, UnknownObjectError
from walrus_core.protocol.certificate import Certificate
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.ports import Cost, NewBlob, Place, Registration
from walrus_core.sui.chain import SuiChain
from walrus_core.types import Epoch

SOURCE = random.Random(31)

Buy = Callable[[SuiChain, Callable[[bytes], Awaitable[None]]], Awaitable[Registration]]


async def paid(chain: SuiChain) -> int:
    return 1000 * WAL - (await chain.wallet.balance()).wal


async def epoch_of(chain: SuiChain) -> Epoch:
    return (await chain.state()).epoch


async def certificate_for(founded: FoundedChain, chain: SuiChain, object_id: bytes) -> Certificate:
    committee, blob = (await chain.committees()).current, await chain.blob(object_id)
    return founded.certificate(committee, Confirmation(committee.epoch, blob.blob_id, object_id))


# -- storage ------------------------------------------------------------------------------------


def test_registering_on_storage_of_just_this_size(play: Callable[[Act], None]) -> None:
    blob = new_blob(SOURCE, attributes={"a": "b"})

    async def act(chain: SuiChain, _: SuiChain) -> None:
        await chain.storage.reserve(blob.encoded_size, 4)
        [storage] = await chain.storages()
        before = await paid(chain)
        place = Place(storage.object_id, storage.end_epoch, least_rest=1)
        registration = await chain.register_on(blob, place)
        prices = (await chain.state()).prices
        assert registration.cost == Cost(0, prices.write_cost(blob.encoded_size))
        assert registration.cost.total == await paid(chain) - before
        registered = await chain.blob(registration.object_id)
        assert registered.storage == storage
        assert registration.end_epoch == storage.end_epoch
        assert not await chain.storages()
        assert await chain.attributes(registration.object_id) == {"a": "b"}

    play(act)


@pytest.mark.parametrize("larger", [0, 5000], ids=["of this size", "larger"])
@pytest.mark.parametrize("longer", [0, 2], ids=["as long", "longer"])
def test_what_is_left_of_storage_stays_the_wallet_s(
    play: Callable[[Act], None], larger: int, longer: int
) -> None:
    async def act(chain: SuiChain, _: SuiChain) -> None:
        blob, epoch = new_blob(SOURCE), await epoch_of(chain)
        await chain.storage.reserve(blob.encoded_size + larger, 3 + longer)
        [storage] = await chain.storages()
        place = Place(storage.object_id, Epoch(epoch + 3), least_rest=5000)
        registered = await chain.blob((await chain.register_on(blob, place)).object_id)
        assert registered.storage.size == blob.encoded_size
        assert registered.storage.end_epoch == epoch + 3
        left = {(rest.start_epoch, rest.end_epoch, rest.size) for rest in await chain.storages()}
        whole = (epoch + 3, epoch + 5, blob.encoded_size + larger)
        assert left == {*[whole] * (longer > 0), *[(epoch, epoch + 3, larger)] * (larger > 0)}

    play(act)


def test_storage_that_does_not_serve_any_more(
    founded: FoundedChain, play: Callable[[Act], None]
) -> None:
    async def act(chain: SuiChain, other: SuiChain) -> None:
        blob = new_blob(SOURCE)
        await chain.storage.reserve(blob.encoded_size, 3)
        [storage] = await chain.storages()
        place, notebook = Place(storage.object_id, storage.end_epoch, 1), Notebook()
        too_long = Place(storage.object_id, Epoch(storage.end_epoch + 1), 1)
        larger = new_blob(SOURCE, size=blob.size + 10**6)
        for wanted, where in ((blob, too_long), (larger, place)):
            with pytest.raises(UnknownObjectError, match="Storage"):
                await chain.register_on(wanted, where, notebook)
        async with SuiChain(founded.network, await founded.new_key()) as stranger:
            with pytest.raises(UnknownObjectError, match="Storage"):
                await stranger.register_on(blob, place, notebook)
        await other.register_on(blob, place)
        with pytest.raises(UnknownObjectError, match="Storage"):
            await chain.register_on(blob, place, notebook)
        assert not notebook.pages

    play(act)


# -- registrations ------------------------------------------------------------------------------


def test_prolonging(founded: FoundedChain, play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain, other: SuiChain) -> None:
        blob = new_blob(SOURCE)
        object_id = (await chain.register(blob, 1)).object_id
        await chain.certify(object_id, await certificate_for(founded, chain, object_id))
        end, before = Epoch(await epoch_of(chain) + 5), await paid(chain)
        extended = await chain.prolong(object_id, end)
        prices = (await chain.state()).prices
        assert extended.cost == Cost(prices.storage_cost(blob.encoded_size, 4), 0)
        assert extended.cost.total == await paid(chain) - before
        assert (extended.object_id, extended.end_epoch) == (object_id, end)
        assert (await chain.blob(object_id)).storage.end_epoch == end
        for wallet in (chain, other):
            with pytest.raises(InvalidArgumentError, match="long enough"):
                await wallet.prolong(object_id, end)
        assert await paid(chain) - before == extended.cost.total

    play(act)


def test_certifying_and_prolonging_at_once(
    founded: FoundedChain, play: Callable[[Act], None]
) -> None:
    async def act(chain: SuiChain, _: SuiChain) -> None:
        blob = new_blob(SOURCE)
        object_id = (await chain.register(blob, 1)).object_id
        certificate = await certificate_for(founded, chain, object_id)
        end, before = Epoch(await epoch_of(chain) + 3), await paid(chain)
        extended = await chain.prolong(object_id, end, certificate)
        prices = (await chain.state()).prices
        assert extended.cost == Cost(prices.storage_cost(blob.encoded_size, 2), 0)
        assert extended.cost.total == await paid(chain) - before
        found = await chain.blob(object_id)
        assert (found.certified_epoch, found.storage.end_epoch) == (end - 3, extended.end_epoch)

    play(act)


def test_only_what_is_missing_is_done(founded: FoundedChain, play: Callable[[Act], None]) -> None:
    """With a certificate: of one that is certified, and of one that is long enough."""

    async def act(chain: SuiChain, _: SuiChain) -> None:
        end = Epoch(await epoch_of(chain) + 2)
        certified = (await chain.register(new_blob(SOURCE), 1)).object_id
        certificate = await certificate_for(founded, chain, certified)
        await chain.certify(certified, certificate)
        assert (await chain.prolong(certified, end, certificate)).cost.total > 0
        long = (await chain.register(new_blob(SOURCE), 2)).object_id
        certificate = await certificate_for(founded, chain, long)
        done = await chain.prolong(long, end, certificate)
        assert (done.cost, done.end_epoch) == (Cost(0, 0), end)
        assert (await chain.blob(long)).certified_epoch == end - 2

    play(act)


def test_shared_blobs_pay_for_themselves(
    founded: FoundedChain, play: Callable[[Act], None]
) -> None:
    async def act(chain: SuiChain, _: SuiChain) -> None:
        blob = new_blob(SOURCE, deletable=False)
        object_id = (await chain.register(blob, 1)).object_id
        committee = (await chain.committees()).current
        message = Confirmation(committee.epoch, blob.blob_id)
        await chain.certify(object_id, founded.certificate(committee, message))
        receipt = await chain.owned.share(object_id, WAL)
        [shared_id] = [i for i, struct in receipt.created.items() if struct == "SharedBlob"]
        with pytest.raises(InvalidArgumentError, match="shared"):
            await chain.prolong(shared_id, Epoch(committee.epoch + 5))

    play(act)


def test_processes_that_prolong_at_once(founded: FoundedChain, play: Callable[[Act], None]) -> None:
    """It lasts as long as both want, and that is paid once."""

    async def act(chain: SuiChain, other: SuiChain) -> None:
        blob = new_blob(SOURCE)
        object_id = (await chain.register(blob, 1)).object_id
        await chain.certify(object_id, await certificate_for(founded, chain, object_id))
        end, before = Epoch(await epoch_of(chain) + 5), await paid(chain)
        results = await asyncio.gather(
            chain.prolong(object_id, end), other.prolong(object_id, end), return_exceptions=True
        )
        [refusal] = [one for one in results if isinstance(one, BaseException)]
        assert isinstance(refusal, InvalidArgumentError)
        cost = (await chain.state()).prices.storage_cost(blob.encoded_size, 4)
        assert await paid(chain) - before == cost
        assert (await chain.blob(object_id)).storage.end_epoch == end

    play(act)


# -- cut off ------------------------------------------------------------------------------------


async def on_storage(chain: SuiChain, blob: NewBlob) -> Buy:
    await chain.storage.reserve(blob.encoded_size + 10**6, 4)
    [storage] = await chain.storages()
    place = Place(storage.object_id, Epoch(storage.end_epoch - 1), 1)
    return lambda wallet, keep: wallet.register_on(blob, place, keep)


@pytest.mark.parametrize("way", ["storage", "extension", "certificate"])
def test_killed_before_it_was_sent(
    founded: FoundedChain, play: Callable[[Act], None], way: str
) -> None:
    """Whoever goes on executes it, once, and knows what it did."""

    async def act(chain: SuiChain, then: SuiChain) -> None:
        blob, end = new_blob(SOURCE), Epoch(await epoch_of(chain) + 3)
        if way == "storage":
            buy = await on_storage(chain, blob)
        else:
            object_id = (await chain.register(blob, 1)).object_id
            certificate = await certificate_for(founded, chain, object_id)
            if way == "extension":
                await chain.certify(object_id, certificate)

            def buy(
                wallet: SuiChain, keep: Callable[[bytes], Awaitable[None]]
            ) -> Awaitable[Registration]:
                return wallet.prolong(object_id, end, certificate, keep)

        before, notebook = await paid(chain), Notebook(killing=True)
        with pytest.raises(KilledError):
            await buy(chain, notebook)
        assert await paid(chain) == before
        [signed] = notebook.pages
        registration = await then.settle(signed)
        assert registration is not None
        assert registration == await then.settle(signed) == await chain.settle(signed)
        assert registration.end_epoch == end
        assert registration.cost.total == await paid(chain) - before > 0
        found = await then.blob(registration.object_id)
        assert (found.blob_id, found.storage.end_epoch) == (blob.blob_id, end)
        assert (found.certified_epoch is None) == (way == "storage")

    play(act)
