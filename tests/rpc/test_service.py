"""What surrounds the service: health, reflection, and the generated code."""

import asyncio
import subprocess
import sys

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from rpc.memory_node import HEALTH, MemoryNode
from rpc.serving import HOST, Served, in_loop, served

from walrus_core.rpc.rules import NODE_KINDS, NODE_SERVICE
from walrus_core.rpc.v1 import node_pb2 as pb

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@in_loop
async def test_health_of_the_server_and_of_the_service() -> None:
    async with (
        served(MemoryNode()) as way,
        grpc.aio.insecure_channel(way.address) as channel,
    ):
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", NODE_SERVICE):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Check(health_pb2.HealthCheckRequest(service="another"))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        assert way.calls.made == []


@in_loop
async def test_a_server_that_stops_says_so_first() -> None:
    """Who watches is told while calls in progress still have time."""
    async with (
        served(MemoryNode()) as way,
        grpc.aio.insecure_channel(way.address) as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=NODE_SERVICE)
        )
        assert (await watch.read()).status == SERVING
        stop = asyncio.create_task(way.server.stop(5))
        assert (await watch.read()).status == NOT_SERVING
        assert not stop.done()
        watch.cancel()
        await stop


def test_every_method_has_its_limits() -> None:
    methods = pb.DESCRIPTOR.services_by_name["NodeService"].methods
    assert {method.name for method in methods} == set(NODE_KINDS)


@in_loop
async def test_stopping_twice_and_before_the_start() -> None:
    async with served(MemoryNode()) as way:
        await way.server.stop(0)
        await way.server.stop(0)


def ask_by_reflection(way: Served) -> tuple[set[str], bytes]:
    """The services and the answer to GetNodeHealth, without any of our code: as grpcurl does."""
    from google.protobuf import descriptor_pool, message_factory

    with grpc.insecure_channel(f"{HOST}:{way.port}") as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        services = set(database.get_services())
        pool = descriptor_pool.DescriptorPool(database)
        method = pool.FindServiceByName(NODE_SERVICE).methods_by_name["GetNodeHealth"]
        request = message_factory.GetMessageClass(method.input_type)()
        answer_class = message_factory.GetMessageClass(method.output_type)
        call = channel.unary_unary(
            f"/{NODE_SERVICE}/GetNodeHealth",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer_class.FromString,
        )
        answer = call(request, timeout=10)
        return services, answer.status


@in_loop
async def test_a_stranger_finds_its_way_by_reflection() -> None:
    async with served(MemoryNode()) as way:
        services, status = await asyncio.to_thread(ask_by_reflection, way)
        assert services == {
            NODE_SERVICE,
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
        }
        assert status == HEALTH.status


def test_a_client_loads_neither_the_servers_parts_nor_cryptography() -> None:
    """Both take their time at each start of a command."""
    code = """
import sys
import walrus_core.rpc.client
parts = {"cryptography", "grpc_health.v1", "grpc_reflection.v1alpha", "pysui"}
loaded = parts & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
