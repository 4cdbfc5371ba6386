"""What every call of the service gets: a place, a deadline, a status for its errors, a count.

A call that is cancelled, by who made it or by a deadline, stops where it is: its task is cancelled
and its generators are closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from walrus_core.errors import InvalidArgumentError, OverloadedError, WalrusCoreError
from walrus_core.rpc.options import ServerOptions
from walrus_core.rpc.status import DETAILS_KEY, row_of, to_status
from walrus_core.rpc.streams import closed, punctual

__all__ = ["KINDS", "SERVICE", "CallInterceptor"]

SERVICE = "walrus_core.rpc.v1.NodeService"

_log = logging.getLogger(__name__)

KINDS = {
    "GetMetadata": "questions",
    "GetHoldings": "questions",
    "GetBlobStatus": "questions",
    "GetNodeHealth": "questions",
    "GetConfirmation": "waits",
    "GetSlivers": "reads",
    "GetRecoverySymbols": "reads",
    "PutMetadata": "writes",
    "PutSlivers": "writes",
    "AttestInconsistency": "writes",
    "SyncShard": "transfers",
}
"""Which of the limits in `ServerOptions` a method is under."""


@dataclass(frozen=True, slots=True)
class _Limit:
    """How many calls of a kind at once, and how many seconds each of them may take."""

    calls: int
    seconds: float


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc has no types
    """See the module; other services, such as health, pass untouched."""

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._limits = {
            "questions": _Limit(options.questions, options.question_seconds),
            "waits": _Limit(options.waits, options.wait_seconds),
            "reads": _Limit(options.reads, options.stream_seconds),
            "writes": _Limit(options.writes, options.stream_seconds),
            "transfers": _Limit(options.transfers, options.stream_seconds),
        }
        self._running: Counter[str] = Counter()

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], details: Any
    ) -> Any:
        handler = await continuation(details)
        service, _, method = details.method.removeprefix("/").rpartition("/")
        if handler is None or service != SERVICE:
            return handler
        if handler.response_streaming:
            make, call = grpc.unary_stream_rpc_method_handler, self._streaming(handler, method)
        elif handler.request_streaming:
            make, call = grpc.stream_unary_rpc_method_handler, self._receiving(handler, method)
        else:
            make, call = grpc.unary_unary_rpc_method_handler, self._answering(handler, method)
        return make(call, _parser(handler.request_deserializer), handler.response_serializer)

    def _answering(self, handler: Any, method: str) -> Callable[[Any, Any], Awaitable[Any]]:
        async def answer(request: Any, context: Any) -> Any:
            async with self._call(method, context):
                return await handler.unary_unary(_readable(request), context)

        return answer

    def _receiving(self, handler: Any, method: str) -> Callable[[Any, Any], Awaitable[Any]]:
        async def receive(requests: Any, context: Any) -> Any:
            async with self._call(method, context):
                patient = punctual(aiter(requests), self._options.idle_seconds)
                async with closed(_each_readable(patient)) as messages:
                    return await handler.stream_unary(messages, context)

        return receive

    def _streaming(self, handler: Any, method: str) -> Callable[[Any, Any], Awaitable[None]]:
        async def stream(request: Any, context: Any) -> None:
            async with (
                self._call(method, context),
                closed(handler.unary_stream(_readable(request), context)) as responses,
            ):
                async for response in responses:
                    async with asyncio.timeout(self._options.idle_seconds):
                        await context.write(response)

        return stream

    @asynccontextmanager
    async def _call(self, method: str, context: Any) -> AsyncIterator[None]:
        """All that surrounds one call; it is counted before its end is told to who made it."""
        kind, loop = KINDS[method], asyncio.get_running_loop()
        started = loop.time()

        def count(code: grpc.StatusCode) -> None:
            self._options.observe(method, code.name, loop.time() - started)

        try:
            with self._place(kind):
                async with asyncio.timeout(self._limits[kind].seconds):
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
        if self._running[kind] >= self._limits[kind].calls:
            raise OverloadedError(self._options.retry_after)
        self._running[kind] += 1
        try:
            yield
        finally:
            self._running[kind] -= 1


def _parser(parse: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """As `parse`, but None for bytes that are no message: where they are parsed an exception would
    be a failure of the server.
    """

    def parse_or_none(data: bytes) -> Any:
        try:
            return parse(data)
        except DecodeError:
            return None

    return parse_or_none


def _readable(message: Any) -> Any:
    if message is None:
        raise InvalidArgumentError("these bytes are no message of this method")
    return message


async def _each_readable(messages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async with closed(messages):
        async for message in messages:
            yield _readable(message)


async def _abort(context: Any, error: Exception, method: str) -> None:
    """End the call with the status of an error; does not return."""
    if not isinstance(error, WalrusCoreError):
        _log.error("%s failed", method, exc_info=error)
    status = to_status(error, method)
    code = row_of(error, method).code
    await context.abort(code, status.message, ((DETAILS_KEY, status.SerializeToString()),))
