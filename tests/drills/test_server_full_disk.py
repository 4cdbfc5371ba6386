"""The disk is full where a server spools, keeps uploads, encodes them, and decodes: the caller is
told when to come back, small ones are served all the same, large ones as soon as there is room, and
nothing is left of what found none.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from drills.callers import connected
from drills.drill import Drill
from drills.gateway import MIB, Gateway, gateway
from drills.small_disk import SmallDisk, require_full, small_disk_at
from rpc.blob_serving import header, store
from rpc.encoding_serving import batches, names_requests

from walrus_core.codec.encoder import encode
from walrus_core.rpc.v1 import blob_pb2, blob_pb2_grpc, encoding_pb2 as pb, encoding_pb2_grpc

pytestmark = pytest.mark.drill

DISK, GROWN = 48 * MIB, 320 * MIB
LARGE = 72 * MIB
"""More than is kept in memory."""

STORED = 24 * MIB
"""An upload for which there is room, but not for its slivers."""

N_SHARDS = 100


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """The server's directory."""
    with small_disk_at(tmp_path / "gateway", DISK) as disk:
        yield disk


def outcome(answers: Any) -> Any:
    """All that is answered, or the error."""
    try:
        return list(answers)
    except grpc.RpcError as error:
        return error


async def idle(server: Gateway, disk: SmallDisk) -> None:
    """It has everything back, and nothing is on its disk but what it remembers."""
    await server.idle()
    assert disk.used < MIB, "something is left behind"
    assert not server.failures()


def test_disk_full_while_spooling(
    tmp_path: Path, small_disk: SmallDisk, figures: list[str]
) -> None:
    figures.append(asyncio.run(_spooling(tmp_path, small_disk)))


async def _spooling(directory: Path, disk: SmallDisk) -> str:
    async with gateway(directory) as server:

        def name(blob: bytes) -> Any:
            with connected(server.address) as channel:
                stub = encoding_pb2_grpc.EncodingServiceStub(channel)
                try:
                    return stub.ComputeBlobId(names_requests(blob, n_shards=N_SHARDS))
                except grpc.RpcError as error:
                    return error

        large = bytes(LARGE)
        refused = [await asyncio.to_thread(name, large) for _ in range(3)]
        for error in refused:
            require_full(error, disk.place)
        small = await asyncio.to_thread(name, b"small")
        assert small.blob.size == 5
        await idle(server, disk)
        disk.resize(GROWN)
        assert (await asyncio.to_thread(name, large)).blob.size == LARGE
        await idle(server, disk)
    return (
        f"disk of {DISK // MIB} MiB full while spooling {LARGE // MIB} MiB: {len(refused)}"
        f" refused ({refused[0].details()!r}), a small one served, the same one once it had grown"
    )


def test_disk_full_while_decoding(
    tmp_path: Path, small_disk: SmallDisk, figures: list[str]
) -> None:
    figures.append(asyncio.run(_decoding(tmp_path, small_disk)))


async def _decoding(directory: Path, disk: SmallDisk) -> str:
    """There is room for the slivers, but not for the blob; then for both, but not for encoding it
    again; then for all.
    """
    blob = random.Random(3).randbytes(LARGE)
    encoded = encode(blob, N_SHARDS)
    slivers = list(batches((encoded.primary(pair) for pair in range(50, 84)), N_SHARDS))

    def requests(check: int) -> Iterable[pb.DecodeRequest]:
        metadata = encoded.metadata.to_bcs_with_id()
        yield pb.DecodeRequest(header=pb.DecodeHeader(metadata=metadata, check=check))
        for batch in slivers:
            yield pb.DecodeRequest(slivers=batch)

    async with gateway(directory) as server:

        def decode(check: int) -> Any:
            with connected(server.address) as channel:
                stub = encoding_pb2_grpc.EncodingServiceStub(channel)
                return outcome(stub.Decode(requests(check)))

        for size in (DISK, LARGE + 16 * MIB):
            disk.resize(size)
            require_full(await asyncio.to_thread(decode, 0), disk.place)
            await idle(server, disk)
        disk.resize(GROWN)
        for check in (pb.CONSISTENCY_CHECK_DEFAULT, pb.CONSISTENCY_CHECK_STRICT):
            answers = await asyncio.to_thread(decode, check)
            assert b"".join(answer.chunk.data for answer in answers) == blob
            await idle(server, disk)
    return f"disk full while decoding {LARGE // MIB} MiB: 2 refused, decoded once it had grown"


def test_disk_full_while_storing(drill: Drill, tmp_path: Path, small_disk: SmallDisk) -> None:
    drill.run(_storing(drill, tmp_path, small_disk))


async def _storing(drill: Drill, directory: Path, disk: SmallDisk) -> None:
    """There is no room for an upload; then for its bytes, but not for its slivers; then for all."""
    blob = random.Random(4).randbytes(STORED)
    network, uploads = str(drill.network.network), {"spare_bytes": 1}
    async with gateway(directory, network=network, uploads=uploads) as server:

        def send(requests: Iterable[blob_pb2.StoreRequest]) -> Any:
            with connected(server.address) as channel:
                stub = blob_pb2_grpc.BlobServiceStub(channel)
                return outcome(stub.Store(iter(requests)))

        require_full(await asyncio.to_thread(send, store(bytes(LARGE))), disk.place)
        await idle(server, disk)
        said: list[Any] = []

        def begin() -> Any:
            """The upload's ID is what is told first."""
            with connected(server.address) as channel:
                call = blob_pb2_grpc.BlobServiceStub(channel).Store(iter(store(blob)))
                said.append(next(call))
                return outcome(call)

        error = await asyncio.to_thread(begin)
        require_full(error, disk.place)
        await server.idle()
        assert STORED <= disk.used < STORED + MIB, "the upload is what is kept"
        disk.resize(GROWN)
        upload_id = said[0].upload.upload_id
        answers = await asyncio.to_thread(send, [header(STORED, upload_id=upload_id)])
        assert answers[0].upload.state == blob_pb2.UPLOAD_STATE_FAILED
        assert answers[-1].blob.size == STORED
        await idle(server, disk)
        drill.tell(
            f"disk of {DISK // MIB} MiB full while an upload of {LARGE // MIB} MiB begins, and"
            f" while one of {STORED // MIB} MiB is encoded ({error.details()!r}): the first left"
            " nothing, the second went on with its ID once there was room, and left nothing either"
        )
