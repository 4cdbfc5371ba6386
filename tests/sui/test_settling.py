"""A registration that was signed before a crash: what became of it is found out, and it is paid at
most once.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from sui.faulty_links import FaultyLink
from sui.founded_chain import WAL, Act, FoundedChain
from sui.new_blobs import new_blob
from sui.notebooks import KilledError, Notebook

from walrus_core.errors import (
    ChainUnavailableError,
    InvalidEncodingError,
    TransactionRejectedError,
    TransactionUnknownError,
)
from walrus_core.services.ports import NewBlob
from walrus_core.sui import execution
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.signed_inputs import signed_inputs
from walrus_core.sui.signed_registration import SignedRegistration

SOURCE = random.Random(11)


async def signed_by_the_dead(chain: SuiChain, blob: NewBlob) -> bytes:
    """What a process left that was killed when it had signed, and not sent."""
    notebook = Notebook(killing=True)
    with pytest.raises(KilledError):
        await chain.register(blob, 2, notebook)
    [signed] = notebook.pages
    return signed


async def paid(chain: SuiChain) -> int:
    return 1000 * WAL - (await chain.wallet.balance()).wal


def test_killed_before_it_was_sent(play: Callable[[Act], None]) -> None:
    blob = new_blob(SOURCE, attributes={"a": "b"})

    async def act(first: SuiChain, then: SuiChain) -> None:
        signed = await signed_by_the_dead(first, blob)
        assert not await then.blobs()
        registration = await then.settle(signed)
        assert registration is not None
        [found] = await then.blobs()
        assert (found.object_id, found.blob_id) == (registration.object_id, blob.blob_id)
        assert registration.cost == await then.price(blob.encoded_size, 2)
        assert registration.end_epoch == found.storage.end_epoch
        assert await paid(then) == registration.cost.total
        assert await then.settle(signed) == registration
        assert await first.settle(signed) == registration
        assert await paid(then) == registration.cost.total

    play(act)


def test_killed_after_it_was_executed(play: Callable[[Act], None]) -> None:
    async def act(first: SuiChain, then: SuiChain) -> None:
        notebook = Notebook()
        registration = await first.register(new_blob(SOURCE), 2, notebook)
        [signed] = notebook.pages
        assert await then.settle(signed) == registration
        await then.register(new_blob(SOURCE), 1)  # its coins have other versions by now
        assert await then.settle(signed) == registration
        assert len(await then.blobs()) == 2

    play(act)


def test_killed_while_it_was_under_way(
    founded: FoundedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "RESEND_DELAYS", (0.0, 0.05))

    async def run() -> None:
        key, link, notebook = await founded.new_key(), FaultyLink(founded.network.url), Notebook()
        link.losing, link.dead_after_loss = key.sign(b"")[65:], True
        async with link.up():
            network = replace(founded.network, url=link.url)
            async with SuiChain(network, key, timeout=0.3) as chain:
                with pytest.raises(TransactionUnknownError):
                    await chain.register(new_blob(SOURCE), 1, notebook)
                with pytest.raises(ChainUnavailableError):
                    await chain.settle(notebook.pages[0])
        async with SuiChain(founded.network, key) as chain:
            registration = await chain.settle(notebook.pages[0])
            assert registration is not None
            assert await paid(chain) == registration.cost.total

    asyncio.run(run())


def test_its_coins_went_elsewhere(play: Callable[[Act], None]) -> None:
    async def act(first: SuiChain, then: SuiChain) -> None:
        signed = await signed_by_the_dead(first, new_blob(SOURCE))
        other = await then.register(new_blob(SOURCE), 1)
        assert await then.settle(signed) is None
        assert await first.settle(signed) is None
        assert await paid(then) == other.cost.total

    play(act)


def test_two_of_one_wallet_race(play: Callable[[Act], None]) -> None:
    """Of two that were signed for the same coins one is executed, whoever settles them."""

    async def act(first: SuiChain, then: SuiChain) -> None:
        signed = [await signed_by_the_dead(chain, new_blob(SOURCE)) for chain in (first, then)]
        settled = await asyncio.gather(*map(first.settle, signed), *map(then.settle, signed))
        registrations = {one.object_id: one for one in settled if one is not None}
        [registration] = registrations.values()
        assert [one.object_id for one in await then.blobs()] == [registration.object_id]
        assert await paid(then) == registration.cost.total

    play(act)


def test_refused_for_a_reason_that_may_pass(play: Callable[[Act], None]) -> None:
    """While its coins are there it can still be executed."""

    async def act(first: SuiChain, then: SuiChain) -> None:
        signed = SignedRegistration.from_bytes(await signed_by_the_dead(first, new_blob(SOURCE)))
        assert signed_inputs(signed.transaction).versions
        broken = replace(signed, signature=bytes([signed.signature[0]]) + bytes(96))
        with pytest.raises(TransactionRejectedError):
            await then.settle(broken.to_bytes())
        assert await then.settle(signed.to_bytes()) is not None

    play(act)


def test_a_dry_run_signs_nothing(founded: FoundedChain) -> None:
    async def run() -> None:
        key, notebook = await founded.new_key(), Notebook()
        async with SuiChain(founded.network, key, dry_run=True) as chain:
            await chain.register(new_blob(SOURCE), 2, notebook)
        assert not notebook.pages

    asyncio.run(run())


def test_bytes_that_are_none(play: Callable[[Act], None]) -> None:
    async def act(first: SuiChain, then: SuiChain) -> None:
        signed = await signed_by_the_dead(first, new_blob(SOURCE))
        for broken in (b"", b"\x02" + signed[1:], signed[:-1], signed + b"\0"):
            with pytest.raises(InvalidEncodingError):
                await then.settle(broken)
        with pytest.raises(InvalidEncodingError):
            signed_inputs(b"\0\1\2")

    play(act)
