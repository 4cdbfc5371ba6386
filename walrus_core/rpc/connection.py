"""The connection to one node: made when it is needed, and anew after it has failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from walrus_core.errors import NodeUnavailableError
from walrus_core.rpc.options import ClientOptions
from walrus_core.rpc.rules import NODE_SERVICE
from walrus_core.rpc.sliver_wire import sliver_message
from walrus_core.rpc.tls import Endpoint, look_at
from walrus_core.rpc.v1 import node_pb2 as pb, node_pb2_grpc

__all__ = ["Connection"]

_OPTIONS = [
    # A connection of its own: gRPC would share one, and the pauses after its failures.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
]


class _Link:
    """A channel, and how many calls are on it: it is closed when it is given up and the last of
    them has ended.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.channel = _channel(endpoint)
        self.stub = _stub(self.channel)
        self.calls = 0
        self.given_up = False

    async def close_if_idle(self) -> None:
        if self.given_up and not self.calls:
            await self.channel.close()


class Connection:
    """To the node at `address`, whose TLS key is `public_key` (33 bytes)."""

    def __init__(self, address: str, public_key: bytes, options: ClientOptions) -> None:
        self.address = address
        self._public_key = public_key
        self._options = options
        self._link: _Link | None = None
        self._connecting: asyncio.Task[_Link] | None = None
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    @asynccontextmanager
    async def stub(self) -> AsyncIterator[Any]:
        """The service's methods, for one call. A call that fails because the node is not there
        ends the connection, so that the next one looks at the node anew: it may have come back with
        another certificate.
        """
        link = self._link or await self._connected()
        link.calls += 1
        try:
            yield link.stub
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                self._give_up(link)
            raise
        finally:
            link.calls -= 1
            await link.close_if_idle()

    async def close(self) -> None:
        """End the connection and all calls on it; there will be no other."""
        self._is_closed = True
        if self._connecting is not None:
            self._connecting.cancel()
        if (link := self._link) is not None:
            self._link = None
            await link.channel.close()

    async def _connected(self) -> _Link:
        """One attempt, which all who come meanwhile wait for."""
        if self._is_closed:
            raise NodeUnavailableError(self.address, "the way to it was closed")
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(_look_away)
        return await asyncio.shield(self._connecting)

    async def _connect(self) -> _Link:
        endpoint = await look_at(self.address, self._public_key, self._options.connect_seconds)
        self._link = _Link(endpoint)
        return self._link

    def _give_up(self, link: _Link) -> None:
        link.given_up = True
        if self._link is link:
            self._link = None


def _stub(channel: Any) -> Any:
    """The service's methods; those that move slivers take and give more than protobuf's classes:
    requests may be bytes, and of answers see `sliver_message`.
    """
    stub = node_pb2_grpc.NodeServiceStub(channel)
    stub.GetSlivers = channel.unary_stream(
        f"/{NODE_SERVICE}/GetSlivers",
        request_serializer=pb.GetSliversRequest.SerializeToString,
        response_deserializer=sliver_message,
    )
    stub.PutSlivers = channel.stream_unary(
        f"/{NODE_SERVICE}/PutSlivers",
        response_deserializer=pb.PutSliversResponse.FromString,
    )
    return stub


def _look_away(task: asyncio.Task[_Link]) -> None:
    """An attempt may fail when nobody waits for it any more."""
    if not task.cancelled():
        task.exception()


def _channel(endpoint: Endpoint) -> Any:
    if endpoint.certificate_pem is None:
        return grpc.aio.insecure_channel(endpoint.target, options=_OPTIONS)
    credentials = grpc.ssl_channel_credentials(root_certificates=endpoint.certificate_pem)
    name = ("grpc.ssl_target_name_override", endpoint.name)
    return grpc.aio.secure_channel(endpoint.target, credentials, options=[*_OPTIONS, name])
