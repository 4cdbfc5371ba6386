"""What a refused caller gets: a code, words, and details for programs. And who wins a race."""

import asyncio
from pathlib import Path

import grpc
import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2
import pytest
from localnet.sui_node.raw_calls import SERVICE, purse, split_off
from localnet.sui_node.running_chain import RunningChain
from pysui.sui.sui_grpc.suimsgs.google.rpc import Status

from walrus_core.sui.keys import Key, read_keystore

EXECUTE = SERVICE + "TransactionExecutionService/ExecuteTransaction"


def refusal(running_chain: RunningChain, method: str, message: bytes) -> grpc.RpcError:
    with (
        grpc.insecure_channel(running_chain.address) as channel,
        pytest.raises(grpc.RpcError) as refused,
    ):
        channel.unary_unary(SERVICE + method)(message, timeout=10)
    return refused.value


def details(error: grpc.RpcError) -> Status:
    [status] = [
        value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"
    ]
    return Status.parse(status)


def test_the_details_name_the_field(running_chain: RunningChain) -> None:
    request = v2.GetBalanceRequest(owner="0x5", coin_type="not a type")
    error = refusal(running_chain, "StateService/GetBalance", bytes(request))
    status = details(error)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (status.code, status.message) == (3, error.details())
    [detail] = status.details
    assert detail.type_url == "type.googleapis.com/google.rpc.BadRequest"
    assert b"\x0a\x09coin_type" in detail.value
    assert b"FIELD_INVALID" in detail.value


def test_a_missing_field_is_named(running_chain: RunningChain) -> None:
    error = refusal(running_chain, "LedgerService/GetObject", b"")
    assert error.details() == "object_id: missing object_id"
    [detail] = details(error).details
    assert b"FIELD_MISSING" in detail.value


def test_long_texts_are_cut(running_chain: RunningChain) -> None:
    request = v2.GetObjectRequest(object_id="0x" + "z" * 100_000)
    error = refusal(running_chain, "LedgerService/GetObject", bytes(request))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert len(error.details() or "") < 1100


def test_too_many_at_once(running_chain: RunningChain) -> None:
    requests = [v2.GetObjectRequest(object_id="0x5")] * 201
    message = bytes(v2.BatchGetObjectsRequest(requests=requests))
    error = refusal(running_chain, "LedgerService/BatchGetObjects", message)
    assert error.details() == "requests: 201 > 200 in one call"


def test_of_racing_spends_one_wins(running_chain: RunningChain) -> None:
    [key] = read_keystore(Path(running_chain.values["wallet"]))
    codes = asyncio.run(race(running_chain.address, key))
    assert codes.count(grpc.StatusCode.OK) == 1
    assert codes.count(grpc.StatusCode.FAILED_PRECONDITION) == len(codes) - 1


async def race(address: str, key: Key) -> list[grpc.StatusCode]:
    """Twenty different transactions with one coin, at once."""
    async with grpc.aio.insecure_channel(address) as channel:
        coin = await purse(channel, key)

        async def send(mist: int) -> grpc.StatusCode:
            call = channel.unary_unary(EXECUTE)(bytes(split_off(coin, key, mist)))
            return await call.code()

        return list(await asyncio.gather(*[send(mist) for mist in range(1, 21)]))
