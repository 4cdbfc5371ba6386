"""How the gateway ends: what it has taken in it answers, who comes too late is told so."""

import asyncio
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rpc.encoding_serving import encode_requests
from rpc.gateway_serving import (
    BLOB,
    N_SHARDS,
    Way,
    naming,
    retry_seconds,
    served_gateway,
    status_of,
    way_to,
)
from rpc.serving import HOST, in_loop

import walrus_core as wc
from walrus_core.rpc.attendants import Attendant, Traffic, Visit
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE
from walrus_core.rpc.gateway_options import GatewayLimits
from walrus_core.rpc.v1 import encoding_pb2_grpc

SERVING, NOT_SERVING = 1, 2
BLOB_ID = wc.compute_metadata(BLOB, N_SHARDS).blob_id


@in_loop
async def test_it_says_that_it_stops_before_it_does() -> None:
    """Who looks now and then sees it in time; what was begun before ends well."""
    async with served_gateway() as (server, port), way_to(port) as way:
        hold = threading.Event()

        def slow() -> Iterator[object]:
            first, *others = naming(BLOB)
            yield first
            hold.wait(10)
            yield from others

        call = asyncio.create_task(_unary(port, slow()))
        assert await way.health() == SERVING
        stop = asyncio.create_task(server.stop(10, notice=0.3))
        while await way.health() == SERVING:
            await asyncio.sleep(0.01)
        assert await way.health(ENCODING_SERVICE) == NOT_SERVING
        assert (await way.name()).blob.blob_id == BLOB_ID.digest  # it still serves
        await asyncio.sleep(0.5)
        assert not stop.done()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.name()  # and now it does not
        assert_refused(caught.value)
        assert await way.health() == NOT_SERVING
        hold.set()
        assert await call == BLOB_ID.digest
        await stop


def assert_refused(error: grpc.aio.AioRpcError) -> None:
    """By the server itself, which says when to come back."""
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status_of(error).details)
    assert info.reason == "SERVER_STOPPING"
    assert retry_seconds(error) == GatewayLimits().retry_after


class Counting:
    """Attends calls, and counts how they ended, apart from those of which nothing was taken in."""

    def __init__(self) -> None:
        self.ended = Counter[str]()

    def attend(self, _: Visit) -> Attendant:
        return _Counted(self.ended)


class _Counted(Traffic):
    def __init__(self, codes: Counter[str]) -> None:
        super().__init__()
        self._codes = codes

    def ended(self, code: str, _seconds: float) -> None:
        self._codes[code if self.bytes_received else "refused"] += 1


@in_loop
async def test_draining_under_load_loses_no_call_that_was_accepted() -> None:
    """Those that come as it ends are refused before they begin, and told when to come back; who
    comes back at once finds nobody.
    """
    counting, said = Counting(), Counter[str]()

    async def call(way: Way) -> str:
        try:
            await way.name()
        except grpc.aio.AioRpcError as error:
            if "SERVER_STOPPING" not in str(error.trailing_metadata()):
                return str(error.code().name)
            assert_refused(error)
            return "refused"
        return "OK"

    async def client(port: int) -> None:
        async with way_to(port) as way:
            while (outcome := await call(way)) in ("OK", "refused"):
                said[outcome] += 1
            said[outcome] += 1

    async with served_gateway(attend=(counting.attend,)) as (server, port):
        clients = [asyncio.create_task(client(port)) for _ in range(8)]
        while said["OK"] < 50:
            await asyncio.sleep(0.01)
        await server.stop(10)
        await asyncio.gather(*clients)
    assert said == {**counting.ended, "UNAVAILABLE": len(clients)}


@in_loop
async def test_who_reads_slowly_gets_all_of_what_was_accepted() -> None:
    """Also what the server had said long ago, as far as it could see, when its last call ended."""
    blob = bytes(range(256)) * (8 << 12)
    begun, told = threading.Event(), threading.Event()

    def read(port: int) -> int:
        """Bytes of the messages."""
        size = 0
        with grpc.insecure_channel(f"{HOST}:{port}") as channel:
            stub = encoding_pb2_grpc.EncodingServiceStub(channel)
            for answer in stub.Encode(encode_requests(blob, n_shards=100)):
                size += answer.ByteSize()
                begun.set()
                told.wait(10)
                time.sleep(0.02)
        return size

    async with served_gateway() as (server, port):
        reading = asyncio.create_task(asyncio.to_thread(read, port))
        await asyncio.to_thread(begun.wait, 10)
        stop = asyncio.create_task(server.stop(60))
        await asyncio.sleep(0.1)
        told.set()
        await stop
        assert await reading > 4 * len(blob)


@in_loop
async def test_who_watches_its_health_does_not_keep_it() -> None:
    async with served_gateway() as (server, port), way_to(port) as way:
        stub = health_pb2_grpc.HealthStub(way.channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == SERVING
        async with asyncio.timeout(5):
            await server.stop(60)
        assert (await watch.read()).status == NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await watch.read()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@in_loop
async def test_who_watches_and_does_not_listen_keeps_it_no_longer_than_others() -> None:
    async with served_gateway() as (server, port), way_to(port) as way:
        with deaf_watcher(port):
            await asyncio.sleep(0.2)
            assert await way.health() == SERVING
            async with asyncio.timeout(5):
                await server.stop(1)


@contextmanager
def deaf_watcher(port: int) -> Iterator[None]:
    """Watches the health, and has room for no byte of what it is told: HTTP/2 by hand."""

    def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        head = struct.pack(">IBI", len(payload) << 8 | kind, flags, stream)
        return head + payload

    def plain(text: str) -> bytes:
        return bytes([len(text)]) + text.encode()

    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/grpc.health.v1.Health/Watch",
        ":authority": HOST,
        "te": "trailers",
        "content-type": "application/grpc",
    }
    block = b"".join(b"\0" + plain(name) + plain(value) for name, value in fields.items())
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + frame(4, 0, 0, struct.pack(">HI", 4, 0))  # SETTINGS: a first window of 0
            + frame(1, 4, 1, block)  # HEADERS, all of them
            + frame(0, 1, 1, bytes(5))  # DATA, the last: an empty message
        )
        yield


async def _unary(port: int, requests: Iterator[object]) -> bytes:
    """Asked from a thread, by gRPC's blocking client."""

    def ask() -> bytes:
        with grpc.insecure_channel(f"{HOST}:{port}") as channel:
            answer = Way(channel).encoding.ComputeBlobId(requests)
            return bytes(answer.blob.blob_id)

    return await asyncio.to_thread(ask)
