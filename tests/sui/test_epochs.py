"""Epochs of seconds: what a wallet meets while they turn."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator

import pytest
from sui.founded_chain import WAL, FoundedChain, founded_chain
from sui.new_blobs import new_blob

from walrus_core.errors import Abort
from walrus_core.protocol.certificate import Certificate
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.ports import Place, Registration
from walrus_core.sui.chain import SuiChain

SOURCE = random.Random(4)
EPOCH_MS = 1000


@pytest.fixture(scope="module")
def turning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoundedChain]:
    directory = tmp_path_factory.mktemp("turning")
    with founded_chain(directory, n_nodes=4, epoch_duration_ms=EPOCH_MS) as chain:
        yield chain


def play(turning: FoundedChain, act: Callable[[SuiChain], Awaitable[None]]) -> None:
    async def run() -> None:
        key = await turning.new_key()
        async with SuiChain(turning.network, key) as chain:
            await act(chain)

    asyncio.run(run())


async def epoch_after(chain: SuiChain, epoch: int) -> int:
    """Wait until the chain is past an epoch."""
    while (now := (await chain.state()).epoch) <= epoch:
        await asyncio.sleep(0.05)
    return now


def test_epochs_turn_and_say_so(turning: FoundedChain) -> None:
    async def act(chain: SuiChain) -> None:
        start = (await chain.state()).epoch
        await epoch_after(chain, start + 1)
        started = [
            event.fields["epoch"]
            async for event in chain.events()
            if event.name == "EpochChangeStart"
        ]
        assert started == list(range(2, len(started) + 2))
        assert start + 2 in started

    play(turning, act)


def test_registrations_survive_the_turns(turning: FoundedChain) -> None:
    """Wherever the epoch turns between reading, simulating and executing, each is paid once."""

    async def act(chain: SuiChain) -> None:
        start, paid = (await chain.state()).epoch, 0
        before = (await chain.wallet.balance()).wal
        count = 0
        while (await chain.state()).epoch < start + 3:
            registration = await chain.register(new_blob(SOURCE, size=1000), 2)
            assert -registration.receipt.wal == registration.cost.total
            paid += registration.cost.total
            count += 1
        assert (await chain.wallet.balance()).wal == before - paid
        assert len(await chain.blobs()) == count

    play(turning, act)


def test_expired_blobs(turning: FoundedChain) -> None:
    async def act(chain: SuiChain) -> None:
        certified, certificate = await certified_blob(turning, chain)
        late, blob = await chain.register(new_blob(SOURCE), 1), new_blob(SOURCE)
        await chain.storage.reserve(blob.encoded_size, 1)
        [storage] = await chain.storages()
        await epoch_after(chain, max(certified.end_epoch, late.end_epoch))
        with pytest.raises(Abort, match="blob::EResourceBounds"):
            await chain.extend(certified.object_id, 1)
        with pytest.raises(Abort, match="messages::EIncorrectEpoch"):
            await chain.certify(late.object_id, certificate)
        with pytest.raises(Abort, match="blob::EResourceBounds"):
            await chain.register_on(blob, Place(storage.object_id, storage.end_epoch, 1))
        receipt = await chain.owned.burn([certified.object_id, late.object_id])
        assert receipt.wal == 0

    play(turning, act)


async def certified_blob(
    turning: FoundedChain, chain: SuiChain
) -> tuple[Registration, Certificate]:
    """A blob that was certified; if the epoch turns just then, another."""
    while True:
        blob = new_blob(SOURCE)
        registration = await chain.register(blob, 1)
        committee = (await chain.committees()).current
        confirmation = Confirmation(committee.epoch, blob.blob_id, registration.object_id)
        certificate = turning.certificate(committee, confirmation)
        try:
            await chain.certify(registration.object_id, certificate)
        except Abort:
            continue
        return registration, certificate


def test_a_stake_grows_and_comes_back(turning: FoundedChain) -> None:
    async def act(chain: SuiChain) -> None:
        node = (await chain.committees()).current.members[0].node_id
        [stake_id] = (await chain.stakes.stake(node, 10 * WAL)).created
        [stake] = await chain.stakes.list()
        await epoch_after(chain, stake.activation_epoch)
        await chain.register(new_blob(SOURCE, size=10**7), 3)
        await chain.stakes.request_withdrawal(stake_id)
        [asked] = await chain.stakes.list()
        assert asked.withdraw_epoch is not None
        if (await chain.state()).epoch < asked.withdraw_epoch:
            await epoch_after(chain, asked.withdraw_epoch - 1)
        receipt = await chain.stakes.withdraw(stake_id)
        assert receipt.wal >= 10 * WAL
        assert not await chain.stakes.list()

    play(turning, act)


def test_commission_is_collected(turning: FoundedChain) -> None:
    async def run() -> None:
        async with SuiChain(turning.network, turning.operator) as chain:
            await chain.register(new_blob(SOURCE, size=10**8), 1)
            start = (await chain.state()).epoch
            await epoch_after(chain, start + 1)
            node_id = (await chain.committees()).current.members[0].node_id
            assert (await chain.nodes.describe(node_id)).commission > 0
            receipt = await chain.nodes.collect_commission(node_id)
            assert receipt.wal > 0

    asyncio.run(run())
