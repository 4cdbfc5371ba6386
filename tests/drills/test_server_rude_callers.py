"""Callers that vanish, never read, trickle, say nothing and lie: others do not notice, and nothing
that they took is kept.
"""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from drills.callers import Code, Crowd, Tasks, bare, connected, status_of, working
from drills.gateway import MIB, SLACK, gateway
from rpc.encoding_serving import encode_requests
from rpc.fault_proxy import between

from walrus_core.rpc.chunks import cut_chunks
from walrus_core.rpc.v1 import encoding_pb2 as pb, encoding_pb2_grpc

pytestmark = pytest.mark.drill

MEMORY, LONG_MEMORY = 512 * MIB, 2048 * MIB
"""Enough for those who do not read, so that all others get their share in time."""

IDLE_SECONDS, LEAST_RATE = 2.0, 64 << 10
"""Long enough for all callers of a round, which share a process and the machine, to keep up."""

LIMITS = {"idle_seconds": IDLE_SECONDS, "least_rate": LEAST_RATE}
GIVEN_BACK_AFTER = 18.0
"""Seconds without a call after which a server has given back what it kept."""

ROUNDS, LONG_ROUNDS = 2, 20
AT_ONCE, LONG_AT_ONCE = 2, 8
N_SHARDS = 100
BLOB = random.Random(7).randbytes(16 * MIB)
"""Its slivers are 72 MiB: who does not read them leaves some in the server."""

CUT_AFTER = 8 * MIB
GONE = threading.Event()
"""That those may leave who wait for nothing."""

PATIENCE = 20.0
"""Seconds after which a caller would give up that the server has not."""


def header(size: int) -> bytes:
    message = pb.EncodeRequest(header=pb.EncodeHeader(size=size, n_shards=N_SHARDS))
    return message.SerializeToString()


def chunk(**fields: Any) -> bytes:
    [good] = cut_chunks(memoryview(b"some bytes"))
    for name, value in fields.items():
        setattr(good, name, value)
    return pb.EncodeRequest(chunk=good).SerializeToString()


def ended(channel: Any, messages: Iterator[bytes]) -> Any:
    """The code of an Encode of these messages."""
    return status_of(bare(channel, "Encode")(messages, timeout=PATIENCE))[0]


def never_reads(channel: Any) -> Any:
    """It takes one message, and no other until the server has given up."""
    stub = encoding_pb2_grpc.EncodingServiceStub(channel)
    call = stub.Encode(encode_requests(BLOB, n_shards=N_SHARDS), timeout=PATIENCE)
    assert next(call)
    threading.Event().wait(2.5 * IDLE_SECONDS)
    return status_of(call)[0]


def trickles(channel: Any) -> Any:
    """A byte now and then, of a blob that would take a day."""

    def messages() -> Iterator[bytes]:
        yield header(100_000)
        for at in range(100_000):
            data = next(cut_chunks(memoryview(b"x"), at))
            yield pb.EncodeRequest(chunk=data).SerializeToString()
            if GONE.wait(IDLE_SECONDS / 4):
                return

    return ended(channel, messages())


def says_nothing(channel: Any) -> Any:
    def messages() -> Iterator[bytes]:
        GONE.wait(PATIENCE)
        yield b""

    return ended(channel, messages())


def stops_in_the_middle(channel: Any) -> Any:
    def messages() -> Iterator[bytes]:
        yield header(100 * MIB)
        yield chunk()
        GONE.wait(PATIENCE)

    return ended(channel, messages())


def leaves(channel: Any) -> Any:
    """It cancels while slivers come."""
    stub = encoding_pb2_grpc.EncodingServiceStub(channel)
    call = stub.Encode(encode_requests(BLOB, n_shards=N_SHARDS), timeout=PATIENCE)
    assert next(call)
    call.cancel()
    return call.code()


def liar(*messages: bytes) -> Callable[[Any], Any]:
    return lambda channel: ended(channel, iter(messages))


RUDE: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "never read": (never_reads, Code.DEADLINE_EXCEEDED),
    "trickle": (trickles, Code.DEADLINE_EXCEEDED),
    "say nothing": (says_nothing, Code.DEADLINE_EXCEEDED),
    "stop in the middle": (stops_in_the_middle, Code.DEADLINE_EXCEEDED),
    "leave": (leaves, Code.CANCELLED),
    "say 2^63 bytes": (liar(header(2**63)), Code.INVALID_ARGUMENT),
    "say 10 TiB": (liar(header(10 << 40)), Code.INVALID_ARGUMENT),
    "send more than they said": (liar(header(3), chunk()), Code.INVALID_ARGUMENT),
    "send less": (liar(header(100 * MIB), chunk()), Code.INVALID_ARGUMENT),
    "lie about a checksum": (liar(header(10), chunk(crc32c=1)), Code.INVALID_ARGUMENT),
    "lie about an offset": (liar(header(10), chunk(offset=5)), Code.INVALID_ARGUMENT),
    "send 5 MiB at once": (liar(header(5 * MIB), bytes(5 * MIB)), Code.RESOURCE_EXHAUSTED),
}
"""What callers do, and how that ends."""


def test_rude_callers(tmp_path: Path, is_long: bool, figures: list[str]) -> None:
    GONE.clear()
    try:
        figures.append(asyncio.run(_rude_callers(tmp_path, is_long)))
    finally:
        GONE.set()


async def _rude_callers(directory: Path, is_long: bool) -> str:
    rounds, at_once = (LONG_ROUNDS, LONG_AT_ONCE) if is_long else (ROUNDS, AT_ONCE)
    memory = LONG_MEMORY if is_long else MEMORY
    async with gateway(directory, memory=memory, limits=LIMITS, largest_blob="256MiB") as server:
        before, files, cuts = server.anonymous(), server.open_files(), 0
        async with server.watched() as most, _honest(server.address) as honest:
            for number in range(rounds):
                GONE.clear()
                await _each(server.address, at_once)
                GONE.set()
                cuts += await _vanish(server.port, at_once, seed=number)
        honest.tally.assert_only(Code.OK)
        await server.idle()
        left = server.anonymous()
        await asyncio.sleep(GIVEN_BACK_AFTER)
        assert not server.failures()
        assert most.peak <= before + memory + SLACK
        assert server.open_files() <= files + 16
        return (
            f"{rounds} x {at_once} callers of each of {len(RUDE) + 1} rude kinds, {cuts} of which"
            f" vanished; an honest one meanwhile: {honest.tally}, p50"
            f" {1000 * honest.tally.quantile(0.5):.0f} ms, p99"
            f" {1000 * honest.tally.quantile(0.99):.0f} ms; anonymous memory"
            f" {before / MIB:.0f} MiB before, {most.peak / MIB:.0f} MiB at most,"
            f" {left / MIB:.0f} MiB after, {server.anonymous() / MIB:.0f} MiB once idle; all places"
            " given back"
        )


async def _each(address: str, at_once: int) -> None:
    """All of them at the same time; each gets what it deserves."""

    def act(name: str) -> tuple[str, Any]:
        with connected(address) as channel:
            return name, RUDE[name][0](channel)

    crowd = asyncio.gather(*[_in_thread(act, name) for name in RUDE for _ in range(at_once)])
    got = {(name, code) for name, code in await crowd}
    assert got == {(name, code) for name, (_, code) in RUDE.items()}


async def _vanish(port: int, at_once: int, seed: int) -> int:
    """Connections break while much is on its way in both directions; how many did."""

    def act(address: str) -> Any:
        with connected(address) as channel:
            stub = encoding_pb2_grpc.EncodingServiceStub(channel)
            return status_of(stub.Encode(encode_requests(BLOB, n_shards=N_SHARDS)))[0]

    async with between(port, seed) as proxy:
        proxy.cut_after = CUT_AFTER
        codes = await asyncio.gather(*[_in_thread(act, proxy.address) for _ in range(at_once)])
        assert Code.OK not in codes
        return proxy.cuts


@asynccontextmanager
async def _honest(address: str) -> AsyncIterator[Crowd]:
    """One caller that asks for small things all the time."""
    crowd, tasks = Crowd(1), Tasks((10, 1000, 100_000), N_SHARDS)
    with connected(address) as channel:
        living = crowd.come(working(address, tasks, [channel]))
        try:
            yield crowd
        finally:
            await crowd.leave(living)


async def _in_thread(act: Callable[[str], Any], argument: str) -> Any:
    """In one of its own: asyncio's are too few for callers that wait."""
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def run() -> None:
        try:
            result = act(argument)
        except BaseException as error:  # raised where it is waited for
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, result)

    threading.Thread(target=run, daemon=True).start()
    return await done
