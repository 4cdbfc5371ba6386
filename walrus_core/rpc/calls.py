"""Calls to one node, with patience that ends, and with the errors that statuses stand for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from walrus_core.errors import (
    InvalidArgumentError,
    InvalidEncodingError,
    NodeUnavailableError,
    ServerStoppingError,
)
from walrus_core.rpc.connection import Connection
from walrus_core.rpc.options import ClientOptions
from walrus_core.rpc.status import DETAILS_KEY, error_from
from walrus_core.rpc.streams import GO_AHEAD, closed

__all__ = ["Calls"]


class Calls:
    """Of the methods of the node at `address`, by their names; see `Connection` for `public_key`.

    Every method raises NodeUnavailableError if the node is not there, or about to be gone, is too
    slow, or says what is no answer; and what the node itself refuses as the error that it raised.
    """

    def __init__(self, address: str, public_key: bytes, options: ClientOptions) -> None:
        self._address = address
        self._options = options
        self._connection = Connection(address, public_key, options)

    async def close(self) -> None:
        await self._connection.close()

    async def ask(self, method: str, request: Any, wait: float = 0.0) -> Any:
        """One message there, one back, within `wait` seconds more than usual."""
        async with self._called() as stub:
            seconds = wait + self._options.call_seconds
            return self._readable(await getattr(stub, method)(request, timeout=seconds))

    async def listen(self, method: str, request: Any) -> AsyncIterator[Any]:
        """The messages of an answer, from a node that keeps sending: only the time that we wait for
        it counts.
        """
        loop, left = asyncio.get_running_loop(), self._options.idle_seconds
        async with self._called() as stub:
            call = getattr(stub, method)(request)
            try:
                while True:
                    started = loop.time()
                    async with self._within(min(left, self._options.idle_seconds)):
                        message = await call.read()
                    if message is grpc.aio.EOF:
                        return
                    message = self._readable(message)
                    left += message.ByteSize() / self._options.least_rate - loop.time() + started
                    yield message
            finally:
                call.cancel()

    async def tell(self, method: str, opening: Any, requests: AsyncIterator[Any]) -> Any:
        """Many messages there, one back; each has to be taken in time. After the first one we wait
        until the node says that it wants the rest, or what it has against that.
        """
        async with closed(requests), self._called() as stub:
            call = getattr(stub, method)()
            try:
                if await self._took(call, opening) and await self._is_welcome(call):
                    async for request in requests:
                        if not await self._took(call, request):
                            break
                async with self._within(self._options.call_seconds):
                    with suppress(grpc.aio.BaseError):  # it broke just now: how, the call knows
                        await call.done_writing()
                    return self._readable(await call)
            finally:
                call.cancel()

    async def _took(self, call: Any, message: Any) -> bool:
        """Whether the node took it; if not it has answered already, and will take no more.

        What it answered is what the call ends with: of a write that was cut off gRPC knows no more
        than that.
        """
        try:
            async with self._within(self._options.idle_seconds):
                await call.write(message)
        except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
            return False
        return True

    async def _is_welcome(self, call: Any) -> bool:
        """Whether the node wants the rest; if not it has answered already."""
        async with self._within(self._options.idle_seconds):
            return GO_AHEAD in dict(await call.initial_metadata() or ())

    @asynccontextmanager
    async def _called(self) -> AsyncIterator[Any]:
        """The service's methods; a call that fails raises the error that its status stands for."""
        try:
            async with self._connection.stub() as stub:
                yield stub
        except grpc.aio.AioRpcError as error:
            raise _error_of(error, self._address) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._connection.is_closed and task is not None and not task.cancelling():
                raise NodeUnavailableError(self._address, "the way to it was closed") from None
            raise

    @asynccontextmanager
    async def _within(self, seconds: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            reason = f"is too slow, or has stopped: nothing within {seconds:.3g} s"
            raise NodeUnavailableError(self._address, reason) from None

    def _readable(self, message: Any) -> Any:
        """What gRPC passes is None where bytes were no message."""
        if message is None:
            raise NodeUnavailableError(self._address, "answers nonsense: no message of this method")
        return message

    @contextmanager
    def sense(self) -> Iterator[None]:
        """For reading what the node said: it is the node's fault if that cannot be."""
        try:
            yield
        except (InvalidArgumentError, InvalidEncodingError) as error:
            raise NodeUnavailableError(self._address, f"answers nonsense: {error}") from error


def _error_of(error: grpc.aio.AioRpcError, address: str) -> Exception:
    """What the node stated; what gRPC itself has to say is that the node is not to be had."""
    details = dict(error.trailing_metadata() or ()).get(DETAILS_KEY)
    if isinstance(details, bytes):
        try:
            stated = error_from(status_pb2.Status.FromString(details), address)
        except DecodeError:
            return NodeUnavailableError(address, "answers nonsense: a status that is none")
        if isinstance(stated, ServerStoppingError):
            return NodeUnavailableError(address, str(stated))
        return stated
    return NodeUnavailableError(address, f"{error.code().name}: {str(error.details())[:300]}")
