"""What everybody may ask a server, and what nobody can do to it that way."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from rpc.gateway_serving import NOT_SERVING, SERVING, Way, retry_seconds, served_gateway, way_to
from rpc.serving import in_loop

from walrus_core.rpc import public_services
from walrus_core.rpc.blob_servicer import BLOB_SERVICE
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE

Code = grpc.StatusCode
REFLECTION = "grpc.reflection.v1alpha.ServerReflection", "grpc.reflection.v1.ServerReflection"
CHECKS = {"Check": "unary_unary", "List": "unary_unary", "Watch": "unary_stream"}
NO_MESSAGE = b"\x0a\xff\xff\xff\x7f"


def reflecting(way: Way, requests: Any, service: str = REFLECTION[0]) -> Any:
    """A call of a server's reflection."""
    reflect = way.channel.stream_stream(
        f"/{service}/ServerReflectionInfo",
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    return reflect(requests)


async def symbol(way: Way, name: str, service: str) -> str:
    """Which kind of answer there is to who looks for a symbol."""
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=name)
    [answer] = [answer async for answer in reflecting(way, iter([request]), service)]
    return str(answer.WhichOneof("message_response"))


@pytest.mark.parametrize("service", REFLECTION)
@in_loop
async def test_every_symbol_is_found(service: str) -> None:
    async with served_gateway() as (_, port), way_to(port) as way:
        for name in (
            "walrus_core.rpc.v1.EncodingService",
            "walrus_core.rpc.v1.EncodingService.Encode",
            "walrus_core.rpc.v1.Chunk.data",
            "grpc.health.v1.Health.Watch",
        ):
            assert await symbol(way, name, service) == "file_descriptor_response"
        for name in ("", ".", "walrus_core.rpc.v1.EncodingService.Nothing", "Nothing.Encode"):
            assert await symbol(way, name, service) == "error_response"


@in_loop
async def test_health_is_told_of_all_services() -> None:
    async with served_gateway("testnet") as (_, port), way_to(port) as way:
        stub = health_pb2_grpc.HealthStub(way.channel)
        answer = await stub.List(health_pb2.HealthListRequest())
    statuses = {name: health.status for name, health in answer.statuses.items()}
    assert statuses == {"": SERVING, ENCODING_SERVICE: SERVING, BLOB_SERVICE: NOT_SERVING}


@in_loop
async def test_bytes_that_are_no_message(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with served_gateway() as (_, port), way_to(port) as way:
            calls = [
                getattr(way.channel, form)(f"/grpc.health.v1.Health/{name}")(NO_MESSAGE)
                for name, form in CHECKS.items()
            ]
            for service in REFLECTION:
                reflect = way.channel.stream_stream(f"/{service}/ServerReflectionInfo")
                calls.append(reflect(iter([NO_MESSAGE])))
            for call in calls:
                assert await call.code() is Code.INVALID_ARGUMENT
    assert not caplog.records


@in_loop
async def test_who_looks_at_the_protocol_does_not_keep_it() -> None:
    leave = asyncio.Event()

    async def staying() -> AsyncIterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        await leave.wait()

    async with served_gateway() as (server, port), way_to(port) as way:
        call = reflecting(way, staying())
        assert (await call.read()).list_services_response.service
        async with asyncio.timeout(5):
            await server.stop(grace=60)
        assert await call.code() is Code.UNAVAILABLE
        leave.set()


@in_loop
async def test_not_everybody_can_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_services, "MOST_WAITING", 2)
    async with served_gateway() as (_, port), way_to(port) as way:
        stub = health_pb2_grpc.HealthStub(way.channel)
        watches = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(2)]
        for watch in watches:
            await watch.read()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Watch(health_pb2.HealthCheckRequest()).read()
        assert caught.value.code() is Code.RESOURCE_EXHAUSTED
        assert retry_seconds(caught.value) > 0
        assert await way.health() == SERVING
        watches[0].cancel()
        async with asyncio.timeout(5):
            while not await has_room(way):
                await asyncio.sleep(0.01)


async def has_room(way: Way) -> bool:
    """Whether a stream of reflection is let in."""
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    call = reflecting(way, iter([request]))
    with suppress(grpc.aio.AioRpcError):
        await call.read()
    call.cancel()
    return await call.code() is not Code.RESOURCE_EXHAUSTED
