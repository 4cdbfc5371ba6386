# ruff: noqa: N802 - the methods are named as in the .proto
"""The gRPC service of blobs: convert, call, convert."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from walrus_core.errors import NodeError
from walrus_core.rpc import blob_messages as messages
from walrus_core.rpc.convert import blob_id_of, blob_status_message
from walrus_core.rpc.encoding_requests import check_of, header_of
from walrus_core.rpc.sent_content import SentContent
from walrus_core.rpc.streams import closed
from walrus_core.rpc.v1 import blob_pb2 as pb
from walrus_core.services.reader import Reader
from walrus_core.services.uploads import Upload, Uploads, UploadState

__all__ = ["BLOB_KINDS", "BLOB_SERVICE", "BlobServicer", "CallerOf"]

BLOB_SERVICE = "walrus_core.rpc.v1.BlobService"

BLOB_KINDS = {
    "Store": "stores",
    "GetUploadStatus": "questions",
    "Reconstruct": "reconstructions",
    "GetStatus": "questions",
}
"""Kinds for `CallRules`: the server that has this service says how many of each there may be."""

CallerOf = Callable[[Any], str]
"""The name of who makes the call of a context."""

ANONYMOUS = "anonymous"


class BlobServicer:
    """Streams yield messages, or, where there is much in them, their bytes, which the interceptor
    takes as they are.

    The reader should keep little of each stream: see `ReadOptions.cache`. Without uploads, which
    take a wallet, nothing is stored.
    """

    def __init__(
        self, uploads: Uploads | None, reader: Reader, caller_of: CallerOf = lambda _: ANONYMOUS
    ) -> None:
        self._uploads = uploads
        self._reader = reader
        self._caller_of = caller_of

    async def Store(
        self, requests: AsyncIterator[pb.StoreRequest], context: Any
    ) -> AsyncIterator[pb.StoreResponse]:
        header: pb.StoreHeader = await header_of(requests)
        order, upload_id = messages.order_of(header), messages.upload_id_of(header)
        caller, sent = self._caller_of(context), SentContent(requests)
        store = self._open_uploads.store(caller, order, sent.content, upload_id)
        async with aclosing(sent), closed(store) as all_news:
            async for news in all_news:
                if isinstance(news, Upload) and news.state is not UploadState.RECEIVING:
                    sent.watch(order.size)
                sent.check()
                yield messages.store_message(news)

    async def GetUploadStatus(
        self, request: pb.GetUploadStatusRequest, context: Any
    ) -> pb.GetUploadStatusResponse:
        upload = await self._open_uploads.status(self._caller_of(context), request.upload_id)
        return messages.status_message(upload)

    @property
    def _open_uploads(self) -> Uploads:
        if self._uploads is None:
            raise NodeError("this server has no wallet, so it stores nothing; it reads")
        return self._uploads

    async def Reconstruct(self, request: pb.ReconstructRequest, _: Any) -> AsyncIterator[bytes]:
        blob_id, check = blob_id_of(request.blob_id), check_of(request.check)
        start, end = messages.range_of(request)
        size, pieces = await self._reader.open_stream(blob_id, start, end, check=check)
        async with closed(messages.range_answers(size, start, pieces)) as answers:
            async for answer in answers:
                yield answer

    async def GetStatus(self, request: pb.GetStatusRequest, _: Any) -> pb.GetStatusResponse:
        status = await self._reader.status(blob_id_of(request.blob_id))
        return pb.GetStatusResponse(status=blob_status_message(status))
