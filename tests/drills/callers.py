"""Callers of a server, each with a connection of its own, in threads of their own: gRPC's blocking
client tells the status also of a call that ends while it is sending.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from rpc.encoding_serving import Received, batches, encode_requests, names_requests

from walrus_core.codec.encoder import EncodedBlob, encode
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE
from walrus_core.rpc.v1 import encoding_pb2 as pb, encoding_pb2_grpc
from walrus_core.types import Axis

Code = grpc.StatusCode

PAUSE_SECONDS = 0.05
CALL_SECONDS = 120.0
PAIRS = (0, 7, 31)
"""Those whose slivers are asked for: all of them are four and a half times the blob."""


@contextmanager
def connected(address: str, credentials: Any = None, *, takes: int | None = None) -> Iterator[Any]:
    """A connection that nobody shares; of each answer it `takes` no more in advance."""
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
    if takes is not None:
        options += [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", takes)]
    if credentials is None:
        channel = grpc.insecure_channel(address, options)
    else:
        channel = grpc.secure_channel(address, credentials, options)
    with channel:
        yield channel


def status_of(answers: Iterable[Any]) -> tuple[Any, list[Any]]:
    """How a call ends, and what was answered before."""
    said: list[Any] = []
    try:
        said.extend(answers)  # what came before an error, too
    except grpc.RpcError as error:
        return error.code(), said
    return Code.OK, said


class Tasks:
    """What callers ask for: blobs of several sizes, and what is right about each."""

    def __init__(self, sizes: Iterable[int], n_shards: int) -> None:
        self._n_shards = n_shards
        blobs = [random.Random(size).randbytes(size) for size in sizes]
        self._encoded = [encode(blob, n_shards) for blob in blobs]
        self._names = [list(names_requests(blob, n_shards=n_shards)) for blob in blobs]
        self._encodes = [
            list(encode_requests(blob, n_shards=n_shards, sliver_pair_indices=PAIRS))
            for blob in blobs
        ]
        self._decodes = [list(_decode(encoded, n_shards)) for encoded in self._encoded]
        self._blobs = blobs

    def one(self, stub: Any, chance: random.Random) -> Any:
        """Have something done, and see that it is right; the status."""
        number = chance.randrange(len(self._blobs))
        task = chance.choice((self._name, self._encode, self._decode))
        return task(stub, number)

    def _name(self, stub: Any, number: int) -> Any:
        try:
            answer = stub.ComputeBlobId(iter(self._names[number]), timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            return error.code()
        assert answer.blob.blob_id == self._encoded[number].metadata.blob_id.digest
        return Code.OK

    def _encode(self, stub: Any, number: int) -> Any:
        code, said = status_of(stub.Encode(iter(self._encodes[number]), timeout=CALL_SECONDS))
        if code is Code.OK:
            received = Received()
            for answer in said:
                received.add(answer)
            received.assert_equal(self._encoded[number], Axis, PAIRS)
        return code

    def _decode(self, stub: Any, number: int) -> Any:
        code, said = status_of(stub.Decode(iter(self._decodes[number]), timeout=CALL_SECONDS))
        if code is Code.OK:
            assert b"".join(answer.chunk.data for answer in said) == self._blobs[number]
        return code


def _decode(encoded: EncodedBlob, n_shards: int) -> Iterator[pb.DecodeRequest]:
    yield pb.DecodeRequest(header=pb.DecodeHeader(metadata=encoded.metadata.to_bcs_with_id()))
    k = encoded.metadata.config.n_primary_source_symbols
    for batch in batches((encoded.primary(pair) for pair in range(k)), n_shards):
        yield pb.DecodeRequest(slivers=batch)


@dataclass
class Tally:
    """How calls ended, and how long those took that were answered."""

    codes: dict[Any, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, code: Any, seconds: float) -> None:
        with self._lock:
            self.codes[code] = self.codes.get(code, 0) + 1
            if code is Code.OK:
                self.seconds.append(seconds)

    def quantile(self, share: float) -> float:
        """In seconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def assert_only(self, *codes: Any) -> None:
        if self.failures:
            raise self.failures[0]
        assert set(self.codes) <= set(codes), self.codes

    def __str__(self) -> str:
        return ", ".join(f"{count} {code.name}" for code, count in self.codes.items())


class Crowd:
    """So many callers that do something again and again, until they are told to leave."""

    def __init__(self, count: int) -> None:
        self.tally = Tally()
        self._count = count
        self._leave = threading.Event()
        self._threads = ThreadPoolExecutor(count)

    def come(self, act: Callable[[int], Any]) -> list[asyncio.Future[None]]:
        """`act(number)` gives the status of one call."""
        loop = asyncio.get_running_loop()
        return [
            loop.run_in_executor(self._threads, self._live, act, number)
            for number in range(self._count)
        ]

    async def stay(self, seconds: float, act: Callable[[int], Any]) -> None:
        living = self.come(act)
        await asyncio.sleep(seconds)
        await self.leave(living)

    async def leave(self, living: list[asyncio.Future[None]]) -> None:
        """After the call that each is at."""
        self._leave.set()
        await asyncio.gather(*living)
        self._threads.shutdown()

    def _live(self, act: Callable[[int], Any], number: int) -> None:
        try:
            while not self._leave.is_set():
                started = time.perf_counter()
                code = act(number)
                self.tally.note(code, time.perf_counter() - started)
                if code is not Code.OK:
                    self._leave.wait(PAUSE_SECONDS)
        except BaseException as error:  # told where all come together
            self.tally.failures.append(error)
            self._leave.set()


def working(address: str, tasks: Tasks, connections: list[Any]) -> Callable[[int], Any]:
    """What each of a crowd does over a connection of its own."""
    stubs = [encoding_pb2_grpc.EncodingServiceStub(channel) for channel in connections]
    chances = [random.Random(f"{address}-{number}") for number in range(len(stubs))]
    return lambda number: tasks.one(stubs[number], chances[number])


def bare(channel: Any, method: str, service: str = ENCODING_SERVICE) -> Any:
    """A method whose messages are bytes."""
    return channel.stream_stream(f"/{service}/{method}")
