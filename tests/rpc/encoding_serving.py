"""The encoding service alone on loopback, and bare streams to it."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from rpc.serving import HOST
from rpc.sliver_pieces import pieces_of

from walrus_core.codec.encoder import EncodedBlob
from walrus_core.codec.slivers import Sliver
from walrus_core.rpc.chunks import crc32c, cut_chunks
from walrus_core.rpc.encoding_servicer import (
    ENCODING_KINDS,
    ENCODING_SERVICE,
    EncodingServicer,
)
from walrus_core.rpc.interceptor import CallInterceptor
from walrus_core.rpc.rules import CallRules, Limit
from walrus_core.rpc.v1 import encoding_pb2 as pb, encoding_pb2_grpc, node_pb2
from walrus_core.services.engine import Engine, EngineOptions, Pool, PoolLimits
from walrus_core.types import Axis

LIMITS = {"encodings": Limit(64, 60), "decodings": Limit(64, 60)}


@dataclass(frozen=True)
class ServedEngine:
    """The methods, and what the server has to do it with."""

    stub: Any
    pool: Pool
    address: str


@asynccontextmanager
async def served_engine(
    limits: PoolLimits | None = None,
    options: EngineOptions | None = None,
    *,
    idle_seconds: float = 30,
    least_rate: int = 4 << 10,
) -> AsyncIterator[ServedEngine]:
    pool = Pool(limits or PoolLimits(threads=2))
    rules = CallRules({ENCODING_SERVICE: ENCODING_KINDS}, LIMITS, idle_seconds, least_rate)
    server = grpc.aio.server(interceptors=[CallInterceptor(rules)])
    servicer = EncodingServicer(Engine(pool, options))
    encoding_pb2_grpc.add_EncodingServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    address = f"{HOST}:{port}"
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield ServedEngine(encoding_pb2_grpc.EncodingServiceStub(channel), pool, address)
    finally:
        await server.stop(0)
        pool.close()


def outcome(
    address: str, method: str, messages: Iterable[bytes], timeout: float = 30
) -> grpc.RpcError | None:
    """How a call of bare messages ends, asked by gRPC's blocking client: the other one may lose the
    status of a call that ends while it is sending.
    """
    with grpc.insecure_channel(address) as channel:
        call = channel.stream_stream(f"/{ENCODING_SERVICE}/{method}")(
            iter(messages), timeout=timeout
        )
        try:
            for _ in call:
                pass
        except grpc.RpcError as error:
            return error
        return None


def encode_requests(blob: bytes, **header: Any) -> Iterator[pb.EncodeRequest]:
    yield pb.EncodeRequest(header=pb.EncodeHeader(size=len(blob), **header))
    for chunk in cut_chunks(memoryview(blob)):
        yield pb.EncodeRequest(chunk=chunk)


def names_requests(
    blob: bytes, *, together: bool = True, **header: Any
) -> Iterator[pb.ComputeBlobIdRequest]:
    """`together`: the first chunk comes with the header."""
    first = pb.ComputeBlobIdHeader(size=len(blob), **header)
    chunks = cut_chunks(memoryview(blob))
    yield pb.ComputeBlobIdRequest(header=first, chunk=next(chunks, None) if together else None)
    for chunk in chunks:
        yield pb.ComputeBlobIdRequest(chunk=chunk)


def batches(slivers: Iterable[Sliver], n_shards: int) -> Iterator[pb.SliverBatch]:
    """Messages of one piece each."""
    for sliver in slivers:
        for piece in pieces_of(sliver, n_shards):
            yield pb.SliverBatch(pieces=[piece], crc32c=crc32c(piece.data))


class Received:
    """The slivers of `EncodeResponse`s, put together as any client would, and the description."""

    def __init__(self) -> None:
        self.slivers: dict[tuple[int, int], bytearray] = {}
        self.blob: pb.BlobDescription | None = None
        self.largest = 0

    def add(self, response: pb.EncodeResponse | pb.RecoverResponse) -> None:
        if response.WhichOneof("part") == "blob":
            assert self.blob is None
            self.blob = response.blob
            return
        assert self.blob is None, "the description is the last message"
        crc, size = 0, 0
        for piece in response.slivers.pieces:
            sliver = self.slivers.setdefault((piece.axis, piece.sliver_pair_index), bytearray())
            assert piece.offset == len(sliver)
            assert bool(piece.sliver_size) == bool(piece.symbol_size) == (piece.offset == 0)
            sliver += piece.data
            crc, size = crc32c(piece.data, crc), size + len(piece.data)
        assert crc == response.slivers.crc32c
        self.largest = max(self.largest, size)

    def assert_equal(
        self, encoded: EncodedBlob, axes: Iterable[Axis], pairs: Iterable[int]
    ) -> None:
        """These slivers, and no others, byte for byte."""
        numbers = {Axis.PRIMARY: node_pb2.AXIS_PRIMARY, Axis.SECONDARY: node_pb2.AXIS_SECONDARY}
        expected = {
            (numbers[axis], pair): bytes(
                (encoded.primary if axis is Axis.PRIMARY else encoded.secondary)(pair).data
            )
            for axis in axes
            for pair in pairs
        }
        assert self.slivers.keys() == expected.keys()
        assert all(self.slivers[key] == data for key, data in expected.items())
        assert self.blob is not None
        assert self.blob.metadata == encoded.metadata.to_bcs_with_id()
