"""Callers that go away, do not read, trickle, or come in crowds. The pool tells what they cost."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import grpc
import pytest
from rpc.encoding_serving import (
    ServedEngine,
    encode_requests,
    names_requests,
    outcome,
    served_engine,
)
from rpc.serving import in_loop
from services.engine.plain import assert_all_back

from walrus_core.codec.encoder import encode
from walrus_core.rpc.chunks import cut_chunks
from walrus_core.rpc.v1 import encoding_pb2 as pb
from walrus_core.services.engine import EngineOptions, PoolLimits

LARGE = random.Random(1).randbytes(32 << 20)
"""Encoding it for 1000 shards, in pieces, takes a while."""

Code = grpc.StatusCode


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


async def all_back(way: ServedEngine) -> None:
    """The server notices that a caller is gone a little later than the caller."""
    lanes = (way.pool.large, way.pool.small)
    await until(lambda: way.pool.calls == 0 and not any(lane.memory.lent for lane in lanes))
    assert_all_back(way.pool)


@in_loop
async def test_a_cancelled_call_stops_the_kernel() -> None:
    async with served_engine() as way:
        started = asyncio.get_running_loop().time()
        metadata = await way.stub.ComputeBlobId(names_requests(LARGE))
        whole = asyncio.get_running_loop().time() - started
        assert metadata.blob.size == len(LARGE)
        call = way.stub.ComputeBlobId(names_requests(LARGE))
        await until(lambda: way.pool.large.running == 1)
        call.cancel()
        started = asyncio.get_running_loop().time()
        await all_back(way)
        stopped = asyncio.get_running_loop().time() - started
        print(f"{1000 * stopped:.0f} of {1000 * whole:.0f} ms")  # a figure, which decides nothing


HEADER = pb.EncodeRequest(header=pb.EncodeHeader(size=1 << 20)).SerializeToString()


async def ended(way: ServedEngine, messages: Iterable[bytes], timeout: float = 30) -> Any:
    """The code with which an Encode ends that is not answered."""
    error: Any = await asyncio.to_thread(outcome, way.address, "Encode", messages, timeout)
    await all_back(way)
    return error.code()


@in_loop
async def test_a_deadline_stops_it_too() -> None:
    gone = threading.Event()

    def messages() -> Iterator[bytes]:
        yield HEADER
        gone.wait(30)

    async with served_engine() as way:
        assert await ended(way, messages(), timeout=0.3) is Code.DEADLINE_EXCEEDED
        gone.set()


@in_loop
async def test_a_reader_that_does_not_read_is_not_waited_for() -> None:
    """All slivers are 144 MiB, of which it takes one message."""
    held = 2 << 20
    options = EngineOptions(held=held)
    async with served_engine(PoolLimits(threads=1), options, idle_seconds=1) as way:
        call = way.stub.Encode(encode_requests(LARGE))
        assert await call.read()
        memory = way.pool.large.memory
        await until(lambda: memory.lent > 0 and not way.pool.large.slots.taken)
        # Its slot is others' while it does not read.
        other = await way.stub.ComputeBlobId(names_requests(LARGE[: 4 << 20]))
        assert other.blob.size == 4 << 20
        await all_back(way)  # after a second without reading
        received = 0
        with suppress(grpc.aio.AioRpcError):
            while True:
                received += (await call.read()).ByteSize()
        assert await call.code() is Code.DEADLINE_EXCEEDED
        assert received < 20 << 20, "what was on its way"


@pytest.mark.parametrize("first", [[], [HEADER]], ids=["nothing", "a header"])
@in_loop
async def test_who_sends_no_more_is_not_waited_for(first: list[bytes]) -> None:
    gone = threading.Event()

    def messages() -> Iterator[bytes]:
        yield from first
        gone.wait(30)

    async with served_engine(idle_seconds=0.2) as way:
        assert await ended(way, messages()) is Code.DEADLINE_EXCEEDED
        gone.set()


@in_loop
async def test_who_sends_a_byte_now_and_then_is_not_waited_for() -> None:
    gone = threading.Event()

    def messages() -> Iterator[bytes]:
        yield HEADER
        for at in range(1000):  # never idle for long
            if gone.wait(0.05):
                return
            chunk = next(cut_chunks(memoryview(b"x"), at))
            yield pb.EncodeRequest(chunk=chunk).SerializeToString()

    async with served_engine(idle_seconds=0.3, least_rate=1 << 20) as way:
        assert await ended(way, messages()) is Code.DEADLINE_EXCEEDED
        gone.set()


@in_loop
async def test_a_small_call_is_answered_while_large_ones_run() -> None:
    async with served_engine(PoolLimits(threads=1)) as way:
        large = [way.stub.ComputeBlobId(names_requests(LARGE)) for _ in range(3)]
        await until(lambda: way.pool.large.slots.waiting == 2)
        answer = await way.stub.ComputeBlobId(names_requests(b"small", n_shards=7))
        assert answer.blob.metadata == encode(b"small", 7).metadata.to_bcs_with_id()
        assert not any(call.done() for call in large)
        for call in large:
            call.cancel()
        await all_back(way)


@in_loop
async def test_crowds_are_told_when_to_come_back() -> None:
    limits = PoolLimits(threads=1, memory=1, queue=1, patience=0.05)
    async with served_engine(limits) as way:
        messages = [request.SerializeToString() for request in names_requests(LARGE)]
        calls = [
            asyncio.to_thread(outcome, way.address, "ComputeBlobId", messages) for _ in range(4)
        ]
        errors: list[Any] = [error for error in await asyncio.gather(*calls) if error is not None]
        assert 0 < len(errors) < 4
        assert {error.code() for error in errors} == {Code.RESOURCE_EXHAUSTED}
        assert "try again in 1 second" in errors[0].details()
        await all_back(way)


@pytest.mark.parametrize("n_clients", [24])
@in_loop
async def test_many_at_once(n_clients: int) -> None:
    """Mixed sizes, more than there are slots; all are answered, rightly."""
    blobs = [random.Random(i).randbytes(10 ** (i % 7)) for i in range(n_clients)]
    async with served_engine() as way:
        answers = await asyncio.gather(
            *(way.stub.ComputeBlobId(names_requests(blob, n_shards=100)) for blob in blobs)
        )
        for blob, answer in zip(blobs, answers, strict=True):
            assert answer.blob.blob_id == encode(blob, 100).metadata.blob_id.digest
        await all_back(way)
