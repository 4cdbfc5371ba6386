"""Links that fail, coins that are spent twice, nodes that fall silent: nothing is paid twice."""

import asyncio
import random
from dataclasses import replace

import pytest
from sui.faulty_links import FaultyLink
from sui.founded_chain import SUI, WAL, FoundedChain
from sui.new_blobs import new_blob

from walrus_core.errors import (
    ChainUnavailableError,
    TransactionRejectedError,
    TransactionUnknownError,
    WalrusCoreError,
)
from walrus_core.sui import execution, money_transactions
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.draft import CoinRef, Gas
from walrus_core.sui.keys import Key
from walrus_core.sui.transactions import SUI_TYPE

SOURCE = random.Random(3)


def public_key(key: Key) -> bytes:
    """Stands in signatures, and so in nothing but requests to execute."""
    return key.sign(b"")[65:]


@pytest.mark.parametrize("cuts", [0, 1, 3])
def test_lost_answers_are_not_paid_twice(founded: FoundedChain, cuts: int) -> None:
    async def run() -> None:
        key, link = await founded.new_key(), FaultyLink(founded.network.url)
        link.losing, link.cuts = public_key(key), cuts
        async with link.up(), SuiChain(replace(founded.network, url=link.url), key) as chain:
            registration = await chain.register(new_blob(SOURCE), 1)
            assert (link.lost, link.cuts) == (1, 0)
            [blob] = await chain.blobs()
            assert blob.object_id == registration.object_id
            balance = await chain.wallet.balance()
            assert balance.wal == 1000 * WAL - registration.cost.total
            assert balance.sui == 10 * SUI - registration.receipt.gas

    asyncio.run(run())


def test_an_answer_that_never_comes(founded: FoundedChain, monkeypatch: pytest.MonkeyPatch) -> None:
    """The transaction was executed; who cannot find that out is told its digest."""
    monkeypatch.setattr(execution, "RESEND_DELAYS", (0.0, 0.05))

    async def run() -> None:
        key, link = await founded.new_key(), FaultyLink(founded.network.url)
        link.losing, link.dead_after_loss = public_key(key), True
        async with link.up():
            network = replace(founded.network, url=link.url)
            async with SuiChain(network, key, timeout=0.3) as chain:
                with pytest.raises(TransactionUnknownError) as caught:
                    await chain.register(new_blob(SOURCE), 1)
        async with SuiChain(founded.network, key) as chain:
            assert await chain.connection.executed(caught.value.transaction)
            assert len(await chain.blobs()) == 1

    asyncio.run(run())


def test_a_silent_node(founded: FoundedChain) -> None:
    async def run() -> None:
        key, link = await founded.new_key(), FaultyLink(founded.network.url)
        link.silent = True
        async with link.up():
            network = replace(founded.network, url=link.url)
            async with SuiChain(network, key, timeout=0.2) as chain:
                with pytest.raises(ChainUnavailableError, match="seconds"):
                    await chain.register(new_blob(SOURCE), 1)

    asyncio.run(run())


@pytest.mark.parametrize("garbage", [b"\0" * 50, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 9])
def test_a_link_that_garbles(founded: FoundedChain, garbage: bytes) -> None:
    async def run() -> None:
        key, link = await founded.new_key(), FaultyLink(founded.network.url)
        link.garbage = garbage
        async with link.up():
            network = replace(founded.network, url=link.url)
            async with SuiChain(network, key, timeout=0.5) as chain:
                with pytest.raises(ChainUnavailableError):
                    await chain.state()
                link.garbage = b""
                assert (await chain.state()).epoch

    asyncio.run(run())


def test_racing_spends_of_one_coin(founded: FoundedChain) -> None:
    """Signed transactions over the same coins: exactly one wins, whatever the order."""

    async def run() -> None:
        for _ in range(10):
            key = await founded.new_key(sui=SUI, wal=0)
            async with SuiChain(founded.network, key) as chain:
                coins: list[CoinRef] = await chain.connection.coins(key.address, SUI_TYPE)
                gas = Gas(coins, key.address, 1000, 50_000_000)
                rivals = [
                    money_transactions.give(bytes(31) + bytes([n]), 7, 0, [], "").finish(
                        key.address, gas
                    )
                    for n in range(1, 9)
                ]
                answers = await asyncio.gather(
                    *(chain.connection.execute(rival, key.sign(rival)) for rival in rivals),
                    return_exceptions=True,
                )
                lost = [answer for answer in answers if isinstance(answer, Exception)]
                assert len(lost) == len(rivals) - 1
                assert all(isinstance(error, TransactionRejectedError) for error in lost)

    asyncio.run(run())


def test_wallet_used_from_two_places(founded: FoundedChain) -> None:
    """Each finds its coins stale now and then, and starts over: all succeed, all are paid once."""

    async def run() -> None:
        key = await founded.new_key()
        blobs = [new_blob(SOURCE, size=1000) for _ in range(6)]
        async with SuiChain(founded.network, key) as one, SuiChain(founded.network, key) as two:
            before = (await one.wallet.balance()).wal
            results = await asyncio.gather(
                *(
                    chain.register(blob, 1)
                    for chain, blob in zip([one, two] * 3, blobs, strict=True)
                )
            )
            spent = sum(result.cost.total for result in results)
            assert (await one.wallet.balance()).wal == before - spent
            assert len(await one.blobs()) == 6

    asyncio.run(run())


def test_many_at_once_in_one_place(founded: FoundedChain) -> None:
    async def run() -> None:
        key = await founded.new_key()
        async with SuiChain(founded.network, key) as chain:
            blobs = [new_blob(SOURCE, size=1000) for _ in range(8)]
            done = await asyncio.gather(*(chain.register(blob, 1) for blob in blobs))
            assert len({registration.object_id for registration in done}) == 8

    asyncio.run(run())


def test_the_same_transaction_twice_is_one(founded: FoundedChain) -> None:
    async def run() -> None:
        key = await founded.new_key(sui=SUI, wal=0)
        async with SuiChain(founded.network, key) as chain:
            coins: list[CoinRef] = await chain.connection.coins(key.address, SUI_TYPE)
            gas = Gas(coins, key.address, 1000, 50_000_000)
            draft = money_transactions.give(bytes(31) + b"\x77", 7, 0, [], "")
            transaction = draft.finish(key.address, gas)
            signature = key.sign(transaction)
            first = await chain.connection.execute(transaction, signature)
            assert first.digest == execution.transaction_digest(transaction)
            try:
                second = await chain.connection.execute(transaction, signature)
            except WalrusCoreError:
                second = first
            assert second.digest == first.digest
            balance = await chain.wallet.balance(bytes(31) + b"\x77")
            assert balance.sui == 7

    asyncio.run(run())
