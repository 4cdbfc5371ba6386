"""Questions to a Sui node without pysui, whose import takes longer than a node's whole start.

Only what reading the contract takes: objects and events, by the few messages of
`proto/walrus_core/sui/v1/ledger.proto`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from walrus_core.errors import ChainUnavailableError, WalrusCoreError
from walrus_core.sui.addresses import address_text
from walrus_core.sui.events import Frame, read_event
from walrus_core.sui.urls import node_url
from walrus_core.sui.v1 import ledger_pb2 as messages

__all__ = ["DEFAULT_TIMEOUT", "FoundObject", "LightConnection"]

DEFAULT_TIMEOUT = 30.0

SERVICE = "/sui.rpc.v2.LedgerService/"
MOST_OBJECTS = 50
"""Objects that a node gives at once."""
LARGEST_ANSWER = 32 << 20
"""Bytes: so many objects of Sui's largest size, 250 KiB, with room to spare."""

REFUSED = "connection refused"

OPTIONS = [
    ("grpc.max_receive_message_length", LARGEST_ANSWER),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),  # gRPC's two minutes are long after a restart
]


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object of the chain: its type, and the bytes of its struct."""

    object_type: str
    contents: bytes


class LightConnection:
    """One channel to the node at `url`; every answer is due within `timeout` seconds."""

    def __init__(self, url: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.url, self._plaintext = node_url(url)
        self._timeout = timeout
        self._channel: grpc.aio.Channel | None = None

    async def close(self) -> None:
        """Close the channel; the next question opens another."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def objects_if_any(self, ids: Sequence[bytes]) -> list[FoundObject | None]:
        """The objects with these ids, in their order; None for each that there is not."""
        found: list[FoundObject | None] = []
        for start in range(0, len(ids), MOST_OBJECTS):
            some = ids[start : start + MOST_OBJECTS]
            requests = [messages.GetObjectRequest(object_id=address_text(one)) for one in some]
            mask = FieldMask(paths=["object_id", "object_type", "contents"])
            question = messages.BatchGetObjectsRequest(requests=requests, read_mask=mask)
            answer = await self._ask(question)
            if len(answer.objects) != len(some):
                raise self.nonsense(f"{len(answer.objects)} answers for {len(some)} objects")
            found += map(self._found, some, answer.objects)
        return found

    async def search(self, packages: Iterable[bytes], cursor: bytes) -> AsyncIterator[Frame]:
        """The events of the packages' types behind a cursor, up to now or to the node's limit."""
        types = [messages.EventTypeFilter(event_type=address_text(one)) for one in packages]
        literals = [messages.EventLiteral(event_type=one) for one in types]
        terms = [messages.EventTerm(literals=[one]) for one in literals]
        question = messages.ListEventsRequest(
            read_mask=FieldMask(paths=["event_type", "contents", "transaction_digest"]),
            filter=messages.EventFilter(terms=terms),
            options=messages.QueryOptions(after=cursor) if cursor else None,
        )
        call = self._connected().unary_stream(
            f"{SERVICE}ListEvents",
            request_serializer=messages.ListEventsRequest.SerializeToString,
            response_deserializer=_reader(messages.ListEventsResponse),
        )(question)
        try:
            while (answer := await self._in_time(call.read())) is not grpc.aio.EOF:
                yield self._frame(answer)
        finally:
            call.cancel()

    def nonsense(self, what: object) -> ChainUnavailableError:
        """The error for an answer that makes no sense."""
        return ChainUnavailableError(self.url, f"the answer makes no sense: {what}")

    async def _ask(self, question: messages.BatchGetObjectsRequest) -> Any:
        call = self._connected().unary_unary(
            f"{SERVICE}BatchGetObjects",
            request_serializer=messages.BatchGetObjectsRequest.SerializeToString,
            response_deserializer=_reader(messages.BatchGetObjectsResponse),
        )
        return await self._in_time(call(question))

    async def _in_time(self, answer: Any) -> Any:
        """The answer, whatever goes wrong on its way being a ChainUnavailableError."""
        try:
            async with asyncio.timeout(self._timeout):
                result = await answer
        except TimeoutError:
            reason = f"no answer within {self._timeout:g} seconds"
            raise ChainUnavailableError(self.url, reason) from None
        except grpc.aio.AioRpcError as error:
            raise ChainUnavailableError(self.url, _reason(error)) from None
        if result is None:
            raise self.nonsense("it cannot be read")
        return result

    def _found(self, object_id: bytes, result: messages.GetObjectResult) -> FoundObject | None:
        if not result.HasField("object"):
            return None
        if result.object.object_id != address_text(object_id):
            raise self.nonsense("another object than the one asked for")
        return FoundObject(result.object.object_type, result.object.contents.value)

    def _frame(self, answer: messages.ListEventsResponse) -> Frame:
        cursor = answer.watermark.cursor
        if not answer.HasField("event"):
            return cursor, None
        event = answer.event
        try:
            read = read_event(
                event.event_type, event.contents.value, event.transaction_digest, cursor
            )
        except WalrusCoreError as error:
            raise self.nonsense(error) from error
        return cursor, read

    def _connected(self) -> grpc.aio.Channel:
        """The channel, made inside of the running event loop, to which it is bound."""
        if self._channel is None:
            if self._plaintext:
                host, port = self._plaintext
                target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
                options = [*OPTIONS, ("grpc.enable_http_proxy", 0)]
                self._channel = grpc.aio.insecure_channel(target, options)
            else:
                target = urlsplit(self.url).netloc
                credentials = grpc.ssl_channel_credentials()
                self._channel = grpc.aio.secure_channel(target, credentials, OPTIONS)
        return self._channel


def _reason(error: grpc.aio.AioRpcError) -> str:
    details = error.details() or "no reason"
    if REFUSED.lower() in details.lower():  # among much else
        return REFUSED
    return f"{error.code().name}: {details}"


def _reader(message: Any) -> Callable[[bytes], Any]:
    """Parses answers; None for bytes that are none, where gRPC would log the error and go on."""

    def read(data: bytes) -> Any:
        try:
            return message.FromString(data)
        except Exception:  # protobuf's DecodeError, whichever implementation is in use
            return None

    return read
