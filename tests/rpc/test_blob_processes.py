"""`walrus-core serve` beside a network of processes, killed with SIGKILL while it takes a blob in,
and while it stores it: the next one goes on, and the blob is paid once.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from rpc.blob_serving import answers, chunks, header, settled

from walrus_core.codec.encoder import compute_metadata
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.localnet.network.processes import Process
from walrus_core.rpc.v1 import blob_pb2 as pb, blob_pb2_grpc
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.keys import read_keystore
from walrus_core.sui.networks import described_network

N_SHARDS = 40
SIZE = 20_000_000
COMMIT = 8 << 20
"""What the server makes durable at once."""


class Server:
    """The process, as often as it is started, with one directory."""

    def __init__(self, network: LocalNetwork, directory: Path) -> None:
        self._options = ["--network", str(network.network), "--spool", str(directory / "state")]
        self.process = Process("server", directory / "log")

    async def start(self) -> str:
        """Its address."""
        command = ["walrus_core", "serve", "--json", "--listen", "127.0.0.1:0"]
        values = await self.process.start(*command, *self._options)
        return str(values["address"])

    @asynccontextmanager
    async def started(self) -> AsyncIterator[Any]:
        """Start it; its blob service."""
        async with grpc.aio.insecure_channel(await self.start()) as channel:
            yield blob_pb2_grpc.BlobServiceStub(channel)


def wallet(network: LocalNetwork) -> SuiChain:
    described = described_network(network.network)
    assert described.wallet is not None
    return SuiChain(described, read_keystore(described.wallet)[0])


async def balance(network: LocalNetwork) -> int:
    """FROST in the wallet that pays."""
    async with wallet(network) as chain:
        return int((await chain.wallet.balance()).wal)


async def main(directory: Path) -> None:
    blob = random.Random(8).randbytes(SIZE)
    async with LocalNetwork(nodes=4, n_shards=N_SHARDS) as network:
        server = Server(network, directory)
        funds = await balance(network)
        try:
            upload_id = await cut_off_while_it_receives(server, blob)
            await cut_off_while_it_stores(server, blob, upload_id)
            stored = await outcome(server, upload_id)
        finally:
            await server.process.kill()
        assert stored.blob_id == compute_metadata(blob, N_SHARDS).blob_id.digest
        assert not stored.was_stored_before
        assert len(stored.certificate.signature) == 96
        assert stored.cost == funds - await balance(network)
        async with wallet(network) as chain:
            [on_chain] = await chain.blobs()
        assert on_chain.object_id == stored.object_id
        assert on_chain.certified_epoch == stored.certified_epoch


async def cut_off_while_it_receives(server: Server, blob: bytes) -> str:
    """The upload's ID. What it acknowledged before is there when it is back."""
    async with server.started() as stub:
        call = stub.Store()
        await call.write(header(SIZE))
        upload_id: str = (await call.read()).upload.upload_id
        for request in chunks(blob, 0, 12_000_000):
            await call.write(request)
        acknowledged = (await call.read()).upload.committed_offset
        assert COMMIT <= acknowledged <= 12_000_000
        await server.process.kill()
    async with server.started() as stub:
        assert await settled(stub, upload_id, acknowledged) == acknowledged
        await server.process.kill()
    return upload_id


async def cut_off_while_it_stores(server: Server, blob: bytes, upload_id: str) -> None:
    """When it has paid, and sends slivers."""
    async with server.started() as stub:
        call = stub.Store()
        await call.write(header(SIZE, upload_id=upload_id))
        offset = (await call.read()).upload.committed_offset
        assert COMMIT <= offset <= 12_000_000
        for request in chunks(blob, offset):
            await call.write(request)
        while (await call.read()).progress.phase != pb.STORE_PHASE_UPLOAD:
            pass
        await server.process.kill()


async def outcome(server: Server, upload_id: str) -> pb.StoredBlob:
    """What is told to who joins; the server has gone on by itself."""
    async with server.started() as stub:
        said = await answers(stub.Store(iter([header(SIZE, upload_id=upload_id)])))
        assert said[0].upload.state in (pb.UPLOAD_STATE_STORING, pb.UPLOAD_STATE_STORED)
        assert said[0].upload.committed_offset == SIZE
        blob_id = said[-1].blob.blob_id
        request = pb.ReconstructRequest(blob_id=blob_id, start=SIZE - 5)
        [answer] = await answers(stub.Reconstruct(request))
        assert (answer.size, len(answer.chunk.data)) == (SIZE, 5)
        return said[-1].blob


def test_a_server_that_is_killed_while_it_receives_and_while_it_stores(tmp_path: Path) -> None:
    asyncio.run(asyncio.wait_for(main(tmp_path), 300))
