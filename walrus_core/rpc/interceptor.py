"""What every call of a service gets: a place, a deadline, a status for its errors, a count.

A call that is cancelled, by who made it or by a deadline, stops where it is: its task is cancelled
and its generators are closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import DecodeError

from walrus_core.errors import InvalidArgumentError, OverloadedError, WalrusCoreError
from walrus_core.rpc.rules import CallRules
from walrus_core.rpc.status import DETAILS_KEY, row_of, to_status
from walrus_core.rpc.streams import Pace, closed

__all__ = ["CallInterceptor"]

_log = logging.getLogger(__name__)


class _Arrived(NamedTuple):
    """A request's message, None if its bytes are none, and how many those are."""

    message: Any
    size: int


class _Call(NamedTuple):
    """A method, without its service, and the kind of its calls."""

    method: str
    kind: str


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc has no types
    """See the module; services that the rules do not name, such as health, pass untouched.

    It is to be the first of a server's interceptors: what the others raise it makes statuses of,
    and it alone parses requests.
    """

    def __init__(self, rules: CallRules) -> None:
        self._rules = rules
        self._running: Counter[str] = Counter()

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], details: Any
    ) -> Any:
        handler = await continuation(details)
        service, _, method = details.method.removeprefix("/").rpartition("/")
        kind = self._rules.kinds.get(service, {}).get(method)
        if handler is None or kind is None:
            return handler
        call = _Call(method, kind)
        make, serve = self._SHAPES[handler.request_streaming, handler.response_streaming]
        return make(
            serve(self, handler, call),
            _parser(handler.request_deserializer),
            handler.response_serializer,
        )

    def _answering(self, handler: Any, call: _Call) -> Callable[[Any, Any], Awaitable[Any]]:
        async def answer(request: _Arrived, context: Any) -> Any:
            async with self._surrounded(call, context):
                return await handler.unary_unary(_readable(request), context)

        return answer

    def _receiving(self, handler: Any, call: _Call) -> Callable[[Any, Any], Awaitable[Any]]:
        async def receive(requests: Any, context: Any) -> Any:
            async with self._surrounded(call, context), closed(self._paced(requests)) as messages:
                return await handler.stream_unary(messages, context)

        return receive

    def _streaming(self, handler: Any, call: _Call) -> Callable[[Any, Any], Awaitable[None]]:
        async def stream(request: _Arrived, context: Any) -> None:
            async with (
                self._surrounded(call, context),
                closed(handler.unary_stream(_readable(request), context)) as responses,
            ):
                await self._send(responses, context)

        return stream

    def _conversing(self, handler: Any, call: _Call) -> Callable[[Any, Any], Awaitable[None]]:
        async def converse(requests: Any, context: Any) -> None:
            async with (
                self._surrounded(call, context),
                closed(self._paced(requests)) as messages,
                closed(handler.stream_stream(messages, context)) as responses,
            ):
                await self._send(responses, context)

        return converse

    _SHAPES = {  # noqa: RUF012 - nobody changes it
        (False, False): (grpc.unary_unary_rpc_method_handler, _answering),
        (True, False): (grpc.stream_unary_rpc_method_handler, _receiving),
        (False, True): (grpc.unary_stream_rpc_method_handler, _streaming),
        (True, True): (grpc.stream_stream_rpc_method_handler, _conversing),
    }
    """By whether the request and the response are streams."""

    async def _paced(self, requests: Any) -> AsyncIterator[Any]:
        """The messages of a request, from a caller that keeps up."""
        pace = Pace(self._rules.idle_seconds, self._rules.least_rate)
        arriving, loop = aiter(requests), asyncio.get_running_loop()
        while True:
            began = loop.time()
            async with asyncio.timeout(pace.patience):
                arrived = await anext(arriving, None)
            if arrived is None:
                return
            pace.came(arrived.size, loop.time() - began)
            yield _readable(arrived)

    async def _send(self, responses: Any, context: Any) -> None:
        async for response in responses:
            async with asyncio.timeout(self._rules.idle_seconds):
                await context.write(response)

    @asynccontextmanager
    async def _surrounded(self, call: _Call, context: Any) -> AsyncIterator[None]:
        """All that surrounds one call; it is counted before its end is told to who made it."""
        (method, kind), loop = call, asyncio.get_running_loop()
        started = loop.time()

        def count(code: grpc.StatusCode) -> None:
            self._rules.observe(method, code.name, loop.time() - started)

        try:
            with self._place(kind):
                async with asyncio.timeout(self._rules.limits[kind].seconds):
                    yield
        except asyncio.CancelledError:
            count(grpc.StatusCode.CANCELLED)
            raise
        except TimeoutError:
            count(grpc.StatusCode.DEADLINE_EXCEEDED)
            await context.abort(
                grpc.StatusCode.DEADLINE_EXCEEDED, "the call took longer than this server allows"
            )
        except Exception as error:
            count(row_of(error, method).code)
            await _abort(context, error, method)
        else:
            count(grpc.StatusCode.OK)

    @contextmanager
    def _place(self, kind: str) -> Iterator[None]:
        """One of the places for calls of this kind; OverloadedError if all are taken."""
        if self._running[kind] >= self._rules.limits[kind].calls:
            raise OverloadedError(self._rules.retry_after)
        self._running[kind] += 1
        try:
            yield
        finally:
            self._running[kind] -= 1


def _parser(parse: Callable[[bytes], Any]) -> Callable[[bytes], _Arrived]:
    """As `parse`, but with the size, and None for bytes that are no message: where they are parsed
    an exception would be a failure of the server.
    """

    def parse_or_none(data: bytes) -> _Arrived:
        try:
            return _Arrived(parse(data), len(data))
        except DecodeError:
            return _Arrived(None, len(data))

    return parse_or_none


def _readable(arrived: _Arrived) -> Any:
    if arrived.message is None:
        raise InvalidArgumentError("these bytes are no message of this method")
    return arrived.message


async def _abort(context: Any, error: Exception, method: str) -> None:
    """End the call with the status of an error; does not return."""
    if not isinstance(error, WalrusCoreError):
        _log.error("%s failed", method, exc_info=error)
    status = to_status(error, method)
    code = row_of(error, method).code
    await context.abort(code, status.message, ((DETAILS_KEY, status.SerializeToString()),))
