"""Everything that a wallet can do, on a running chain."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from sui.founded_chain import SUI, WAL, FoundedChain
from sui.new_blobs import new_blob

from walrus_core.errors import InvalidArgumentError, UnknownObjectError
from walrus_core.protocol.keys import KeyPair
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.ports import Chain, Receipt
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.node_transactions import Candidate
from walrus_core.sui.wallet import Balance

SOURCE = random.Random(1)

Act = Callable[[SuiChain], Awaitable[None]]


@pytest.fixture
def play(founded: FoundedChain) -> Callable[[Act], None]:
    """Run a test with a new wallet, and check that its money moved as its receipts say."""

    async def run(act: Act) -> None:
        key = await founded.new_key()
        async with SuiChain(founded.network, key) as chain:
            port: Chain = chain  # it fits the port
            assert port.address == key.address
            await act(chain)

    return lambda act: asyncio.run(run(act))


async def pays(chain: SuiChain, work: Awaitable[Receipt]) -> Receipt:
    """The receipt of something, which moved exactly what it says."""
    before = await chain.wallet.balance()
    receipt = await work
    after = await chain.wallet.balance()
    assert (after.sui - before.sui, after.wal - before.wal) == (receipt.sui, receipt.wal)
    return receipt


def test_state_and_committee(founded: FoundedChain, play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain) -> None:
        state = await chain.state()
        assert (state.n_shards, state.n_members, state.max_epochs_ahead) == (100, 5, 53)
        assert (state.prices.storage, state.prices.write) == (100_000, 20_000)
        committee = (await chain.committees()).current
        assert committee.epoch == state.epoch
        for member in committee.members:
            assert member.public_key == founded.nodes[member.network_address].public_key

    play(act)


def test_life_of_a_blob(founded: FoundedChain, play: Callable[[Act], None]) -> None:
    blob = new_blob(SOURCE, attributes={"name": "a blob", "größe": "1"})

    async def act(chain: SuiChain) -> None:
        price = await chain.price(blob.encoded_size, 3)
        registration = await chain.register(blob, 3)
        object_id, epoch = registration.object_id, (await chain.state()).epoch
        assert registration.cost == price
        assert -registration.receipt.wal == price.total
        assert registration.receipt.created[object_id] == "Blob"
        assert registration.end_epoch == epoch + 3
        registered = await chain.blob(object_id)
        assert (registered.blob_id, registered.size) == (blob.blob_id, blob.size)
        assert registered.certified_epoch is None
        assert await chain.blobs() == [registered]
        assert await chain.attributes(object_id) == blob.attributes

        committee = (await chain.committees()).current
        confirmation = Confirmation(committee.epoch, blob.blob_id, object_id)
        certificate = founded.certificate(committee, confirmation)
        assert (await pays(chain, chain.certify(object_id, certificate))).wal == 0
        assert (await chain.blob(object_id)).certified_epoch == epoch

        receipt = await pays(chain, chain.extend(object_id, 2))
        prices = (await chain.state()).prices
        assert -receipt.wal == prices.storage_cost(registered.storage.size, 2)
        assert (await chain.blob(object_id)).storage.end_epoch == epoch + 5

        await pays(chain, chain.set_attributes(object_id, {"name": None, "new": "x"}))
        assert await chain.attributes(object_id) == {"größe": "1", "new": "x"}
        await pays(chain, chain.remove_attributes(object_id))
        assert await chain.attributes(object_id) == {}
        await pays(chain, chain.set_attributes(object_id, {"again": ""}))
        assert await chain.attributes(object_id) == {"again": ""}

        receipt = await pays(chain, chain.delete(object_id))
        [event] = receipt.events
        assert (event.name, event.fields["was_certified"]) == ("BlobDeleted", True)
        [storage] = await chain.storage.list()
        assert storage.object_id == registered.storage.object_id
        assert (storage.end_epoch, storage.size) == (epoch + 5, blob.encoded_size)
        with pytest.raises(UnknownObjectError):
            await chain.blob(object_id)

    play(act)


def test_shared_blob(founded: FoundedChain, play: Callable[[Act], None]) -> None:
    blob = new_blob(SOURCE, deletable=False)

    async def act(chain: SuiChain) -> None:
        object_id = (await chain.register(blob, 1)).object_id
        committee = (await chain.committees()).current
        certificate = founded.certificate(committee, Confirmation(committee.epoch, blob.blob_id))
        await chain.certify(object_id, certificate)
        receipt = await pays(chain, chain.owned.share(object_id, 3 * WAL))
        [shared_id] = [i for i, struct in receipt.created.items() if struct == "SharedBlob"]
        assert (await chain.blob(shared_id)).funds == 3 * WAL
        await pays(chain, chain.owned.fund(shared_id, WAL))
        funded = await chain.blob(shared_id)
        assert funded.funds == 4 * WAL
        receipt = await pays(chain, chain.extend(shared_id, 2))
        assert receipt.wal == 0
        extended = await chain.blob(shared_id)
        assert extended.storage.end_epoch == funded.storage.end_epoch + 2
        cost = (await chain.state()).prices.storage_cost(blob.encoded_size, 2)
        assert extended.funds == 4 * WAL - cost
        with pytest.raises(InvalidArgumentError, match="shared"):
            await chain.delete(shared_id)
        other = (await chain.register(new_blob(SOURCE), 1)).object_id
        with pytest.raises(InvalidArgumentError, match="not shared"):
            await chain.owned.fund(other, WAL)

    play(act)


def test_burning(play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain) -> None:
        ids = [(await chain.register(new_blob(SOURCE), 1)).object_id for _ in range(3)]
        await pays(chain, chain.owned.burn(ids[:2]))
        assert [blob.object_id for blob in await chain.blobs()] == ids[2:]

    play(act)


def test_storage(play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain) -> None:
        receipt = await pays(chain, chain.storage.reserve(10_000_000, 4))
        [storage_id] = receipt.created
        epoch = (await chain.state()).epoch
        receipt = await pays(chain, chain.storage.split(storage_id, by="epoch", value=epoch + 1))
        [later] = receipt.created
        receipt = await pays(chain, chain.storage.split(later, by="size", value=1_000))
        [rest] = receipt.created
        found = {storage.object_id: storage for storage in await chain.storage.list()}
        assert (found[later].start_epoch, found[later].size) == (epoch + 1, 1_000)
        assert (found[rest].end_epoch, found[rest].size) == (epoch + 4, 10_000_000 - 1_000)
        await pays(chain, chain.storage.merge(later, rest))
        await pays(chain, chain.storage.merge(storage_id, later))
        [whole] = await chain.storage.list()
        assert (whole.start_epoch, whole.end_epoch, whole.size) == (epoch, epoch + 4, 10_000_000)

    play(act)


def test_staking(play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain) -> None:
        node = (await chain.committees()).current.members[0].node_id
        receipt = await pays(chain, chain.stakes.stake(node, 5 * WAL))
        [stake_id] = receipt.created
        [stake] = await chain.stakes.list()
        assert (stake.object_id, stake.node_id, stake.principal) == (stake_id, node, 5 * WAL)
        epoch = (await chain.state()).epoch
        assert (stake.activation_epoch, stake.withdraw_epoch) == (epoch + 1, None)
        receipt = await pays(chain, chain.stakes.withdraw(stake_id))
        assert receipt.wal == 5 * WAL
        assert not await chain.stakes.list()

    play(act)


def test_node(play: Callable[[Act], None]) -> None:
    candidate = Candidate(
        "a node", "localhost:1", bytes(33), 500, 90_000, 10_000, 10**12, description="näh"
    )

    async def act(chain: SuiChain) -> None:
        with pytest.raises(InvalidArgumentError, match="register one first"):
            await chain.nodes.vote({"storage_price": 1})
        key_pair = KeyPair.generate()
        await pays(chain, chain.nodes.register(candidate, key_pair))
        [node_id] = await chain.nodes.capabilities()
        node = await chain.nodes.describe(node_id)
        assert (node.node_id, node.name) == (node_id, "a node")
        assert node.public_key == key_pair.public_key.to_uncompressed()
        await pays(chain, chain.nodes.vote({"storage_price": 1, "node_capacity": 7}))
        await pays(chain, chain.nodes.set_commission(100))
        assert (await pays(chain, chain.nodes.collect_commission())).wal == 0
        with pytest.raises(InvalidArgumentError, match="does not run"):
            await chain.nodes.vote({"storage_price": 1}, bytes(32))

    play(act)


def test_exchange_and_gifts(play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain) -> None:
        receipt = await pays(chain, chain.wallet.exchange(2 * SUI))
        assert receipt.wal == 2 * WAL
        receipt = await pays(chain, chain.wallet.give(bytes(31) + b"\7", mist=5, frost=6))
        assert (receipt.wal, receipt.sui) == (-6, -5 - receipt.gas)
        assert await chain.wallet.balance(bytes(31) + b"\7") == Balance(5, 6)
        with pytest.raises(InvalidArgumentError, match="nothing to send"):
            await chain.wallet.give(bytes(32))

    play(act)


def test_events_from_a_cursor(play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain) -> None:
        ids = [(await chain.register(new_blob(SOURCE), 1)).object_id for _ in range(3)]
        everything = [event async for event in chain.events()]
        mine = [event for event in everything if event.fields.get("object_id") in ids]
        assert [event.fields["object_id"] for event in mine] == ids
        assert [event async for event in chain.events(mine[0].cursor)] == everything[
            everything.index(mine[0]) + 1 :
        ]
        assert not [event async for event in chain.events(everything[-1].cursor)]

    play(act)


def test_events_are_followed(play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain) -> None:
        known = [event async for event in chain.events()]
        stream = chain.events(known[-1].cursor if known else b"", follow=True)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        object_id = (await chain.register(new_blob(SOURCE), 1)).object_id
        event = await asyncio.wait_for(waiting, 10)
        assert event.fields["object_id"] == object_id
        await stream.aclose()

    play(act)


def test_dry_run_spends_nothing(founded: FoundedChain) -> None:
    async def run() -> None:
        key = await founded.new_key()
        async with SuiChain(founded.network, key, dry_run=True) as chain:
            before = await chain.wallet.balance()
            registration = await chain.register(new_blob(SOURCE), 2)
            assert registration.receipt.dry_run
            assert registration.receipt.wal == -registration.cost.total
            assert registration.receipt.gas > 0
            assert await chain.wallet.balance() == before
            assert not await chain.blobs()

    asyncio.run(run())


def test_a_public_node_is_waited_for(play: Callable[[Act], None]) -> None:
    async def act(chain: SuiChain) -> None:
        chain.connection.is_local = False
        object_id = (await chain.register(new_blob(SOURCE), 1)).object_id
        assert (await chain.blob(object_id)).object_id == object_id

    play(act)


def test_reading_needs_no_wallet(founded: FoundedChain) -> None:
    async def run() -> None:
        async with SuiChain(founded.network) as chain:
            assert (await chain.state()).epoch
            with pytest.raises(InvalidArgumentError, match="wallet"):
                await chain.register(new_blob(SOURCE), 1)

    asyncio.run(run())
