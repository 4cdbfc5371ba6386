"""Whose fault the end of a call was is counted right: a caller who goes has not said nonsense."""

import asyncio
import struct
from collections.abc import AsyncIterator

import grpc
import pytest
from rpc.bare_http2 import Kind, bare_connection
from rpc.gateway_serving import served_gateway, way_to
from rpc.serving import Calls, in_loop

from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE
from walrus_core.rpc.v1 import encoding_pb2 as pb

HEADER = pb.EncodeRequest(header=pb.EncodeHeader(size=3, n_shards=10))


async def header_only(open_for: float) -> AsyncIterator[pb.EncodeRequest]:
    """And then nothing, though the request is open for so many seconds more."""
    yield HEADER
    await asyncio.sleep(open_for)


async def told(calls: Calls) -> str:
    """The code with which the first call ended."""
    async with asyncio.timeout(10):
        while not calls.made:
            await asyncio.sleep(0.005)
    return calls.made[0][1]


@in_loop
async def test_a_call_that_was_cancelled() -> None:
    calls = Calls()
    async with served_gateway(attend=(calls.attend,)) as (_, port), way_to(port) as way:
        call = way.encoding.Encode(header_only(30))
        await asyncio.sleep(0.2)
        call.cancel()
        assert await told(calls) == "CANCELLED"


@in_loop
async def test_a_call_past_its_deadline() -> None:
    calls = Calls()
    async with served_gateway(attend=(calls.attend,)) as (_, port), way_to(port) as way:
        call = way.encoding.Encode(header_only(30), timeout=0.2)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await anext(aiter(call))
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await told(calls) == "DEADLINE_EXCEEDED"


@in_loop
async def test_a_caller_that_was_killed() -> None:
    """Its connection closes."""
    calls, message = Calls(), HEADER.SerializeToString()
    async with served_gateway(attend=(calls.attend,)) as (_, port):
        async with bare_connection(port) as caller:
            caller.call(f"/{ENCODING_SERVICE}/Encode")
            framed = struct.pack(">BI", 0, len(message)) + message
            caller.send(Kind.DATA, 0, framed, 1)
            await asyncio.sleep(0.2)
        assert await told(calls) == "CANCELLED"


@in_loop
async def test_a_request_that_is_too_short() -> None:
    calls = Calls()
    async with served_gateway(attend=(calls.attend,)) as (_, port), way_to(port) as way:
        with pytest.raises(grpc.aio.AioRpcError, match="the chunks end at 0 of 3 bytes"):
            await anext(aiter(way.encoding.Encode(header_only(0))))
        assert await told(calls) == "INVALID_ARGUMENT"
