"""The gateway on loopback, and the ways to it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rpc.serving import HOST

from walrus_core.codec.encoder import compute_metadata
from walrus_core.rpc.certificates import LiveCertificate
from walrus_core.rpc.chunks import cut_chunks
from walrus_core.rpc.gateway import GatewayServer
from walrus_core.rpc.status import DETAILS_KEY
from walrus_core.rpc.v1 import blob_pb2_grpc, encoding_pb2 as pb, encoding_pb2_grpc
from walrus_core.services.engine import Engine, Pool, PoolLimits

BLOB = b"a blob" * 100
N_SHARDS = 10
BLOB_ID = compute_metadata(BLOB, N_SHARDS).blob_id

SERVING, NOT_SERVING = 1, 2
"""Of the health service."""


@dataclass(frozen=True)
class Way:
    """A channel to a gateway."""

    channel: Any

    @property
    def encoding(self) -> Any:
        return encoding_pb2_grpc.EncodingServiceStub(self.channel)

    @property
    def blobs(self) -> Any:
        return blob_pb2_grpc.BlobServiceStub(self.channel)

    async def name(self, **call: Any) -> Any:
        """The ID of the blob; what the call says beside it, with `whole`."""
        return await self.encoding.ComputeBlobId(iter(naming(BLOB)), **call)

    async def health(self, service: str = "") -> int:
        stub = health_pb2_grpc.HealthStub(self.channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        return int(answer.status)


def naming(blob: bytes, **header: Any) -> Iterator[pb.ComputeBlobIdRequest]:
    """The messages that ask for a blob's ID."""
    first = {"n_shards": N_SHARDS, "size": len(blob), **header}
    yield pb.ComputeBlobIdRequest(header=pb.ComputeBlobIdHeader(**first))
    for chunk in cut_chunks(memoryview(blob)):
        yield pb.ComputeBlobIdRequest(chunk=chunk)


@asynccontextmanager
async def gateway(network: str | None = None, **arguments: Any) -> AsyncIterator[GatewayServer]:
    """Not started yet: it is to be told where to listen."""
    pool = Pool(PoolLimits(threads=1))
    server = GatewayServer(Engine(pool), network, **arguments)
    try:
        yield server
    finally:
        await server.stop(0)
        pool.close()


@asynccontextmanager
async def way_to(port: int, credentials: Any = None) -> AsyncIterator[Way]:
    """A new connection each time."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    if credentials is None:
        channel = grpc.aio.insecure_channel(f"{HOST}:{port}", options=options)
    else:
        options.append(("grpc.ssl_target_name_override", "localhost"))
        channel = grpc.aio.secure_channel(f"{HOST}:{port}", credentials, options=options)
    async with channel:
        yield Way(channel)


@asynccontextmanager
async def served_gateway(
    network: str | None = None, certificate: LiveCertificate | None = None, **arguments: Any
) -> AsyncIterator[tuple[GatewayServer, int]]:
    async with gateway(network, **arguments) as server:
        port = server.listen(HOST, 0, certificate)
        await server.start()
        yield server, port


def status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """The rich status of a call that failed."""
    details = dict(error.trailing_metadata())[DETAILS_KEY]
    return status_pb2.Status.FromString(details)


def retry_seconds(error: grpc.aio.AioRpcError) -> float:
    """After which trying again may help, as the status says."""
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in status_of(error).details)
    return float(retry.retry_delay.ToMilliseconds()) / 1000
