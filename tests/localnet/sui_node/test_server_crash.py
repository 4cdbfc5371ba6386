"""`kill -9` while transactions come in: what was acknowledged is there afterwards."""

import asyncio
from pathlib import Path

import grpc
import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2
import pytest
from localnet.sui_node.raw_calls import SERVICE, purse, split_off
from localnet.sui_node.running_chain import RunningChain, start
from pysui.sui.sui_grpc.suimsgs.google.protobuf import FieldMask

from walrus_core.localnet.sui_node.ids import parse_digest
from walrus_core.localnet.sui_node.transaction_data import ObjectReference
from walrus_core.sui.keys import Key, read_keystore


async def spend(address: str, key: Key, acknowledged: list[v2.ExecutedTransaction]) -> None:
    """One transaction after the other, until the server is gone."""
    async with grpc.aio.insecure_channel(address) as channel:
        coin = await purse(channel, key)
        execute = channel.unary_unary(SERVICE + "TransactionExecutionService/ExecuteTransaction")
        while True:
            try:
                data = await execute(bytes(split_off(coin, key)))
            except grpc.aio.AioRpcError:
                return
            executed = v2.ExecuteTransactionResponse.parse(data).transaction
            assert executed is not None
            assert executed.effects is not None
            acknowledged.append(executed)
            paid = executed.effects.gas_object
            assert paid is not None
            digest = parse_digest(paid.output_digest or "")
            coin = ObjectReference(coin.id, paid.output_version or 0, digest)


async def kill_while_spending(
    running: RunningChain, key: Key, seconds: float
) -> list[v2.ExecutedTransaction]:
    acknowledged: list[v2.ExecutedTransaction] = []
    spending = asyncio.create_task(spend(running.address, key, acknowledged))
    await asyncio.sleep(seconds)
    running.process.kill()
    await spending
    return acknowledged


async def look_up(address: str, key: Key, digests: list[str]) -> list[v2.ExecutedTransaction]:
    async with grpc.aio.insecure_channel(address) as channel:
        get = channel.unary_unary(SERVICE + "LedgerService/GetTransaction")
        found = []
        for digest in digests:
            request = v2.GetTransactionRequest(digest=digest, read_mask=FieldMask(["*"]))
            executed = v2.GetTransactionResponse.parse(await get(bytes(request))).transaction
            assert executed is not None
            found.append(executed)
        await purse(channel, key)
        return found


@pytest.mark.parametrize("seconds", [0.3, 0.7])
def test_what_was_acknowledged_is_there(tmp_path: Path, seconds: float) -> None:
    home = tmp_path / "home"
    running = start(home)
    [key] = read_keystore(home / "sui.keystore")
    acknowledged = asyncio.run(kill_while_spending(running, key, seconds))
    running.kill()
    assert len(acknowledged) > 5
    again = start(home)
    try:
        digests = [executed.digest or "" for executed in acknowledged]
        found = asyncio.run(look_up(again.address, key, digests))
        for before, after in zip(acknowledged, found, strict=True):
            assert before.effects is not None
            assert after.effects is not None
            assert (after.digest, after.checkpoint) == (before.digest, before.checkpoint)
            assert after.effects.digest == before.effects.digest
            assert bytes(after.effects) == bytes(before.effects)
    finally:
        assert again.stop() == 0
