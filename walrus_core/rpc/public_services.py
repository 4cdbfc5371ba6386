"""What a server tells whoever asks, without a token: its health, and its protocol (reflection).

gRPC has handlers for both, with which everybody could fill the log, since they take bytes that are
no message for a failure of the server, and could keep as many calls waiting as there is memory for.
And who looks at the protocol and stays, as programs with windows do, kept the server from ending.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from walrus_core.errors import (
    OverloadedError,
    ServerStoppingError,
    WalrusCoreError,
)
from walrus_core.rpc.convert import Parse, message_of
from walrus_core.rpc.health import HealthServicer
from walrus_core.rpc.status import DETAILS_KEY, row_of, to_status
from walrus_core.rpc.streams import closed

__all__ = ["PublicServices"]

MOST_WAITING = 1000
"""Calls that go on until their callers end them, at once: watches, and streams of reflection."""

RETRY_SECONDS = 10.0

HEALTH = health.SERVICE_NAME
REFLECTION = reflection.SERVICE_NAME, "grpc.reflection.v1.ServerReflection"
"""The first is the one that is listed: what gRPC has of the second, which has the same messages, is
only the name, so that nobody could be told what it looks like.
"""

Answer = Callable[[Any, Any], Awaitable[Any]]


class PublicServices:
    """Health and protocol of services by their full names, each with whether it is served."""

    def __init__(self, services: Mapping[str, bool]) -> None:
        self._health = HealthServicer({"": True, **services})
        listed = (*services, HEALTH, reflection.SERVICE_NAME)
        self._reflection = reflection.aio.ReflectionServicer(listed, pool=_SymbolPool())
        self._n_waiting = 0
        self._is_over = False
        self._patience: set[asyncio.Timeout] = set()

    def add_to(self, server: Any) -> None:
        """Have a `grpc.aio` server answer for them."""
        parse = health_pb2.HealthCheckRequest.FromString
        checks = {
            "Check": _asked(self._health.Check, parse),
            "List": _asked(self._health.List, health_pb2.HealthListRequest.FromString),
            "Watch": grpc.unary_stream_rpc_method_handler(self._watch, None, _serialized),
        }
        info = grpc.stream_stream_rpc_method_handler(self._reflect, None, _serialized)
        services = {HEALTH: checks, **{name: {"ServerReflectionInfo": info} for name in REFLECTION}}
        server.add_generic_rpc_handlers(
            tuple(grpc.method_handlers_generic_handler(*service) for service in services.items())
        )

    def ready(self, name: str) -> None:
        """The service is served from now on, though it was not before."""
        self._health.ready(name)

    def retire(self) -> None:
        """Nothing is served any more: who looks at the protocol is told so, and not waited for."""
        self._health.retire()
        self._is_over = True
        now = asyncio.get_running_loop().time()
        while self._patience:
            self._patience.pop().reschedule(now)

    async def _watch(self, data: bytes, context: Any) -> None:
        try:
            request = message_of(health_pb2.HealthCheckRequest.FromString, data)
            with self._waiting():
                await self._health.Watch(request, context)
        except WalrusCoreError as error:
            await _abort(context, error)

    async def _reflect(self, requests: AsyncIterator[bytes], context: Any) -> None:
        async def parsed() -> AsyncIterator[Any]:
            async for data in requests:
                yield message_of(reflection_pb2.ServerReflectionRequest.FromString, data)

        try:
            with self._waiting():
                async with self._until_over(), closed(parsed()) as messages:
                    async for answer in self._reflection.ServerReflectionInfo(messages, context):
                        await context.write(answer)
        except TimeoutError:
            await _abort(context, ServerStoppingError(RETRY_SECONDS))
        except grpc.aio.BaseError:  # of `write`: the caller is gone
            return
        except WalrusCoreError as error:
            await _abort(context, error)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """One of so many; OverloadedError if there are as many already."""
        if self._n_waiting >= MOST_WAITING:
            raise OverloadedError(RETRY_SECONDS)
        self._n_waiting += 1
        try:
            yield
        finally:
            self._n_waiting -= 1

    @asynccontextmanager
    async def _until_over(self) -> AsyncIterator[None]:
        """TimeoutError as soon as nothing is served any more."""
        async with asyncio.timeout(0 if self._is_over else None) as patience:
            self._patience.add(patience)
            try:
                yield
            finally:
                self._patience.discard(patience)


class _SymbolPool:
    """gRPC's pool of what this process knows, where methods are found by their full names, too:
    `grpcurl describe` asks for them.
    """

    def __init__(self) -> None:
        self._pool: Any = descriptor_pool.Default()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802 - as in Google's pool
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            service, _, method = symbol.rpartition(".")
            found = self._pool.FindServiceByName(service)
            if method not in found.methods_by_name:
                raise
            return found.file


def _asked(answer: Answer, parse: Parse) -> Any:
    """A handler for questions of one message."""

    async def respond(data: bytes, context: Any) -> Any:
        try:
            return await answer(message_of(parse, data), context)
        except WalrusCoreError as error:
            await _abort(context, error)

    return grpc.unary_unary_rpc_method_handler(respond, None, _serialized)


def _serialized(message: Any) -> bytes:
    content: bytes = message.SerializeToString()
    return content


async def _abort(context: Any, error: WalrusCoreError) -> None:
    """End the call with the status of an error; does not return."""
    status = to_status(error)
    details = (DETAILS_KEY, status.SerializeToString())
    await context.abort(row_of(error).code, status.message, (details,))
