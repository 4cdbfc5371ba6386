"""The blob service on loopback, over real nodes and a real contract in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.rpc import status_pb2
from rpc.serving import HOST
from services.uploader.town import Town
from simulation.chain import SimChain

from walrus_core.codec.slivers import Sliver
from walrus_core.protocol.committee import Member
from walrus_core.rpc.blob_servicer import (
    BLOB_KINDS,
    BLOB_SERVICE,
    BlobServicer,
)
from walrus_core.rpc.chunks import cut_chunks
from walrus_core.rpc.interceptor import CallInterceptor
from walrus_core.rpc.rules import CallRules, Limit
from walrus_core.rpc.status import DETAILS_KEY, error_from
from walrus_core.rpc.v1 import blob_pb2 as pb, blob_pb2_grpc
from walrus_core.services.reader import Reader, ReadOptions
from walrus_core.services.uploads import UploadLimits, Uploads
from walrus_core.services.workers import ThreadWorkers

LIMITS = {
    "stores": Limit(64, 60),
    "questions": Limit(64, 10),
    "reconstructions": Limit(64, 60),
}


@dataclass(frozen=True)
class ServedBlobs:
    """The methods, what serves them, and whom it stores with."""

    stub: Any
    uploads: Uploads
    reader: Reader
    peers: "ReadingPeers"
    town: Town
    address: str


class ReadingPeers:
    """Implements `Peers` for a reader: the town's nodes, and how many slivers they gave."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.given = 0

    def node(self, member: Member) -> Any:
        node = self._town.node(member).node
        return _Counted(self, node)


@dataclass(frozen=True)
class _Counted:
    peers: ReadingPeers
    node: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.node, name)

    async def slivers(self, *arguments: Any) -> AsyncIterator[Sliver]:
        async with aclosing(self.node.slivers(*arguments)) as slivers:
            async for sliver in slivers:
                self.peers.given += 1
                yield sliver


@asynccontextmanager
async def served_blobs(
    directory: Path,
    /,
    *,
    limits: UploadLimits | None = None,
    idle_seconds: float = 30,
    caller_of: Callable[[Any], str] = lambda _: "somebody",
    n_shards: int = 10,
    **read_options: Any,
) -> AsyncIterator[ServedBlobs]:
    before = asyncio.all_tasks()
    town, workers = Town(n_shards=n_shards), ThreadWorkers()
    await town.open()
    peers = ReadingPeers(town)
    uploader = town.uploader(optimistic=0)
    uploader.workers = workers
    uploads = Uploads(directory, uploader, workers, limits or UploadLimits(commit_bytes=1 << 20))
    await uploads.start()
    chain = SimChain(town.contract, b"r" * 32)
    reader = Reader(chain, peers, workers, uploader.chance, ReadOptions(**read_options))
    rules = CallRules({BLOB_SERVICE: BLOB_KINDS}, LIMITS, idle_seconds)
    server = grpc.aio.server(interceptors=[CallInterceptor(rules)])
    servicer = BlobServicer(uploads, reader, caller_of)
    blob_pb2_grpc.add_BlobServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    address = f"{HOST}:{port}"
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield ServedBlobs(
                blob_pb2_grpc.BlobServiceStub(channel), uploads, reader, peers, town, address
            )
    finally:
        await server.stop(0)
        await uploads.close()
        for task in asyncio.all_tasks() - before:  # the nodes'
            task.cancel()
        workers.close()


def header(size: int, **fields: Any) -> pb.StoreRequest:
    return pb.StoreRequest(header=pb.StoreHeader(size=size, **{"epochs": 2, **fields}))


def chunks(blob: bytes, start: int = 0, stop: int | None = None) -> Iterator[pb.StoreRequest]:
    for chunk in cut_chunks(memoryview(blob)[start:stop], start):
        yield pb.StoreRequest(chunk=chunk)


def store(blob: bytes, start: int = 0, **fields: Any) -> list[pb.StoreRequest]:
    """A whole request, from a byte on."""
    return [header(len(blob), **fields), *chunks(blob, start)]


async def answers(call: Any) -> list[pb.StoreResponse]:
    """What is still to come of them."""
    said = []
    while (answer := await call.read()) is not grpc.aio.EOF:
        said.append(answer)
    return said


async def refusal(call: Any) -> tuple[Exception, grpc.StatusCode]:
    """The error that a call ends with, and its code."""
    try:
        await answers(call)
    except grpc.aio.AioRpcError as error:
        details: Any = dict(error.trailing_metadata() or ()).get(DETAILS_KEY, b"")
        return error_from(status_pb2.Status.FromString(details), "server"), error.code()
    raise AssertionError("nothing was refused")


async def settled(stub: Any, upload_id: str, offset: int) -> int:
    """Wait until so much is on disk."""
    async with asyncio.timeout(10):
        while True:
            status = await stub.GetUploadStatus(pb.GetUploadStatusRequest(upload_id=upload_id))
            if status.upload.committed_offset >= offset:
                return int(status.upload.committed_offset)
            await asyncio.sleep(0.02)
