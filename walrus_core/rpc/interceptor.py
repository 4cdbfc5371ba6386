"""What every call of a service gets: a name, a place, a deadline, a status for its errors, company.

A call that is cancelled, by who made it or by a deadline, stops where it is: its task is cancelled
and its generators are closed.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

import grpc

from walrus_core.errors import (
    OperationCancelledError,
    OverloadedError,
    WalrusCoreError,
)
from walrus_core.rpc.attendants import (
    REQUEST_ID,
    Allowance,
    Attendant,
    Gate,
    Method,
    Visit,
    attend_all,
    named,
    open_gate,
    request_id,
)
from walrus_core.rpc.convert import message_of
from walrus_core.rpc.doors import Doors
from walrus_core.rpc.parting import Hearing, end_of
from walrus_core.rpc.rules import CallRules
from walrus_core.rpc.status import DETAILS_KEY, row_of, to_status
from walrus_core.rpc.streams import Pace, closed

__all__ = ["CallInterceptor"]

_log = logging.getLogger(__name__)


class _Served(NamedTuple):
    """How a method is answered: gRPC's own handler, which messages are parsed and made by."""

    method: Method
    handler: Any

    def parsed(self, data: bytes) -> Any:
        return message_of(self.handler.request_deserializer, data)


class _Guest(NamedTuple):
    """A call that was let in, and those who follow its messages."""

    attendant: Attendant
    allowance: Allowance | None

    def received(self, size: int) -> None:
        self.attendant.received(size)
        if self.allowance is not None:
            self.allowance.received(size)

    def sent(self, size: int) -> None:
        self.attendant.sent(size)
        if self.allowance is not None:
            self.allowance.sent(size)


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc has no types
    """See the module; services that the rules do not name, such as health, pass untouched.

    It is to be the first of a server's interceptors: what the others raise it makes statuses of,
    and it alone parses requests and serializes responses. `gate` is asked whether a call may come
    in once there is a place for it. Without a `hearing` who is refused is told so at once, even
    while it sends: its client has to know how to take that, as that of the nodes does.
    """

    def __init__(
        self, rules: CallRules, gate: Gate = open_gate, hearing: Hearing | None = None
    ) -> None:
        self.doors = Doors(rules.retry_after)
        self._rules = rules
        self._gate = gate
        self._running: Counter[str] = Counter()
        self._hearing = hearing

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], details: Any
    ) -> Any:
        handler = await continuation(details)
        service, _, name = details.method.removeprefix("/").rpartition("/")
        kind = self._rules.kinds.get(service, {}).get(name)
        if handler is None or kind is None:
            return handler
        form, make, serve = self._SHAPES[handler.request_streaming, handler.response_streaming]
        # Without serializers: bytes come and go.
        return make(serve(self, _Served(Method(service, name, kind, form), handler)))

    def _answering(self, served: _Served) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def answer(request: bytes, context: Any) -> bytes:
            async with self._surrounded(served.method, context) as guest:
                guest.received(len(request))
                response = await served.handler.unary_unary(served.parsed(request), context)
                return _serialized(served, response, guest)

        return answer

    def _receiving(self, served: _Served) -> Callable[[Any, Any], Awaitable[bytes]]:
        async def receive(requests: Any, context: Any) -> bytes:
            async with (
                self._surrounded(served.method, context) as guest,
                closed(self._paced(requests, served, guest)) as messages,
            ):
                response = await served.handler.stream_unary(messages, context)
                return _serialized(served, response, guest)

        return receive

    def _streaming(self, served: _Served) -> Callable[[bytes, Any], Awaitable[None]]:
        async def stream(request: bytes, context: Any) -> None:
            async with self._surrounded(served.method, context) as guest:
                guest.received(len(request))
                responses = served.handler.unary_stream(served.parsed(request), context)
                async with closed(responses):
                    await self._send(responses, context, served, guest)

        return stream

    def _conversing(self, served: _Served) -> Callable[[Any, Any], Awaitable[None]]:
        async def converse(requests: Any, context: Any) -> None:
            async with (
                self._surrounded(served.method, context) as guest,
                closed(self._paced(requests, served, guest)) as messages,
                closed(served.handler.stream_stream(messages, context)) as responses,
            ):
                await self._send(responses, context, served, guest)

        return converse

    _SHAPES = {  # noqa: RUF012 - nobody changes it
        (False, False): ("unary", grpc.unary_unary_rpc_method_handler, _answering),
        (True, False): ("client_stream", grpc.stream_unary_rpc_method_handler, _receiving),
        (False, True): ("server_stream", grpc.unary_stream_rpc_method_handler, _streaming),
        (True, True): ("bidi_stream", grpc.stream_stream_rpc_method_handler, _conversing),
    }
    """By whether the request and the response are streams."""

    async def _paced(self, requests: Any, served: _Served, guest: _Guest) -> AsyncIterator[Any]:
        """The messages of a request, from a caller that keeps up."""
        pace = Pace(self._rules.idle_seconds, self._rules.least_rate)
        arriving, loop = aiter(requests), asyncio.get_running_loop()
        while True:
            began = loop.time()
            async with asyncio.timeout(pace.patience):
                arrived = await anext(arriving, None)
            if arrived is None:
                return
            pace.came(len(arrived), loop.time() - began)
            guest.received(len(arrived))
            message = served.parsed(arrived)
            del arrived  # as large as what it says, which may be looked at for long
            yield message

    async def _send(self, responses: Any, context: Any, served: _Served, guest: _Guest) -> None:
        async for response in responses:
            data = _serialized(served, response, guest)
            async with asyncio.timeout(self._rules.idle_seconds):
                try:
                    await context.write(data)
                except grpc.aio.BaseError:  # before it is known that its connection broke
                    raise OperationCancelledError("the caller is gone") from None

    @asynccontextmanager
    async def _surrounded(self, method: Method, context: Any) -> AsyncIterator[_Guest]:
        """All that surrounds one call; it is counted before its end is told to who made it."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        visit = _visit(method, context)
        attendant = attend_all(visit, self._rules.attend)

        def count(code: grpc.StatusCode, ended: float | None = None) -> None:
            attendant.ended(code.name, (loop.time() if ended is None else ended) - started)

        try:
            await self.doors.enter()
            with self._place(method.kind):
                async with (
                    asyncio.timeout(self._rules.limits[method.kind].seconds),
                    self._gate(visit, context) as allowance,
                ):
                    yield _Guest(attendant, allowance)
        except asyncio.CancelledError:
            count(end_of(context))
            raise
        except TimeoutError as error:
            count(grpc.StatusCode.DEADLINE_EXCEEDED)
            _let_go(error)
            await context.abort(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                "the call took longer than this server allows",
                _trailer(visit),
            )
        except Exception as error:
            ended = loop.time()
            try:
                if self._hearing and method.form in ("client_stream", "bidi_stream"):
                    await self._hearing.out(context)
            except asyncio.CancelledError:  # the caller's doing, and so may the error be
                count(end_of(context), ended)
                _let_go(error)
                raise
            count(row_of(error, method.name).code, ended)
            await _abort(context, error, visit)
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


def _visit(method: Method, context: Any) -> Visit:
    """The call, by its name, which from now on is that of what is logged in its task."""
    metadata = dict(context.invocation_metadata() or ())
    name = named(metadata, lambda: secrets.token_hex(8))
    request_id.set(name)
    context.set_trailing_metadata(((REQUEST_ID, name),))
    return Visit(method, name, metadata)


def _trailer(visit: Visit) -> tuple[tuple[str, str | bytes], ...]:
    return ((REQUEST_ID, visit.request_id),)


def _serialized(served: _Served, response: Any, guest: _Guest) -> bytes:
    """The message's bytes, which a servicer may have laid out itself where there is much in it."""
    laid_out = isinstance(response, bytes)
    data: bytes = response if laid_out else served.handler.response_serializer(response)
    guest.sent(len(data))
    return data


async def _abort(context: Any, error: Exception, visit: Visit) -> None:
    """End the call with the status of an error; does not return."""
    method = visit.method.name
    if not isinstance(error, WalrusCoreError):
        _log.error("%s failed", method, exc_info=error)
    status = to_status(error, method)
    _let_go(error)
    details = (DETAILS_KEY, status.SerializeToString())
    await context.abort(row_of(error, method).code, status.message, (*_trailer(visit), details))


def _let_go(error: BaseException | None) -> None:
    """Forget the way that an error came: gRPC keeps that of an aborted call until the next call
    comes, and with it all that the functions on its way had, such as a blob that was spooled.
    """
    while error is not None:
        entry = error.__traceback__
        while entry is not None:
            entry.tb_next, entry = None, entry.tb_next
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
