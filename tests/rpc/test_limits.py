"""Cancelled, late, one too many, or the last before the end: what happens to calls then."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import grpc
import pytest
from rpc.memory_node import MemoryNode
from rpc.serving import N_SHARDS, SERVER, Served, in_loop, served

from walrus_core.codec.encoder import EncodedBlob
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import NodeUnavailableError, OverloadedError
from walrus_core.rpc.server import ServerOptions
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.services.node_api import BlobStatus
from walrus_core.types import Axis, BlobId, SliverPairIndex

ANY_BLOB = BlobId(b"b" * 32)
PAIRS = [SliverPairIndex(pair) for pair in range(N_SHARDS)]


class SlowNode(MemoryNode):
    """Answers when `go` is set; tells what began and what was stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.begun = asyncio.Event()
        self.stopped: list[str] = []
        self.working = 0
        self.read = 0

    async def status(self, _: BlobId) -> BlobStatus:
        await self._work("status")
        return BlobStatus("nonexistent")

    async def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        try:
            async for sliver in super().slivers(blob_id, axis, pairs):
                for _ in range(1000):
                    self.read += 1
                    yield Sliver(axis, sliver.index, sliver.symbol_size, sliver.data)
                await self._work("slivers")
        finally:
            self.stopped.append("generator")

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        self.begun.set()
        try:
            await super().put_slivers(blob_id, slivers, pending=pending)
            await self._work("put_slivers")
        finally:
            self.stopped.append("upload")
        return 0

    async def _work(self, name: str) -> None:
        self.begun.set()
        self.working += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.stopped.append(name)
            raise


async def eventually(condition: Callable[[], bool]) -> None:
    """Until `condition()` holds; the test's own time limit ends what never does."""
    while not condition():
        await asyncio.sleep(0.005)


def slow_node(blob: EncodedBlob | None = None) -> SlowNode:
    node = SlowNode()
    if blob is not None:
        node.fill(blob)
    return node


async def take(way: Served, blob: EncodedBlob) -> None:
    request = pb.GetSliversRequest(
        blob_id=blob.metadata.blob_id.digest, axis=pb.AXIS_PRIMARY, sliver_pair_indices=PAIRS
    )
    async for _ in way.raw.GetSlivers(request):
        pass


@in_loop
async def test_a_cancelled_question_stops_its_work() -> None:
    node = slow_node()
    async with served(node) as way:
        question = asyncio.create_task(way.node.status(ANY_BLOB))
        await node.begun.wait()
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        await eventually(lambda: node.stopped == ["status"])
        await eventually(lambda: way.calls.made == [("GetBlobStatus", "CANCELLED")])


@in_loop
async def test_the_callers_deadline_stops_the_work() -> None:
    node = slow_node()
    async with served(node) as way:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.raw.GetBlobStatus(pb.GetBlobStatusRequest(blob_id=b"b" * 32), timeout=0.1)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await eventually(lambda: node.stopped == ["status"])


@in_loop
async def test_the_servers_deadline_stops_the_work() -> None:
    node = slow_node()
    async with served(node, options=replace(SERVER, question_seconds=0.1)) as way:
        with pytest.raises(NodeUnavailableError, match="longer than this server allows"):
            await way.node.status(ANY_BLOB)
        assert node.stopped == ["status"]
        assert way.calls.made == [("GetBlobStatus", "DEADLINE_EXCEEDED")]


@in_loop
async def test_an_abandoned_stream_closes_its_generators(blob: EncodedBlob) -> None:
    node = slow_node(blob)
    async with served(node) as way:
        slivers = way.node.slivers(blob.metadata.blob_id, Axis.PRIMARY, PAIRS)
        reading = asyncio.create_task(anext(slivers))
        await node.begun.wait()
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        await eventually(lambda: node.stopped == ["slivers", "generator"])


@in_loop
async def test_an_abandoned_upload_stops(blob: EncodedBlob) -> None:
    node = slow_node(blob)

    async def endless() -> AsyncIterator[Sliver]:
        yield blob.primary(0)
        await asyncio.Event().wait()

    async with served(node) as way:
        upload = asyncio.create_task(way.node.put_slivers(blob.metadata.blob_id, endless()))
        await node.begun.wait()
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload
        await eventually(lambda: "upload" in node.stopped)


@in_loop
async def test_who_sends_nothing_is_not_waited_for(blob: EncodedBlob) -> None:
    node = slow_node(blob)
    async with served(node, options=replace(SERVER, idle_seconds=0.1)) as way:
        call = way.raw.PutSlivers()
        await call.write(pb.PutSliversRequest(blob_id=blob.metadata.blob_id.digest))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert node.stopped == ["upload"]


@in_loop
async def test_who_takes_nothing_is_neither_waited_nor_read_for(large_blob: EncodedBlob) -> None:
    """What the caller does not take is not read from the disk ahead of time."""
    node = slow_node(large_blob)
    options = ServerOptions(large_blob.metadata.n_shards, idle_seconds=0.3)
    async with served(node, options=options) as way:
        request = pb.GetSliversRequest(
            blob_id=large_blob.metadata.blob_id.digest,
            axis=pb.AXIS_PRIMARY,
            sliver_pair_indices=[1],
        )
        call = way.raw.GetSlivers(request)
        await call.read()
        await eventually(lambda: node.stopped == ["generator"])
        assert node.read < 64
        assert way.calls.made == [("GetSlivers", "DEADLINE_EXCEEDED")]


@in_loop
async def test_one_call_too_many_is_told_when_to_come_back() -> None:
    node = slow_node()
    options = replace(SERVER, questions=2, retry_after=0.25)
    async with served(node, options=options) as way:
        running = [asyncio.create_task(way.node.status(ANY_BLOB)) for _ in range(2)]
        await eventually(lambda: node.working == 2)
        with pytest.raises(OverloadedError) as caught:
            await way.node.status(ANY_BLOB)
        assert caught.value.retry_after == 0.25
        node.go.set()
        await asyncio.gather(*running)
        assert await way.node.status(ANY_BLOB)  # there is a place again
    codes = [code for _, code in way.calls.made]
    assert codes == ["RESOURCE_EXHAUSTED", "OK", "OK", "OK"]


@in_loop
async def test_kinds_of_calls_do_not_take_each_others_places(blob: EncodedBlob) -> None:
    node = slow_node(blob)
    async with served(node, options=replace(SERVER, reads=1)) as way:
        reading = asyncio.create_task(take(way, blob))
        await node.begun.wait()
        with pytest.raises(grpc.aio.AioRpcError):
            await take(way, blob)
        node.go.set()
        assert await way.node.status(ANY_BLOB)
        await reading


@in_loop
async def test_uploads_share_a_bounded_memory(blob: EncodedBlob) -> None:
    """One that needs more than there is has it alone; the next has to come again."""
    node = slow_node(blob)
    blob_id = blob.metadata.blob_id

    async def one() -> AsyncIterator[Sliver]:
        yield blob.primary(0)

    async with served(node, options=replace(SERVER, upload_bytes=1)) as way:
        first = asyncio.create_task(way.node.put_slivers(blob_id, one()))
        await eventually(lambda: node.working == 1)
        with pytest.raises(OverloadedError):
            await way.node.put_slivers(blob_id, one())
        node.go.set()
        await first
        assert await way.node.put_slivers(blob_id, one()) == 0


@in_loop
async def test_calls_in_progress_may_end_when_the_server_stops() -> None:
    node = slow_node()
    async with served(node) as way:
        question = asyncio.create_task(way.node.status(ANY_BLOB))
        await node.begun.wait()
        stop = asyncio.create_task(way.server.stop(10))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(stop), 0.05)
        async with asyncio.timeout(1):
            with pytest.raises(NodeUnavailableError, match="the server stops"):
                await way.node.health()
        node.go.set()
        assert await question == BlobStatus("nonexistent")
        await stop


@in_loop
async def test_calls_that_do_not_end_are_ended_when_the_server_stops() -> None:
    node = slow_node()
    async with served(node) as way:
        question = asyncio.create_task(way.node.status(ANY_BLOB))
        await node.begun.wait()
        await way.server.stop(0.1)
        with pytest.raises(NodeUnavailableError):
            await question
        await eventually(lambda: node.stopped == ["status"])
        with pytest.raises(NodeUnavailableError):
            await way.node.health()
