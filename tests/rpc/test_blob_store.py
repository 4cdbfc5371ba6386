"""Storing through the server: offsets, checksums, sizes, callers that leave and come back."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from rpc.blob_serving import answers, chunks, header, refusal, served_blobs, settled, store
from rpc.serving import in_loop
from services.uploader.town import content

from walrus_core import errors
from walrus_core.rpc.v1 import blob_pb2 as pb, chunk_pb2
from walrus_core.services.uploader import StoreTerms
from walrus_core.services.uploads import UploadLimits


@in_loop
async def test_a_blob_is_stored(tmp_path: Path) -> None:
    async with served_blobs(tmp_path) as served:
        blob = content(1_800_000)
        said = await answers(served.stub.Store(iter(store(blob, attributes={"name": "a"}))))
        stored = said[-1].blob
        [on_chain] = await served.town.blobs()
        assert stored.blob_id == on_chain.blob_id.digest
        assert stored.object_id == on_chain.object_id
        assert stored.cost == served.town.paid
        assert (stored.size, stored.end_epoch, stored.certified_epoch) == (len(blob), 3, 1)
        assert len(stored.certificate.signature) == 96
        assert len(stored.certificate.signers) >= 3
        first = said[0].upload
        assert (first.committed_offset, first.state) == (0, pb.UPLOAD_STATE_RECEIVING)
        offsets = [each.upload.committed_offset for each in said if each.HasField("upload")]
        assert offsets[-1] == len(blob)
        assert any(each.HasField("progress") for each in said)
        request = pb.GetUploadStatusRequest(upload_id=first.upload_id)
        status = await served.stub.GetUploadStatus(request)
        assert status.blob == stored
        assert status.upload.state == pb.UPLOAD_STATE_STORED
        again = await answers(served.stub.Store(iter(store(blob))))
        assert again[-1].blob.was_stored_before
        assert not again[-1].blob.HasField("certificate")


@in_loop
async def test_what_somebody_else_has_stored_for_good(tmp_path: Path) -> None:
    """The server has no object of it then, but the event by which nodes know."""
    async with served_blobs(tmp_path) as served:
        blob = content()
        blob_id = (await served.town.stranger().store(blob, 5, StoreTerms(deletable=False))).blob_id
        for i in range(len(served.town.gates)):
            while not (await served.town.nodes.up(i).status(blob_id)).is_certified:
                await asyncio.sleep(0.1)  # it hears of it
        said = await answers(served.stub.Store(iter(store(blob, epochs=2, permanent=True))))
        stored, upload_id = said[-1].blob, said[0].upload.upload_id
        assert (stored.blob_id, stored.was_stored_before) == (blob_id.digest, True)
        assert (stored.object_id, stored.cost, stored.gas) == (b"", 0, 0)
        assert (stored.end_epoch, stored.certified_epoch, stored.is_deletable) == (6, 1, False)
        assert not stored.HasField("certificate")
        assert len(stored.event.transaction_digest) == 32
        request = pb.GetUploadStatusRequest(upload_id=upload_id)
        assert (await served.stub.GetUploadStatus(request)).blob == stored


@in_loop
async def test_who_keeps_its_side_open_is_answered(tmp_path: Path) -> None:
    async with served_blobs(tmp_path) as served:
        call = served.stub.Store()
        for request in store(content()):
            await call.write(request)
        said = [await call.read()]
        while not said[-1].HasField("blob"):
            said.append(await call.read())
        call.cancel()


@pytest.mark.parametrize("size", [0, 5000])
@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (lambda size: next(chunks(b"x" * (size + 1), size)), errors.InvalidArgumentError),
        (lambda size: next(chunks(b"x" * (size + 9), size + 8)), errors.WrongOffsetError),
        (header, errors.InvalidArgumentError),
        (lambda _: pb.StoreRequest(), errors.InvalidArgumentError),
    ],
    ids=["one byte more", "one far behind", "a header", "nothing"],
)
@in_loop
async def test_who_sends_more_than_it_said_is_told(
    tmp_path: Path, size: int, more: Callable[[int], pb.StoreRequest], kind: type[Exception]
) -> None:
    """What it said is stored all the same; who joins it later and is silent is told so."""
    async with served_blobs(tmp_path) as served:
        blob = content(size)
        call = served.stub.Store(iter([*store(blob), more(size)]))
        upload_id = (await call.read()).upload.upload_id
        error, code = await refusal(call)
        assert type(error) is kind
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        said = await answers(served.stub.Store(iter([header(size, upload_id=upload_id)])))
        assert said[-1].blob.size == size
        assert served.town.paid == said[-1].blob.cost


def spoiled(at: int, **changes: Any) -> list[pb.StoreRequest]:
    """Half of a blob, then a chunk of which something is wrong."""
    blob = content(1000)
    requests = [header(1000), *chunks(blob, 0, 500)]
    [chunk] = chunks(blob, at)
    for name, value in changes.items():
        setattr(chunk.chunk, name, value)
    return [*requests, chunk]


HALF = [header(1000), *chunks(content(1000), 0, 500)]
WRONG = {
    "a gap": (spoiled(600), errors.WrongOffsetError),
    "again": (spoiled(400), errors.WrongOffsetError),
    "a checksum": (spoiled(500, crc32c=1), errors.ChecksumError),
    "too much": (spoiled(500, data=bytes(501)), errors.InvalidArgumentError),
    "nothing": (spoiled(500, data=b""), errors.InvalidArgumentError),
    "an early end": (HALF, errors.InvalidArgumentError),
    "a header again": ([*HALF, header(1000)], errors.InvalidArgumentError),
    "an empty message": ([*HALF, pb.StoreRequest()], errors.InvalidArgumentError),
}


@pytest.mark.parametrize(("requests", "kind"), WRONG.values(), ids=WRONG)
@in_loop
async def test_what_is_wrong_is_refused_and_the_upload_goes_on(
    tmp_path: Path, requests: list[pb.StoreRequest], kind: type[Exception]
) -> None:
    async with served_blobs(tmp_path) as served:
        call = served.stub.Store(iter(requests))
        first = await call.read()
        error, code = await refusal(call)
        assert type(error) is kind
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        upload_id = first.upload.upload_id
        status = await served.stub.GetUploadStatus(pb.GetUploadStatusRequest(upload_id=upload_id))
        assert status.upload.state == pb.UPLOAD_STATE_RECEIVING
        assert status.upload.committed_offset == 500  # what came before it
        said = await answers(
            served.stub.Store(iter(store(content(1000), 500, upload_id=upload_id)))
        )
        assert said[0].upload.committed_offset == 500
        assert said[-1].blob.size == 1000


BAD_OPENINGS = {
    "no message": ([], errors.InvalidArgumentError),
    "no header": ([pb.StoreRequest(chunk=chunk_pb2.Chunk(data=b"a"))], errors.InvalidArgumentError),
    "too large": ([header(2**63)], errors.BlobTooLargeError),
    "no epochs": ([header(5, epochs=0)], errors.InvalidArgumentError),
    "many epochs": ([header(5, epochs=2**32 - 1)], errors.InvalidArgumentError),
    "no upload": ([header(5, upload_id="f" * 32)], errors.UploadNotFoundError),
    "a path": ([header(5, upload_id="../../etc/passwd")], errors.UploadNotFoundError),
    "no ID": ([header(5, upload_id="")], errors.UploadNotFoundError),
    "many attributes": (
        [header(5, attributes={str(i): "" for i in range(65)})],
        errors.InvalidArgumentError,
    ),
    "a long attribute": ([header(5, attributes={"a": "b" * 5000})], errors.InvalidArgumentError),
    "a nameless one": ([header(5, attributes={"": "b"})], errors.InvalidArgumentError),
}


@pytest.mark.parametrize(("requests", "kind"), BAD_OPENINGS.values(), ids=BAD_OPENINGS)
@in_loop
async def test_bad_openings(
    tmp_path: Path, requests: list[pb.StoreRequest], kind: type[Exception]
) -> None:
    async with served_blobs(tmp_path) as served:
        error, _ = await refusal(served.stub.Store(iter(requests)))
        assert type(error) is kind
        assert [each for each in tmp_path.rglob("*") if each.suffix] == []


@in_loop
async def test_a_caller_that_is_cut_off(tmp_path: Path) -> None:
    """It goes on where it was, more than once, and pays once."""
    async with served_blobs(tmp_path) as served:
        blob, upload_id, at = content(1_700_000), None, 0
        for stop in (700_000, 1_200_000):
            more = {} if upload_id is None else {"upload_id": upload_id}
            call = served.stub.Store()
            await call.write(header(len(blob), **more))
            upload = (await call.read()).upload
            assert upload.committed_offset == at
            for request in chunks(blob, at, stop):
                await call.write(request)
            upload_id = upload.upload_id
            await asyncio.sleep(0.1)  # let it arrive
            call.cancel()
            at = await settled(served.stub, upload_id, stop)
        said = await answers(served.stub.Store(iter(store(blob, at, upload_id=upload_id))))
        assert said[0].upload.committed_offset == at
        assert said[-1].blob.size == len(blob)
        assert served.town.paid == said[-1].blob.cost


@in_loop
async def test_a_caller_that_leaves_when_all_is_there(tmp_path: Path) -> None:
    async with served_blobs(tmp_path) as served:
        call = served.stub.Store()
        for request in store(content()):
            await call.write(request)
        answer = await call.read()
        upload_id = answer.upload.upload_id
        while answer.upload.state != pb.UPLOAD_STATE_STORING:
            answer = await call.read()
        call.cancel()
        said = await answers(served.stub.Store(iter([header(5000, upload_id=upload_id)])))
        assert said[-1].blob.size == 5000
        assert served.town.paid == said[-1].blob.cost


@in_loop
async def test_who_comes_back_before_it_is_known_to_be_gone(tmp_path: Path) -> None:
    """The call that hangs makes room for the new one."""
    async with served_blobs(tmp_path) as served:
        blob = content(1000)
        hanging = served.stub.Store()
        for request in (header(1000), *chunks(blob, 0, 300)):
            await hanging.write(request)
        upload_id = (await hanging.read()).upload.upload_id
        await asyncio.sleep(0.1)
        new = served.stub.Store()
        await new.write(header(1000, upload_id=upload_id))
        assert (await new.read()).upload.committed_offset == 300
        error, code = await refusal(hanging)
        assert isinstance(error, errors.UploadInUseError)
        assert code is grpc.StatusCode.ABORTED
        for request in chunks(blob, 300):
            await new.write(request)
        await new.done_writing()
        said = await answers(new)
        assert said[-1].blob.size == 1000


@in_loop
async def test_callers_do_not_see_each_other(tmp_path: Path) -> None:
    def caller_of(context: Any) -> str:
        return str(dict(context.invocation_metadata())["caller"])

    async with served_blobs(tmp_path, caller_of=caller_of) as served:
        blob = content(1000)
        call = served.stub.Store(iter(store(blob)), metadata=(("caller", "alice"),))
        upload_id = (await call.read()).upload.upload_id
        more = [header(1000, upload_id=upload_id)]
        error, _ = await refusal(served.stub.Store(iter(more), metadata=(("caller", "bob"),)))
        assert isinstance(error, errors.UploadNotFoundError)
        await answers(call)


@in_loop
async def test_too_many_uploads(tmp_path: Path) -> None:
    limits = UploadLimits(caller_uploads=2, spare_bytes=0)
    async with served_blobs(tmp_path, limits=limits) as served:
        calls = [served.stub.Store() for _ in range(2)]
        for call in calls:
            await call.write(header(1000))
            await call.read()
        error, code = await refusal(served.stub.Store(iter([header(1000)])))
        assert isinstance(error, errors.UploadLimitError)
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        for call in calls:
            call.cancel()


@in_loop
async def test_an_upload_that_failed_says_why(tmp_path: Path) -> None:
    async def before(call: str) -> None:
        if call == "put_slivers":
            raise errors.NodeUnavailableError("gate", "a full disk")

    async with served_blobs(tmp_path) as served:
        for gate in served.town.gates[:2]:
            gate.before = before
        call = served.stub.Store(iter(store(content())))
        upload_id = (await call.read()).upload.upload_id
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await answers(call)
        request = pb.GetUploadStatusRequest(upload_id=upload_id)
        upload = (await served.stub.GetUploadStatus(request)).upload
        assert upload.state == pb.UPLOAD_STATE_FAILED
        assert upload.reason == caught.value.details()
        assert "shards confirmed" in upload.reason
        for gate in served.town.gates:
            gate.before = None
        *_, last = await answers(served.stub.Store(iter([header(5000, upload_id=upload_id)])))
        assert last.blob.size == 5000
        upload = (await served.stub.GetUploadStatus(request)).upload
        assert not upload.HasField("reason")
