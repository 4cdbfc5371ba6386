"""Questions to a Sui node, by pysui's client: with deadlines, in pages, and with our errors.

The client speaks TLS; to a node on this machine, `http://`, it is given a plaintext channel.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from types import SimpleNamespace, TracebackType
from typing import Any, Self, cast

from grpclib.client import Channel
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from pysui import GrpcProtocolClient, PysuiConfiguration
from pysui.sui.sui_grpc import pgrpc_requests as requests
from pysui.sui.sui_grpc.pgrpc_absreq import PGRPC_Request
from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.errors import (
    ChainUnavailableError,
    TransactionRejectedError,
    UnknownObjectError,
)
from walrus_core.sui.addresses import address_text, parse_address
from walrus_core.sui.draft import CoinRef
from walrus_core.sui.urls import node_url

__all__ = ["MOST_OBJECTS", "Connection"]

MOST_OBJECTS = 50
"""Objects that a node gives at once."""

OBJECT_FIELDS = ["object_id", "version", "digest", "owner", "object_type", "contents"]
COIN_FIELDS = ["object_id", "version", "digest", "balance"]
EXECUTED_FIELDS = ["digest", "effects", "events", "balance_changes"]

DEFAULT_TIMEOUT = 30.0

UNANSWERED = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNIMPLEMENTED", "UNKNOWN"}
"""Statuses that say something of the node, not of the question."""

logging.getLogger("pgrpc_client").addHandler(logging.NullHandler())  # else tracebacks on stderr


class Connection:
    """One channel to the node at `url`; every answer is due within `timeout` seconds."""

    def __init__(self, url: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.url, self._plaintext = node_url(url)
        self.timeout = timeout
        self.is_local = self._plaintext is not None
        self._client: GrpcProtocolClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the channel; the next question opens another."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def ask(self, request: PGRPC_Request) -> Any:
        """The answer to one question.

        Raises ChainUnavailableError without one, TransactionRejectedError if the node refuses.
        """
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._connected().execute_grpc_request(request=request)
        except TimeoutError:
            await self.close()
            raise ChainUnavailableError(
                self.url, f"no answer within {self.timeout:g} seconds"
            ) from None
        except Exception as error:  # what the libraries below raise for refusals and garbage
            await self.close()
            raise ChainUnavailableError(self.url, _reason(error)) from error
        if answer.is_ok():
            return answer.result_data
        raise await self._refusal(answer.result_string)

    async def objects(self, ids: Sequence[bytes]) -> list[v2.Object]:
        """The objects with these ids, in their order; UnknownObjectError."""
        found = await self.objects_if_any(ids)
        for object_id, found_object in zip(ids, found, strict=True):
            if found_object is None:
                raise UnknownObjectError("object", object_id)
        return cast("list[v2.Object]", found)

    async def objects_if_any(self, ids: Sequence[bytes]) -> list[v2.Object | None]:
        """The objects with these ids, in their order; None for each that there is not."""
        found: list[v2.Object | None] = []
        for start in range(0, len(ids), MOST_OBJECTS):
            some = [address_text(object_id) for object_id in ids[start : start + MOST_OBJECTS]]
            answer = await self.ask(
                requests.GetMultipleObjects(object_ids=some, field_mask=OBJECT_FIELDS)
            )
            if len(answer.objects) != len(some):
                raise self.nonsense(f"{len(answer.objects)} answers for {len(some)} objects")
            found += [result.object for result in answer.objects]
        return found

    async def owned(self, owner: bytes, object_type: str) -> list[v2.Object]:
        """All objects of a type that an address owns."""
        return [item async for item in self._owned(owner, object_type, OBJECT_FIELDS)]

    async def coins(self, owner: bytes, coin: str, needed: int | None = None) -> list[CoinRef]:
        """The coins of an address: page by page until they hold `needed`, or all of them.

        Whole pages, as the official client takes them.
        """
        coin_type, found, token = f"0x2::coin::Coin<{coin}>", [], None
        while True:
            answer = await self._page(owner, coin_type, COIN_FIELDS, token)
            found += [_coin(item) for item in answer.objects]
            token = answer.next_page_token
            enough = needed is not None and sum(coin.balance for coin in found) >= needed
            if enough or not token:
                return found

    async def balance(self, owner: bytes, coin: str) -> int:
        """What an address has of a coin, in the coin's smallest unit."""
        question = requests.GetAddressCoinBalance(owner=address_text(owner), coin_type=coin)
        answer = await self.ask(question)
        return int((answer.balance and answer.balance.balance) or 0)

    async def gas_price(self) -> int:
        """MIST per unit of computation, in this epoch of Sui."""
        answer = await self.ask(requests.GetEpoch(field_mask=["reference_gas_price"]))
        price = answer.epoch and answer.epoch.reference_gas_price
        if not price:
            raise self.nonsense("no gas price")
        return int(price)

    async def parameter_type(self, package: bytes, target: str, position: int) -> str:
        """The first type argument of a parameter's type: of `Coin<T>`, T."""
        module, function = target.split("::")
        answer = await self.ask(
            requests.GetFunction(
                package=address_text(package), module_name=module, function_name=function
            )
        )
        try:
            body = answer.function.parameters[position].body
            return str(body.type_parameter_instantiation[0].type_name)
        except (AttributeError, IndexError):
            raise self.nonsense(f"no type for parameter {position} of {target}") from None

    async def simulate(self, transaction: bytes, *, checks: bool = True) -> v2.ExecutedTransaction:
        """What a transaction would do now; without `checks`, even if nobody pays for it."""
        answer = await self.ask(
            requests.SimulateTransaction(
                transaction=transaction,
                checks_enabled=checks,
                gas_selection=False,
                field_mask=[f"transaction.{field}" for field in EXECUTED_FIELDS],
            )
        )
        return self._executed(answer.transaction)

    async def execute(self, transaction: bytes, signature: bytes) -> v2.ExecutedTransaction:
        """Execute a signed transaction."""
        answer = await self.ask(
            requests.ExecuteTransaction(
                tx_bytestr=transaction, sig_array=[signature], field_mask=EXECUTED_FIELDS
            )
        )
        return self._executed(answer)

    async def executed(self, digest: str) -> v2.ExecutedTransaction | None:
        """A transaction that was executed, None if the node knows none with this digest."""
        try:
            answer = await self.ask(
                requests.GetTransaction(digest=digest, field_mask=EXECUTED_FIELDS)
            )
        except TransactionRejectedError as error:
            if error.status == Status.NOT_FOUND.name:
                return None
            raise
        return self._executed(answer.transaction)

    async def events(
        self, packages: Iterable[bytes], cursor: bytes
    ) -> AsyncIterator[v2.ListEventsResponse]:
        """The events of the packages' types behind a cursor, up to now or to the node's limit."""
        types = [v2.EventTypeFilter(event_type=address_text(package)) for package in packages]
        terms = [v2.EventTerm(literals=[v2.EventLiteral(event_type=name)]) for name in types]
        wanted = v2.EventFilter(terms=terms)
        options = v2.QueryOptions(after=cursor) if cursor else None
        stream = await self.ask(
            requests.ListEvents(field_mask=["*"], event_filter=wanted, options=options)
        )
        while True:
            try:
                async with asyncio.timeout(self.timeout):
                    yield await anext(stream)
            except StopAsyncIteration:
                return
            except GRPCError as error:
                raise await self._refusal(error.args) from error
            except Exception as error:
                await self.close()
                raise ChainUnavailableError(self.url, _reason(error)) from error

    def nonsense(self, what: str) -> ChainUnavailableError:
        """The error for an answer that makes no sense."""
        return ChainUnavailableError(self.url, f"the answer makes no sense: {what}")

    async def _owned(
        self, owner: bytes, object_type: str, fields: list[str]
    ) -> AsyncIterator[v2.Object]:
        token: bytes | None = None
        while True:
            answer = await self._page(owner, object_type, fields, token)
            for item in answer.objects:
                yield item
            token = answer.next_page_token
            if not token:
                return

    async def _page(
        self, owner: bytes, object_type: str, fields: list[str], token: bytes | None
    ) -> v2.ListOwnedObjectsResponse:
        question = requests.GetObjectsOwnedByAddress(
            owner=address_text(owner),
            object_type=object_type,
            field_mask=fields,
            page_token=token,
        )
        return cast("v2.ListOwnedObjectsResponse", await self.ask(question))

    def _executed(self, transaction: v2.ExecutedTransaction | None) -> v2.ExecutedTransaction:
        if transaction is None or transaction.effects is None or transaction.effects.status is None:
            raise self.nonsense("a transaction without effects")
        return transaction

    async def _refusal(self, arguments: object) -> Exception:
        """The error for what pysui reports: a status, or what went wrong with the answer."""
        parts = list(arguments) if isinstance(arguments, Iterable) else [arguments]
        if not parts or not isinstance(parts[0], Status):
            await self.close()
            return self.nonsense(str(parts[0]) if parts else "it cannot be read")
        status, message = parts[0].name, str(parts[1] if len(parts) > 1 else "") or "no reason"
        if status in UNANSWERED:
            return ChainUnavailableError(self.url, f"{status}: {message}")
        return TransactionRejectedError(status, message)

    def _connected(self) -> GrpcProtocolClient:
        """The client, made inside of the running event loop, to which its channel is bound."""
        if self._client is None:
            profile = SimpleNamespace(url=self.url)
            group = SimpleNamespace(active_profile=profile)
            config = cast(PysuiConfiguration, SimpleNamespace(active_group=group))
            self._client = GrpcProtocolClient(pysui_config=config)
            if self._plaintext:
                host, port = self._plaintext
                with contextlib.suppress(Exception):
                    self._client._channel.close()  # noqa: SLF001 - pysui knows only TLS
                self._client._channel = Channel(host, port, ssl=None)  # noqa: SLF001
        return self._client


def _reason(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _coin(item: v2.Object) -> CoinRef:
    return CoinRef(
        parse_address(str(item.object_id)),
        int(item.version or 0),
        str(item.digest),
        int(item.balance or 0),
    )
