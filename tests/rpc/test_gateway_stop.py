"""How the gateway ends: what it has taken in it answers, who comes too late is told so."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rpc.bare_http2 import ACK, BareConnection, Kind, bare_connection
from rpc.gateway_serving import (
    BLOB,
    BLOB_ID,
    NOT_SERVING,
    SERVING,
    Way,
    naming,
    retry_seconds,
    served_gateway,
    status_of,
    way_to,
)
from rpc.serving import HOST, in_loop

from walrus_core.rpc.attendants import Attendant, Traffic, Visit
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE
from walrus_core.rpc.gateway_options import GatewayLimits


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


@in_loop
async def test_who_was_answered_last_is_told_when_coming_again() -> None:
    """Though nobody had been refused before: gRPC would drop what comes at the moment it stops."""
    async with served_gateway() as (server, port), way_to(port) as way:
        last = way.encoding.ComputeBlobId()
        first, *others = naming(BLOB)
        await last.write(first)
        await way.name()  # so that it has begun
        stop = asyncio.create_task(server.stop(10))
        await asyncio.sleep(0.2)
        for request in others:
            await last.write(request)
        await last.done_writing()
        assert (await last).blob.blob_id == BLOB_ID.digest
        await asyncio.sleep(0.1)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.name()
        assert_refused(caught.value)
        await stop


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
async def test_it_leaves_when_all_that_it_said_has_arrived() -> None:
    """A system that still has bytes for a caller throws them away if the caller says anything to
    who is gone.
    """
    limits = GatewayLimits(retry_after=0.2)
    async with served_gateway(limits=limits) as (server, port), bare_connection(port) as caller:
        caller.call(f"/{ENCODING_SERVICE}/ComputeBlobId")
        await asyncio.sleep(0.2)
        stop = asyncio.create_task(server.stop(60))
        assert not await is_left(caller, 0.5)
        caller.say(*[each.SerializeToString() for each in naming(BLOB)])
        unanswered: list[bytes] = []
        assert not await is_left(caller, 1.0, unanswered)  # though the call has ended
        for asked in unanswered:
            caller.send(Kind.PING, ACK, asked)
        assert await is_left(caller, 5.0)
        await stop


async def is_left(
    caller: BareConnection, seconds: float, unanswered: list[bytes] | None = None
) -> bool:
    """Whether the server closes the connection in so many seconds; it is told that the caller is
    there when it asks, unless its questions are to be kept.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (frame := await caller.frame()) is not None:
                if frame.kind == Kind.PING and not frame.flags & ACK:
                    if unanswered is None:
                        caller.send(Kind.PING, ACK, frame.payload)
                    else:
                        unanswered.append(frame.payload)
            return True
    return False


@in_loop
async def test_who_takes_longer_than_the_grace_is_cut_off() -> None:
    async with served_gateway() as (server, port), way_to(port) as way:
        call = way.encoding.ComputeBlobId()
        await call.write(next(naming(BLOB)))
        await way.name()  # so that it has begun
        async with asyncio.timeout(5):
            await server.stop(0.3)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


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
    async with (
        served_gateway() as (server, port),
        way_to(port) as way,
        bare_connection(port, first_window=0) as watcher,
    ):
        watcher.call("/grpc.health.v1.Health/Watch")
        watcher.say(b"")
        await asyncio.sleep(0.2)
        assert await way.health() == SERVING
        async with asyncio.timeout(5):
            await server.stop(1)


async def _unary(port: int, requests: Iterator[object]) -> bytes:
    """Asked from a thread, by gRPC's blocking client."""

    def ask() -> bytes:
        with grpc.insecure_channel(f"{HOST}:{port}") as channel:
            answer = Way(channel).encoding.ComputeBlobId(requests)
            return bytes(answer.blob.blob_id)

    return await asyncio.to_thread(ask)
