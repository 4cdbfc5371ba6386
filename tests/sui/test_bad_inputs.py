"""What the contract and the node refuse, as the exceptions that say why."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sui.founded_chain import SUI, WAL, FoundedChain
from sui.new_blobs import new_blob

from walrus_core.errors import (
    Abort,
    InsufficientFundsError,
    TransactionRejectedError,
    UnknownObjectError,
)
from walrus_core.protocol.certificate import Certificate
from walrus_core.protocol.committee import Committee
from walrus_core.protocol.messages import Confirmation, InvalidBlobId
from walrus_core.services.ports import NewBlob, Prices
from walrus_core.sui import money_transactions, transactions
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.contract import View
from walrus_core.sui.draft import CoinRef, Draft, Gas
from walrus_core.sui.transactions import SUI_TYPE

SOURCE = random.Random(2)
FOUNDING_PRICES = Prices(storage=100_000, write=20_000)

Act = Callable[[SuiChain], Awaitable[Any]]


@pytest.fixture
def play(founded: FoundedChain) -> Callable[..., None]:
    """Run a test with a new wallet; what it has is the same afterwards, but for the gas."""

    async def run(act: Act, sui: int, wal: int) -> None:
        key = await founded.new_key(sui=sui, wal=wal)
        async with SuiChain(founded.network, key) as chain:
            await act(chain)

    def play(act: Act, *, sui: int = 10 * SUI, wal: int = 1000 * WAL) -> None:
        asyncio.run(run(act, sui, wal))

    return play


def aborts(module: str, name: str) -> Any:
    """The context in which this abort comes up."""
    return pytest.raises(Abort, match=f"{module}::{name}")


def test_too_little_wal(play: Callable[..., None]) -> None:
    blob = new_blob(SOURCE)
    cost = FOUNDING_PRICES.cost(blob.encoded_size, 53).total

    async def act(chain: SuiChain) -> None:
        with pytest.raises(InsufficientFundsError, match="FROST of WAL") as caught:
            await chain.register(blob, 53)
        error = caught.value
        assert (error.coin, error.needed, error.got) == ("WAL", cost, cost - 1)

    play(act, wal=cost - 1)


def test_exactly_enough_wal(play: Callable[..., None]) -> None:
    blob = new_blob(SOURCE)

    async def act(chain: SuiChain) -> None:
        await chain.register(blob, 7)
        assert (await chain.wallet.balance()).wal == 0

    play(act, wal=FOUNDING_PRICES.cost(blob.encoded_size, 7).total)


@pytest.mark.parametrize("mist", [1, 500_000, 2_000_000])
def test_too_little_gas(play: Callable[..., None], mist: int) -> None:
    async def act(chain: SuiChain) -> None:
        with pytest.raises(InsufficientFundsError, match="MIST of SUI") as caught:
            await chain.register(new_blob(SOURCE), 1)
        assert caught.value.coin == "SUI"
        assert caught.value.got == mist < caught.value.needed < 10**8

    play(act, sui=mist)


def test_no_gas_at_all(founded: FoundedChain) -> None:
    async def run() -> None:
        key = await founded.new_key(sui=0)
        async with SuiChain(founded.network, key) as chain:
            with pytest.raises(InsufficientFundsError, match="0 < "):
                await chain.register(new_blob(SOURCE), 1)

    asyncio.run(run())


def test_exchange_of_more_than_there_is(play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        with pytest.raises(InsufficientFundsError) as caught:
            await chain.wallet.exchange(2 * SUI)
        assert caught.value.needed > 2 * SUI
        assert caught.value.got == SUI

    play(act, sui=SUI)


def test_more_epochs_than_allowed(play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        for epochs in (0, 54):
            with aborts("system_state_inner", "EInvalidEpochsAhead"):
                await chain.register(new_blob(SOURCE), epochs)
        object_id = (await chain.register(new_blob(SOURCE), 53)).object_id
        with pytest.raises(Abort):
            await chain.extend(object_id, 1)

    play(act)


def test_wrong_root_hash_and_size(play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        blob = new_blob(SOURCE)
        for wrong in (replace(blob, root_hash=bytes(32)), replace(blob, size=blob.size + 1)):
            with aborts("blob", "EInvalidBlobId"):
                await chain.register(wrong, 1)

    play(act)


def test_storage_too_small(play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        blob = new_blob(SOURCE)
        with aborts("blob", "EResourceSize"):
            await chain.register(replace(blob, encoded_size=blob.encoded_size - 1), 1)

    play(act)


def test_deleting_a_permanent_blob(play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        object_id = (await chain.register(new_blob(SOURCE, deletable=False), 1)).object_id
        with aborts("blob", "EBlobNotDeletable"):
            await chain.delete(object_id)

    play(act)


async def registered(chain: SuiChain) -> tuple[NewBlob, bytes, Committee]:
    """A permanent blob that could be certified."""
    blob = new_blob(SOURCE, deletable=False)
    object_id = (await chain.register(blob, 1)).object_id
    return blob, object_id, (await chain.committees()).current


def test_certifying_twice(founded: FoundedChain, play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        blob, object_id, committee = await registered(chain)
        certificate = founded.certificate(committee, Confirmation(committee.epoch, blob.blob_id))
        await chain.certify(object_id, certificate)
        with aborts("blob", "EAlreadyCertified"):
            await chain.certify(object_id, certificate)

    play(act)


def test_certificates_that_do_not_hold(founded: FoundedChain, play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        blob, object_id, committee = await registered(chain)
        epoch, good = committee.epoch, Confirmation(committee.epoch, blob.blob_id)
        whole = founded.certificate(committee, good)
        weak = founded.signed(committee, 0, good)
        other = Confirmation(epoch, new_blob(SOURCE).blob_id)
        wrong: dict[tuple[str, str], Certificate] = {
            ("bls_aggregate", "ENotEnoughStake"): Certificate((0,), bytes(good), weak.signature),
            ("bls_aggregate", "ESigVerification"): replace(whole, signers=whole.signers[1:]),
            ("messages", "EIncorrectEpoch"): founded.certificate(
                committee, Confirmation(epoch + 1, blob.blob_id)
            ),
            ("messages", "EInvalidMsgType"): founded.certificate(
                committee, InvalidBlobId(epoch, blob.blob_id)
            ),
            ("blob", "EInvalidBlobId"): founded.certificate(committee, other),
        }
        for (module, name), certificate in wrong.items():
            with aborts(module, name):
                await chain.certify(object_id, certificate)
        forged = replace(whole, signature=founded.certificate(committee, other).signature)
        with aborts("bls_aggregate", "ESigVerification"):
            await chain.certify(object_id, forged)
        await _certify_with_bitmap(chain, object_id, whole, b"\xff")
        await chain.certify(object_id, whole)

    play(act)


async def _certify_with_bitmap(
    chain: SuiChain, object_id: bytes, whole: Certificate, bitmap: bytes
) -> None:
    """A bitmap that names members whom the committee has not."""

    async def plan(view: View) -> Draft:
        blob = await chain.owned.reference(object_id)
        parts = whole.signature.data, bitmap, whole.serialized_message
        return transactions.certify(view.contract, blob, parts)

    with aborts("bls_aggregate", "EInvalidBitmap"):
        await chain.execution.run(plan)


def test_objects_that_are_not_there(play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        nowhere, no_blob = bytes(32), chain.network.system
        for object_id in (nowhere, no_blob):
            with pytest.raises(UnknownObjectError):
                await chain.extend(object_id, 1)
        with pytest.raises(UnknownObjectError):
            await chain.stakes.withdraw(nowhere)
        with pytest.raises(Abort, match=r"EPoolNotFound|EFieldDoesNotExist"):
            await chain.stakes.stake(nowhere, WAL)

    play(act)


def test_stakes_that_are_refused(play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        node = (await chain.committees()).current.members[0].node_id
        with aborts("staked_wal", "EStakeBelowThreshold"):
            await chain.stakes.stake(node, WAL - 1)
        [stake] = (await chain.stakes.stake(node, WAL)).created
        with aborts("staking_pool", "EWithdrawDirectly"):
            await chain.stakes.request_withdrawal(stake)

    play(act)


def test_signatures_that_are_refused(founded: FoundedChain, play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        transaction = await _gift(chain)
        good, other = chain.key.sign(transaction), founded.operator.sign(transaction)
        forged = good[:10] + bytes([good[10] ^ 1]) + good[11:]
        for wrong in (other, forged, good[:-1], good[:65] + other[65:], b"\x09" + good[1:], b""):
            with pytest.raises(TransactionRejectedError):
                await chain.connection.execute(transaction, wrong)
        await chain.connection.execute(transaction, good)

    play(act)


async def _gift(chain: SuiChain) -> bytes:
    """A transaction that sends 1 MIST away, unsigned."""
    coins: list[CoinRef] = await chain.connection.coins(chain.address, SUI_TYPE)
    draft = money_transactions.give(bytes(32), 1, 0, [], "")
    return draft.finish(chain.address, Gas(coins, chain.address, 1000, 50_000_000))


def test_foreign_objects(founded: FoundedChain, play: Callable[..., None]) -> None:
    async def act(chain: SuiChain) -> None:
        object_id = (await chain.register(new_blob(SOURCE), 1)).object_id
        thief_key = await founded.new_key()
        async with SuiChain(founded.network, thief_key) as thief:
            with pytest.raises(TransactionRejectedError, match=r"not .*sender"):
                await thief.delete(object_id)

    play(act)


def test_no_such_package_and_function(play: Callable[..., None]) -> None:
    async def call(chain: SuiChain, package: bytes, target: str) -> None:
        async def plan(_: View) -> Draft:
            draft = Draft()
            draft.call(package, target)
            return draft

        await chain.execution.run(plan)

    async def act(chain: SuiChain) -> None:
        package = (await chain.reader.view()).contract.package
        for where, target in [(bytes(32), "system::epoch"), (package, "system::no_such")]:
            with pytest.raises(Exception, match=r"(?i)package|function|no_such"):
                await call(chain, where, target)

    play(act)
