"""Reading through the server: verified bytes in order, no more of them than are taken."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from rpc.blob_serving import ServedBlobs, answers, refusal, served_blobs, store
from rpc.serving import in_loop
from services.uploader.town import content
from services.uploads.test_directory import files_end_at

from walrus_core import errors
from walrus_core.rpc.chunks import crc32c
from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.v1 import blob_pb2 as pb, encoding_pb2, node_pb2


async def stored(served: ServedBlobs, blob: bytes) -> bytes:
    said = await answers(served.stub.Store(iter(store(blob))))
    return bytes(said[-1].blob.blob_id)


async def read(served: ServedBlobs, blob_id: bytes, **fields: Any) -> tuple[int, bytes]:
    """The size that the first message tells, and the bytes."""
    request = pb.ReconstructRequest(blob_id=blob_id, **fields)
    size, parts, offset = 0, [], fields.get("start", 0)
    for number, answer in enumerate(await answers(served.stub.Reconstruct(request))):
        chunk = answer.chunk
        if number == 0:
            size = answer.size
        assert number == 0 or answer.size == 0
        assert answer.HasField("chunk") or size == 0
        assert chunk.offset == offset or not chunk.data
        assert len(chunk.data) <= MAX_DATA
        assert crc32c(chunk.data) == chunk.crc32c
        offset += len(chunk.data)
        parts.append(chunk.data)
    assert all(len(part) == MAX_DATA for part in parts[:-1])
    return size, b"".join(parts)


@pytest.mark.parametrize("size", [0, 1, 5000, MAX_DATA, 1_800_000])
@in_loop
async def test_a_blob_comes_back(tmp_path: Path, size: int) -> None:
    async with served_blobs(tmp_path) as served:
        blob = content(size)
        blob_id = await stored(served, blob)
        for check in encoding_pb2.ConsistencyCheck.values():
            assert await read(served, blob_id, check=check) == (size, blob)


@in_loop
async def test_of_an_empty_blob_the_size_is_told(tmp_path: Path) -> None:
    async with served_blobs(tmp_path) as served:
        request = pb.ReconstructRequest(blob_id=await stored(served, b""))
        [only] = await answers(served.stub.Reconstruct(request))
        assert only.size == 0
        assert not only.HasField("chunk")


@in_loop
async def test_ranges(tmp_path: Path) -> None:
    async with served_blobs(tmp_path) as served:
        blob = content(1_500_000)
        blob_id = await stored(served, blob)
        for start, end in [(0, 0), (1, 1_499_999), (1_200_000, 1_200_003), (7, 1_100_000)]:
            expected = 1_500_000, blob[start : end + 1]
            assert await read(served, blob_id, start=start, end=end) == expected
        assert await read(served, blob_id, start=1_000_000) == (1_500_000, blob[1_000_000:])
        assert await read(served, blob_id, end=5) == (1_500_000, blob[:6])
        strict = encoding_pb2.CONSISTENCY_CHECK_STRICT
        assert await read(served, blob_id, start=9, end=99, check=strict) == (
            1_500_000,
            blob[9:100],
        )


REFUSED = {
    "behind the end": ({"start": 5000}, errors.InvalidRangeError),
    "beyond the end": ({"end": 5000}, errors.InvalidRangeError),
    "backwards": ({"start": 5, "end": 4}, errors.InvalidRangeError),
    "far away": ({"start": 2**64 - 1}, errors.InvalidRangeError),
    "no blob ID": ({"blob_id": b"a"}, errors.InvalidArgumentError),
    "no check": ({"check": 9}, errors.InvalidArgumentError),
    "no blob": ({"blob_id": bytes(32)}, errors.BlobNotFoundError),
}


@pytest.mark.parametrize(("fields", "kind"), REFUSED.values(), ids=REFUSED)
@in_loop
async def test_what_cannot_be_read(
    tmp_path: Path, fields: dict[str, Any], kind: type[Exception]
) -> None:
    async with served_blobs(tmp_path) as served:
        blob_id = await stored(served, content())
        request = pb.ReconstructRequest(**{"blob_id": blob_id, **fields})
        error, _ = await refusal(served.stub.Reconstruct(request))
        assert type(error) is kind


@in_loop
async def test_a_strict_check_spools_where_it_was_told_to(tmp_path: Path) -> None:
    """And says so where there is no room, or no place; other reads need none."""
    spool = tmp_path / "spool"
    async with served_blobs(tmp_path / "uploads", spool_from=1, directory=spool) as served:
        blob = content(300_000)
        blob_id = await stored(served, blob)
        assert await read(served, blob_id) == (len(blob), blob)
        strict = encoding_pb2.CONSISTENCY_CHECK_STRICT
        request = pb.ReconstructRequest(blob_id=blob_id, check=strict)
        error, _ = await refusal(served.stub.Reconstruct(request))
        assert isinstance(error, errors.StorageError)
        spool.mkdir()
        with files_end_at(100_000):
            error, code = await refusal(served.stub.Reconstruct(request))
        assert isinstance(error, errors.StorageFullError)
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await read(served, blob_id, check=strict) == (len(blob), blob)
        assert not any(spool.iterdir())


@in_loop
async def test_status(tmp_path: Path) -> None:
    async with served_blobs(tmp_path) as served:
        blob_id = await stored(served, content())
        async with asyncio.timeout(10):  # the nodes have yet to hear of the certificate
            while True:
                answer = await served.stub.GetStatus(pb.GetStatusRequest(blob_id=blob_id))
                if answer.status.deletable_certified_count:
                    break
                await asyncio.sleep(0.05)
        assert answer.status.kind == node_pb2.BLOB_KIND_DELETABLE
        nothing = await served.stub.GetStatus(pb.GetStatusRequest(blob_id=bytes(32)))
        assert nothing.status.kind == node_pb2.BLOB_KIND_NONEXISTENT
        with pytest.raises(grpc.aio.AioRpcError, match="blob_id"):
            await served.stub.GetStatus(pb.GetStatusRequest(blob_id=b""))


@in_loop
async def test_who_reads_slowly_has_little_fetched(tmp_path: Path) -> None:
    """And who stops reading, nothing any more."""
    async with served_blobs(tmp_path, n_shards=40, window=1, batch=1, cache=1) as served:
        blob = content(16_000_000)
        rows = 27  # of 593 kB; some more are in the buffers between server and client
        blob_id = await stored(served, blob)
        call = served.stub.Reconstruct(pb.ReconstructRequest(blob_id=blob_id))
        assert (await call.read()).size == len(blob)
        await asyncio.sleep(0.5)
        asked = served.peers.given
        assert 2 <= asked < rows // 2
        await asyncio.sleep(0.5)
        assert served.peers.given == asked
        assert (await call.read()).chunk.offset == MAX_DATA
        call.cancel()
        await asyncio.sleep(0.2)
        asked = served.peers.given
        await asyncio.sleep(0.5)
        assert served.peers.given == asked < rows
