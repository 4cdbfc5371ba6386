"""pysui's own client against the server: what it asks, and what it makes of the answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pysui
import pysui.sui.sui_grpc.pgrpc_requests as requests
import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2
import pytest
from localnet.sui_node.running_chain import RunningChain
from localnet.sui_node.stock_client import StockClient, stock_client
from pysui.sui.sui_common.executors.finality import FinalityOutcome, wait_for_finality

FULL_SUI = f"0x{2:064x}::sui::SUI"
Drill = Callable[[StockClient], Awaitable[None]]
Play = Callable[[Drill], None]


@pytest.fixture
def play(running_chain: RunningChain, tmp_path: Path) -> Play:
    """Run a drill with a client of the chain's own wallet."""

    async def played(drill: Drill) -> None:
        async with stock_client(tmp_path, running_chain.url, [running_chain.wallet]) as client:
            await drill(client)

    return lambda drill: asyncio.run(played(drill))


async def ask(client: StockClient, request: Any) -> Any:
    """The answer to a request, which succeeds."""
    result = await client.execute_grpc_request(request=request)
    assert result.is_ok(), result.result_string
    return result.result_data


async def refusal(client: StockClient, request: Any) -> tuple[str, str]:
    """The status and the message of a request, which fails."""
    result = await client.execute_grpc_request(request=request)
    assert not result.is_ok()
    status, message, *_ = result.result_string
    return status.name, message


async def send(client: StockClient, *amounts: int) -> v2.ExecutedTransaction:
    """Split coins off the gas and keep them."""
    transaction = await client.transaction()
    coins = await transaction.split_coin(coin=transaction.gas, amounts=list(amounts))
    owner = client.config.active_address
    await transaction.transfer_objects(
        transfers=coins if isinstance(coins, list) else [coins], recipient=owner
    )
    signed = await transaction.build_and_sign()
    executed: v2.ExecutedTransaction = await ask(client, requests.ExecuteTransaction(**signed))
    assert executed.effects is not None
    assert executed.effects.status is not None
    assert executed.effects.status.success, executed.effects.status.error
    return executed


def owner_of(client: StockClient) -> str:
    return str(client.config.active_address)


def test_it_connects_and_learns_the_rules(play: Play) -> None:
    async def drill(client: StockClient) -> None:
        assert client.current_gas_price == 1000
        rules = client.protocol().transaction_constraints
        assert rules.max_tx_size_bytes == 131_072
        info = await ask(client, requests.GetServiceInfo())
        assert info.checkpoint_height >= 0
        latest = await ask(client, requests.GetLatestCheckpoint())
        assert latest.checkpoint.sequence_number >= info.checkpoint_height
        epoch = await ask(client, requests.GetBasicCurrentEpochInfo())
        assert epoch.reference_gas_price == 1000

    play(drill)


def test_it_reads_objects(play: Play, running_chain: RunningChain) -> None:
    async def drill(client: StockClient) -> None:
        system = running_chain.values["systemId"]
        one = (await ask(client, requests.GetObject(object_id=system))).object
        assert one.object_type.endswith("::system::System")
        assert one.owner.kind is v2.OwnerOwnerKind.SHARED
        assert one.contents is None  # not in pysui's mask
        whole = (await ask(client, requests.GetObject(object_id=system, field_mask=["*"]))).object
        assert whole.contents.value[:32].hex() == system[2:]
        missing = "0x" + "77" * 32
        several = await ask(client, requests.GetMultipleObjects(object_ids=[system, missing]))
        assert several.objects[0].object.object_id == system
        assert several.objects[1].error.code == 5
        assert (await refusal(client, requests.GetObject(object_id=missing)))[0] == "NOT_FOUND"
        assert (await refusal(client, requests.GetObject(object_id="0xz")))[0] == "INVALID_ARGUMENT"

    play(drill)


def test_coins_and_balances_agree(play: Play) -> None:
    async def drill(client: StockClient) -> None:
        owner = owner_of(client)
        await send(client, 5, 6, 7)
        coins = await client.execute_for_all(command=pysui.GetCoins(owner=owner))
        found = [coin.balance for coin in coins.result_data.objects]
        assert {5, 6, 7} <= set(found)
        balance = (await ask(client, requests.GetAddressCoinBalance(owner=owner))).balance
        assert balance.balance == sum(found)
        assert not balance.address_balance
        listed = await ask(client, requests.GetAddressCoinBalances(owner=owner))
        assert {each.coin_type: each.balance for each in listed.balances}[FULL_SUI] == sum(found)
        assert any(each.coin_type.endswith("::wal::WAL") for each in listed.balances)

    play(drill)


def test_pages_end_without_a_token(play: Play) -> None:
    async def drill(client: StockClient) -> None:
        await send(client, 1, 2, 3)
        whole = await ask(client, requests.GetGas(owner=owner_of(client)))
        found, token = [], None
        for page in count():
            assert page < 100
            some = await ask(
                client, requests.GetGas(owner=owner_of(client), page_size=2, page_token=token)
            )
            found += [coin.object_id for coin in some.objects]
            token = some.next_page_token
            if token is None:
                break
            assert len(some.objects) == 2
        assert found == [coin.object_id for coin in whole.objects]

    play(drill)


def test_a_transaction_from_simulation_to_finality(play: Play) -> None:
    async def drill(client: StockClient) -> None:
        executed = await send(client, 1234)
        assert executed.effects is not None
        [created] = [
            change
            for change in executed.effects.changed_objects
            if change.id_operation is v2.ChangedObjectIdOperation.CREATED
        ]
        coin = (await ask(client, requests.GetObject(object_id=created.object_id or ""))).object
        assert (coin.balance, coin.version, coin.digest) == (
            1234,
            created.output_version,
            created.output_digest,
        )
        digest = executed.digest or ""
        assert await wait_for_finality(client=client, digest=digest) is FinalityOutcome.INDEXED
        again = await ask(client, requests.GetTransaction(digest=digest, field_mask=["*"]))
        assert again.transaction.effects.digest == executed.effects.digest
        assert again.transaction.transaction.sender == owner_of(client)
        unknown = requests.GetTransaction(digest="1" * 32)
        assert (await refusal(client, unknown))[0] == "NOT_FOUND"

    play(drill)


def test_a_lost_answer_is_given_again(play: Play) -> None:
    """The same transaction sent twice is executed once."""

    async def drill(client: StockClient) -> None:
        transaction = await client.transaction()
        coin = await transaction.split_coin(coin=transaction.gas, amounts=[77])
        await transaction.transfer_objects(transfers=[coin], recipient=owner_of(client))
        signed = await transaction.build_and_sign()
        first = await ask(client, requests.ExecuteTransaction(**signed))
        second = await ask(client, requests.ExecuteTransaction(**signed))
        assert first.effects.digest == second.effects.digest
        assert first.checkpoint == second.checkpoint

    play(drill)


def test_a_spent_version_is_refused(play: Play) -> None:
    async def drill(client: StockClient) -> None:
        transaction = await client.transaction()
        coin = await transaction.split_coin(coin=transaction.gas, amounts=[1])
        await transaction.transfer_objects(transfers=[coin], recipient=owner_of(client))
        stale = await transaction.build_and_sign()
        await send(client, 2)
        status, _ = await refusal(client, requests.ExecuteTransaction(**stale))
        assert status in {"FAILED_PRECONDITION", "INVALID_ARGUMENT"}

    play(drill)


def test_functions_and_packages(play: Play, running_chain: RunningChain) -> None:
    async def drill(client: StockClient) -> None:
        system = running_chain.values["systemId"]
        object_type = (await ask(client, requests.GetObject(object_id=system))).object.object_type
        package = object_type.split("::")[0]
        answer = await ask(
            client,
            requests.GetFunction(
                package=package, module_name="staking", function_name="stake_with_pool"
            ),
        )
        staking, coin, node = answer.function.parameters
        assert staking.reference is v2.OpenSignatureReference.MUTABLE
        assert coin.body.type_name == f"0x{2:064x}::coin::Coin"
        [wal] = coin.body.type_parameter_instantiation
        assert wal.type_name.endswith("::wal::WAL")
        assert node.body.type_name == f"0x{2:064x}::object::ID"
        whole = (await ask(client, requests.GetPackage(package=package))).package
        modules = {module.name: module for module in whole.modules}
        assert {"system", "staking", "blob"} <= modules.keys()
        assert "reserve_space" in {each.name for each in modules["system"].functions}
        assert [each.name for each in modules["blob"].datatypes] == ["Blob"]
        versions = await ask(client, requests.GetPackageVersions(package_storage_id=package))
        assert whole.storage_id in {each.package_id for each in versions.versions}
        nothing = requests.GetFunction(package=package, module_name="staking", function_name="none")
        assert (await refusal(client, nothing))[0] == "NOT_FOUND"

    play(drill)


def test_dynamic_fields(play: Play, running_chain: RunningChain) -> None:
    async def drill(client: StockClient) -> None:
        system = running_chain.values["systemId"]
        [inner] = (await ask(client, requests.GetDynamicFields(object_id=system))).dynamic_fields
        assert inner.kind is v2.DynamicFieldDynamicFieldKind.FIELD
        assert inner.name.name == "u64"
        assert inner.value_type.endswith("::system_state_inner::SystemStateInnerV1")
        assert inner.field_object.contents.value.endswith(inner.name.value + inner.value.value)
        same = (await ask(client, requests.GetObject(object_id=inner.field_id))).object
        assert same.owner.address == system

    play(drill)


async def listed(client: StockClient, request: Any) -> list[Any]:
    return [frame async for frame in await ask(client, request)]


def test_lists_of_the_past(play: Play) -> None:
    async def drill(client: StockClient) -> None:
        executed = await send(client, 9)
        number = executed.checkpoint or 0
        transactions = await listed(
            client, requests.ListTransactions(start_checkpoint=number, field_mask=["digest"])
        )
        assert transactions[0].transaction.digest == executed.digest
        assert transactions[-1].end.reason is v2.QueryEndReason.LEDGER_TIP
        checkpoints = await listed(
            client, requests.ListCheckpoints(start_checkpoint=number, end_checkpoint=number + 1)
        )
        assert [frame.checkpoint.sequence_number for frame in checkpoints[:-1]] == [number]

    play(drill)


def test_subscriptions_tell_what_happens(play: Play) -> None:
    async def drill(client: StockClient) -> None:
        streams: list[tuple[AsyncIterator[Any], Callable[[Any], Any]]] = [
            (
                await ask(client, requests.SubscribeTransactions(field_mask=["digest"])),
                lambda frame: frame.transaction and frame.transaction.digest,
            ),
            (
                await ask(
                    client, requests.SubscribeCheckpoints(field_mask=["transactions.digest"])
                ),
                lambda frame: frame.checkpoint and frame.checkpoint.transactions[0].digest,
            ),
        ]
        for stream, digest_in in streams:
            first = asyncio.ensure_future(anext(aiter(stream)))
            await asyncio.sleep(0.2)  # until the server listens
            executed = await send(client, 3)
            assert digest_in(await asyncio.wait_for(first, 5)) == executed.digest

    play(drill)
