"""The blob service's messages, as what uploads and reader take and give."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from contextlib import aclosing

from walrus_core.errors import InvalidArgumentError
from walrus_core.protocol.certificate import Certificate
from walrus_core.rpc.convert import event_message
from walrus_core.rpc.encoding_answers import chunk_answer
from walrus_core.rpc.streams import MAX_DATA, closed
from walrus_core.rpc.v1 import blob_pb2 as pb
from walrus_core.services.uploader import Phase
from walrus_core.services.uploads import (
    News,
    Order,
    StoredBlob,
    StoreNews,
    Upload,
    UploadState,
)
from walrus_core.types import checked_int

__all__ = [
    "order_of",
    "range_answers",
    "range_of",
    "status_message",
    "store_message",
    "upload_id_of",
]

MOST_ATTRIBUTES = 64
LONGEST_NAME, LONGEST_VALUE = 256, 4096
"""UTF-8 bytes; what all of them may be together the chain bounds."""

RESPONSE_CHUNK = b"\x12"
"""The tag of ReconstructResponse.chunk: field 2, bytes."""

STATES: Mapping[UploadState, pb.UploadState] = {
    UploadState.RECEIVING: pb.UPLOAD_STATE_RECEIVING,
    UploadState.STORING: pb.UPLOAD_STATE_STORING,
    UploadState.STORED: pb.UPLOAD_STATE_STORED,
    UploadState.FAILED: pb.UPLOAD_STATE_FAILED,
}
PHASES: Mapping[Phase, pb.StorePhase] = {
    Phase.ENCODING: pb.STORE_PHASE_ENCODE,
    Phase.REGISTERING: pb.STORE_PHASE_REGISTER,
    Phase.UPLOADING: pb.STORE_PHASE_UPLOAD,
    Phase.CERTIFYING: pb.STORE_PHASE_CERTIFY,
    Phase.DONE: pb.STORE_PHASE_CERTIFY,
}


# -- what is asked for ------------------------------------------------------------------------


def upload_id_of(header: pb.StoreHeader) -> str | None:
    return header.upload_id if header.HasField("upload_id") else None


def order_of(header: pb.StoreHeader) -> Order:
    return Order(
        header.size,
        header.epochs if header.HasField("epochs") else None,
        deletable=not header.permanent,
        attributes=_attributes_of(header.attributes),
    )


def _attributes_of(attributes: Mapping[str, str]) -> dict[str, str]:
    if len(attributes) > MOST_ATTRIBUTES:
        raise InvalidArgumentError(f"{len(attributes):,} > {MOST_ATTRIBUTES} attributes")
    for name, value in attributes.items():
        checked_int("bytes of an attribute's name", len(name.encode()), 1, LONGEST_NAME)
        checked_int("bytes of an attribute's value", len(value.encode()), 0, LONGEST_VALUE)
    return dict(attributes)


def range_of(request: pb.ReconstructRequest) -> tuple[int, int | None]:
    """The first and the last byte wanted."""
    return request.start, request.end if request.HasField("end") else None


# -- what is answered -------------------------------------------------------------------------


def store_message(news: News) -> pb.StoreResponse:
    if isinstance(news, Upload):
        return pb.StoreResponse(upload=_upload_message(news))
    if isinstance(news, StoreNews):
        phase = PHASES[news.phase]
        progress = pb.StoreProgress(phase=phase, done=news.done, total=news.total)
        return pb.StoreResponse(progress=progress)
    return pb.StoreResponse(blob=_blob_message(news))


def status_message(upload: Upload) -> pb.GetUploadStatusResponse:
    blob = None if upload.blob is None else _blob_message(upload.blob)
    return pb.GetUploadStatusResponse(upload=_upload_message(upload), blob=blob)


def _upload_message(upload: Upload) -> pb.Upload:
    return pb.Upload(
        upload_id=upload.upload_id,
        committed_offset=upload.committed,
        state=STATES[upload.state],
        reason=upload.reason if upload.state is UploadState.FAILED else None,
    )


def _blob_message(blob: StoredBlob) -> pb.StoredBlob:
    certificate, event = blob.certificate, blob.event
    return pb.StoredBlob(
        blob_id=blob.blob_id.digest,
        object_id=blob.object_id or b"",
        size=blob.size,
        encoded_size=blob.encoded_size,
        end_epoch=blob.end_epoch,
        certified_epoch=blob.certified_epoch,
        is_deletable=blob.deletable,
        was_stored_before=blob.was_stored_before,
        cost=blob.cost,
        gas=blob.gas,
        certificate=None if certificate is None else _certificate_message(certificate),
        event=None if event is None else event_message(event),
    )


def _certificate_message(certificate: Certificate) -> pb.Certificate:
    return pb.Certificate(
        signers=certificate.signers,
        serialized_message=certificate.serialized_message,
        signature=certificate.signature.data,
    )


async def range_answers(
    size: int, start: int, pieces: AsyncGenerator[memoryview, None]
) -> AsyncIterator[bytes]:
    """`ReconstructResponse`s on the wire; the first one says how large the blob is."""
    head = pb.ReconstructResponse(size=size).SerializeToString()
    offset = start
    async with aclosing(_full(pieces)) as chunks:
        async for parts in chunks:
            answer, length = chunk_answer(offset, *parts, tag=RESPONSE_CHUNK)
            yield head + answer if head else answer
            head, offset = b"", offset + length
    if offset == start:
        yield head


async def _full(pieces: AsyncIterable[memoryview]) -> AsyncGenerator[list[memoryview], None]:
    """The same bytes, as many at once as a message takes: small rows share one."""
    waiting: list[memoryview] = []
    room = MAX_DATA
    async with closed(pieces):
        async for piece in pieces:
            while piece.nbytes:
                part, piece = piece[:room], piece[room:]
                waiting.append(part)
                room -= part.nbytes
                if not room:
                    yield waiting
                    waiting, room = [], MAX_DATA
    if waiting:
        yield waiting
