"""The gateway: where it listens, what it says of itself, how it ends."""

import asyncio
import socket
import stat
from pathlib import Path

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from rpc.gateway_serving import (
    BLOB,
    BLOB_ID,
    NOT_SERVING,
    SERVING,
    Way,
    gateway,
    naming,
    served_gateway,
    status_of,
    way_to,
)
from rpc.serving import HOST, Calls, in_loop

from walrus_core.errors import ConfigurationError, NodeError
from walrus_core.rpc.blob_servicer import BLOB_SERVICE
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE
from walrus_core.rpc.gateway_options import GatewayLimits
from walrus_core.rpc.status import error_from
from walrus_core.rpc.v1 import blob_pb2


@in_loop
async def test_it_answers_over_tcp_and_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    async with gateway() as server:
        port = server.listen(HOST, 0)
        server.listen_unix(path)
        server.listen_unix(tmp_path / "shared", 0o660)
        await server.start()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o660
        async with way_to(port) as way:
            assert (await way.name()).blob.blob_id == BLOB_ID.digest
        async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
            assert (await Way(channel).name()).blob.blob_id == BLOB_ID.digest


@in_loop
async def test_a_unix_socket_that_a_dead_server_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with gateway() as server:
        server.listen_unix(path)
        await server.start()
        async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
            await Way(channel).name()
        async with gateway() as second:
            with pytest.raises(ConfigurationError, match="another process serves there"):
                second.listen_unix(path)


@in_loop
async def test_nothing_but_a_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("photos")
    async with gateway() as server:
        with pytest.raises(ConfigurationError, match="no socket"):
            server.listen_unix(path)
        with pytest.raises(ConfigurationError, match="longer than"):
            server.listen_unix(tmp_path / ("x" * 100))
    assert path.read_text() == "photos"


@in_loop
async def test_off_loopback_it_wants_tls_or_to_be_told() -> None:
    async with gateway() as server:
        with pytest.raises(ConfigurationError, match="--insecure-plaintext"):
            server.listen("0.0.0.0", 0)
        assert server.listen("0.0.0.0", 0, plaintext=True)


@in_loop
async def test_a_port_that_somebody_has_is_refused() -> None:
    async with served_gateway() as (_, port), gateway() as second:
        with pytest.raises(ConfigurationError, match="choose another address"):
            second.listen(HOST, port)


@in_loop
async def test_workers_may_share_a_port() -> None:
    async with gateway(share_port=True) as first, gateway(share_port=True) as second:
        port = first.listen(HOST, 0)
        assert second.listen(HOST, port) == port


@in_loop
async def test_reflection_names_the_services() -> None:
    async with served_gateway("nowhere") as (_, port), way_to(port) as way:
        assert await listed(way) >= {ENCODING_SERVICE, BLOB_SERVICE, "grpc.health.v1.Health"}


async def listed(way: Way) -> set[str]:
    """The services that there are."""
    stub = reflection_pb2_grpc.ServerReflectionStub(way.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    [answer] = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]
    return {service.name for service in answer.list_services_response.service}


@in_loop
async def test_the_engine_serves_while_the_network_is_not_there() -> None:
    async with served_gateway("testnet") as (_, port), way_to(port) as way:
        assert await way.health(ENCODING_SERVICE) == SERVING
        assert await way.health(BLOB_SERVICE) == NOT_SERVING
        await way.name()
        for call in (
            way.blobs.GetStatus(blob_pb2.GetStatusRequest(blob_id=bytes(32))),
            way.blobs.GetUploadStatus(blob_pb2.GetUploadStatusRequest(upload_id="x")),
            way.blobs.Reconstruct(blob_pb2.ReconstructRequest(blob_id=bytes(32))).read(),
            way.blobs.Store(iter([blob_pb2.StoreRequest()])).read(),
        ):
            with pytest.raises(grpc.aio.AioRpcError, match="testnet") as caught:
                await call
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@in_loop
async def test_without_a_network_blobs_are_refused_with_a_reason() -> None:
    """And nobody is told that there is a service for them."""
    calls = Calls()
    async with served_gateway(attend=(calls.attend,)) as (server, port), way_to(port) as way:
        for call in (
            way.blobs.GetStatus(blob_pb2.GetStatusRequest(blob_id=bytes(32))),
            way.blobs.Reconstruct(blob_pb2.ReconstructRequest(blob_id=bytes(32))).read(),
            way.blobs.Store(iter([blob_pb2.StoreRequest()])).read(),
        ):
            with pytest.raises(grpc.aio.AioRpcError, match="has no network") as caught:
                await call
            error = error_from(status_of(caught.value), "server")
            assert type(error) is NodeError
        assert [code for _, code in calls.made] == ["FAILED_PRECONDITION"] * 3
        assert server.services == [ENCODING_SERVICE]
        assert BLOB_SERVICE not in await listed(way)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.health(BLOB_SERVICE)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("sent", ["order-17/3", "", "x" * 129, "two\twords"])
@in_loop
async def test_a_call_has_a_name(sent: str) -> None:
    """Its caller's if that is fit to be seen in a log, else one of our own; also if it fails."""
    async with served_gateway() as (_, port), way_to(port) as way:
        metadata = [("x-request-id", sent)] if sent and sent.isprintable() else []
        call = way.encoding.ComputeBlobId(iter(naming(BLOB)), metadata=metadata)
        await call
        name = dict(await call.trailing_metadata())["x-request-id"]
        assert name == sent if sent == "order-17/3" else len(name) == 16
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.encoding.ComputeBlobId(iter(naming(BLOB, n_shards=1)), metadata=metadata)
        again = dict(caught.value.trailing_metadata())["x-request-id"]
        assert again == sent if sent == "order-17/3" else len(again) == 16 != name


@in_loop
async def test_who_is_refused_while_sending_hears_why() -> None:
    """grpc.aio takes a status that comes while it writes for a failure of its own (INTERNAL), so a
    short request is heard out. A caller who waits for an answer first does not wait long.
    """
    blob = bytes(3_000_000)
    async with served_gateway(limits=GatewayLimits(encodings=0)) as (_, port):
        for _ in range(10):
            async with way_to(port) as way:
                call = way.encoding.ComputeBlobId()
                for request in naming(blob, n_shards=100):
                    await call.write(request)
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    async with asyncio.timeout(0.9):
                        await call
                assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
