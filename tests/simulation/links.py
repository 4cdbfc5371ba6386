"""Between processes: `SimPeers` implements `Peers` over links that delay, lose, repeat and cut.

A call runs in the process of the node that is asked. What it is given and what it answers are as
from the wire: nothing is verified any more. Calls overtake each other, as each message has a delay
of its own; the items of one stream keep their order, as over TCP.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from simulation.processes import Process, current

from walrus_core.codec.metadata import BlobMetadata, UnverifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import NodeUnavailableError, WalrusCoreError
from walrus_core.protocol.committee import Member
from walrus_core.protocol.keys import PublicKey
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node_api import BlobStatus, Holdings, NodeApi, NodeHealth, StoredStatus
from walrus_core.types import Axis, BlobId, SliverPairIndex

T = TypeVar("T")

DEADLINE = 20.0
"""Seconds without a word after which a node counts as unavailable."""


class Host(Protocol):
    """Where a node runs, if it does: `api` is None while nobody listens."""

    process: Process
    api: NodeApi | None


@dataclass
class Conditions:
    """How the network is: delays in seconds, chances of what goes wrong with each message or call.

    `sides`: processes of different sides hear nothing of each other. `slow`: the delays of a node,
    by its address, take so many times as long.
    """

    chance: random.Random
    longest: float = 0.05
    dropped: float = 0.0
    repeated: float = 0.0
    cut: float = 0.0
    sides: dict[str, int] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.dropped = self.repeated = self.cut = 0.0
        self.sides.clear()
        self.slow.clear()

    def are_apart(self, one: str, other: str) -> bool:
        return self.sides.get(one, 0) != self.sides.get(other, 0)


@dataclass(frozen=True, slots=True)
class Listener:
    """The process that runs at an address now, and what it serves."""

    process: Process
    api: NodeApi


class Network:
    """Hosts by address; `on_bug` hears of exceptions that no node may answer with.

    `on_answer` hears of each answer (address, method, arguments, answer) before it leaves.
    """

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.hosts: dict[str, Host] = {}
        self.on_bug: Callable[[BaseException], None] = _raise
        self.on_answer: Callable[[str, str, tuple[Any, ...], Any], None] = lambda *_: None


class SimPeers:
    """Implements `Peers` for whoever runs where it is used."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def node(self, member: Member) -> NodeApi:
        return Link(self._network, member.network_address)


class Link:
    """Implements `NodeApi`: one way to a node."""

    def __init__(self, network: Network, address: str) -> None:
        self._network = network
        self._conditions = network.conditions
        self._address = address

    # -- questions with one answer ------------------------------------------------------------

    async def metadata(self, blob_id: BlobId) -> BlobMetadata:
        return _metadata_on_wire(await self._ask("metadata", blob_id))

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool = False) -> StoredStatus:
        answer: StoredStatus = await self._ask(
            "put_metadata", _metadata_on_wire(metadata), pending=pending
        )
        return answer

    async def holdings(self, blob_id: BlobId) -> Holdings:
        answer: Holdings = await self._ask("holdings", blob_id)
        return answer

    async def confirmation(
        self, blob_id: BlobId, object_id: bytes | None, wait: float = 0.0
    ) -> SignedMessage:
        answer: SignedMessage = await self._ask(
            "confirmation", blob_id, object_id, wait, patience=wait
        )
        return answer

    async def attest_inconsistency(
        self, blob_id: BlobId, proof: InconsistencyProof
    ) -> SignedMessage:
        answer: SignedMessage = await self._ask("attest_inconsistency", blob_id, proof)
        return answer

    async def status(self, blob_id: BlobId) -> BlobStatus:
        answer: BlobStatus = await self._ask("status", blob_id)
        return answer

    async def health(self) -> NodeHealth:
        answer: NodeHealth = await self._ask("health")
        return answer

    # -- streams ------------------------------------------------------------------------------

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        host = await self._reach()
        arrived = _Stream[Sliver]()
        kept: list[Sliver] = []
        task = self._begin(host, "put_slivers", blob_id, arrived.items(), pending=pending)
        try:
            async for sliver in slivers:
                await self._hop()
                if task.done():
                    break
                if self._happens(self._conditions.cut):
                    raise NodeUnavailableError(self._address, "the stream was cut")
                kept.append(_sliver_on_wire(sliver))
                arrived.put(kept[-1])
            arrived.end()
            if self._happens(self._conditions.repeated):
                self._repeat(host, "put_slivers", blob_id, _all(kept), pending=pending)
            answer: int = await self._answer_of(task, "put_slivers", (blob_id,))
            return answer
        finally:
            task.cancel()

    async def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        async with self._stream("slivers", blob_id, axis, tuple(pairs)) as items:
            async for sliver in items:
                yield _sliver_on_wire(sliver)

    async def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        arguments = blob_id, axis, tuple(targets), tuple(sources)
        async with self._stream("recovery_symbols", *arguments) as items:
            async for item in items:
                yield item

    async def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        async with self._stream("sync_shard", request, public_key) as items:
            async for blob_id, sliver in items:
                yield blob_id, _sliver_on_wire(sliver)

    # -- how ----------------------------------------------------------------------------------

    async def _ask(
        self, method: str, *arguments: Any, patience: float = 0.0, **options: Any
    ) -> Any:
        host = await self._reach()
        if self._happens(self._conditions.repeated):
            self._repeat(host, method, *arguments, **options)
        task = self._begin(host, method, *arguments, **options)
        return await self._answer_of(task, method, arguments, patience)

    async def _reach(self) -> Listener:
        """The question gets there, if somebody listens."""
        await self._hop()
        host = self._network.hosts.get(self._address)
        if self._is_lost():
            await self._give_up()
        if host is None or host.api is None or not host.process.is_alive:
            raise NodeUnavailableError(self._address, "nobody listens")
        return Listener(host.process, host.api)

    def _begin(
        self, host: Listener, method: str, *arguments: Any, **options: Any
    ) -> asyncio.Task[Any]:
        if not host.process.is_alive:
            raise NodeUnavailableError(self._address, "the connection broke")
        return host.process.start(getattr(host.api, method)(*arguments, **options), method)

    async def _answer_of(
        self,
        task: asyncio.Task[Any],
        method: str,
        arguments: tuple[Any, ...],
        patience: float = 0.0,
    ) -> Any:
        """The answer gets here, if there is one in time."""
        try:
            await asyncio.wait([task], timeout=DEADLINE + patience)
        finally:
            if not task.done():
                task.cancel()
        if not task.done():
            raise NodeUnavailableError(self._address, "no answer in time")
        answer = self._result(task)
        self._network.on_answer(self._address, method, arguments, answer)
        await self._hop()
        if self._is_lost():
            await self._give_up()
        return answer

    def _result(self, task: asyncio.Task[T]) -> T:
        """What a node's task came to, as far as it may be told."""
        if not self._network.hosts[self._address].process.is_alive or task.cancelled():
            _retrieve(task)
            raise NodeUnavailableError(self._address, "the connection broke")
        error = task.exception()
        if error is None:
            return task.result()
        if not isinstance(error, WalrusCoreError):
            self._network.on_bug(error)
            raise NodeUnavailableError(self._address, f"it failed: {error!r}")
        raise error

    def _repeat(self, host: Listener, method: str, *arguments: Any, **options: Any) -> None:
        """The same call arrives once more, later, and nobody hears of the answer."""

        async def repeat() -> None:
            await asyncio.sleep(self._conditions.chance.random() * DEADLINE)
            with contextlib.suppress(WalrusCoreError):
                await getattr(host.api, method)(*arguments, **options)

        if host.process.is_alive:
            host.process.start(repeat(), f"{method} again")

    @contextlib.asynccontextmanager
    async def _stream(self, method: str, *arguments: Any) -> AsyncIterator[AsyncIterator[Any]]:
        """The items that a node answers with, until the stream is cut."""
        host = await self._reach()
        arriving = _Stream[Any]()
        iterator = getattr(host.api, method)(*arguments)

        async def pump() -> None:
            try:
                async for item in iterator:
                    await self._hop()
                    arriving.put(item)
            finally:
                arriving.end()
                await iterator.aclose()

        task = host.process.start(pump(), method)
        try:
            yield self._arrivals(arriving, task)
        finally:
            task.cancel()

    async def _arrivals(
        self, arriving: _Stream[Any], task: asyncio.Task[None]
    ) -> AsyncIterator[Any]:
        items = arriving.items()
        while True:
            if self._happens(self._conditions.cut) or self._is_lost():
                raise NodeUnavailableError(self._address, "the stream was cut")
            try:
                async with asyncio.timeout(DEADLINE):
                    item = await anext(items)
            except TimeoutError:
                raise NodeUnavailableError(self._address, "no answer in time") from None
            except StopAsyncIteration:
                await asyncio.wait([task])
                self._result(task)
                return
            yield item

    async def _hop(self) -> None:
        """One message on its way."""
        slow = self._conditions.slow.get(self._address, 1.0)
        await asyncio.sleep(self._conditions.chance.random() * self._conditions.longest * slow)

    async def _give_up(self) -> None:
        await asyncio.sleep(DEADLINE)
        raise NodeUnavailableError(self._address, "no answer in time")

    def _is_lost(self) -> bool:
        process = current()
        name = process.name if process else ""
        apart = self._conditions.are_apart(name, self._address)
        return apart or self._happens(self._conditions.dropped)

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self._conditions.chance.random() < chance


class _Stream(Generic[T]):
    """Items on their way."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[T | None] = asyncio.Queue()

    def put(self, item: T) -> None:
        self._queue.put_nowait(item)

    def end(self) -> None:
        self._queue.put_nowait(None)

    async def items(self) -> AsyncIterator[T]:
        while (item := await self._queue.get()) is not None:
            yield item


async def _all(items: Sequence[T]) -> AsyncIterator[T]:
    for item in items:
        yield item


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Nobody wants to know what it failed with."""
    if task.done() and not task.cancelled():
        task.exception()


def _raise(error: BaseException) -> None:
    raise error


def _metadata_on_wire(metadata: BlobMetadata) -> UnverifiedMetadata:
    return UnverifiedMetadata(metadata.blob_id, metadata.unencoded_length, metadata.pair_hashes)


def _sliver_on_wire(sliver: Sliver) -> Sliver:
    return Sliver(sliver.axis, sliver.index, sliver.symbol_size, bytes(sliver.data))
