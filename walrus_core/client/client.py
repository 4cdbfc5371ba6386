"""A client for programs without an event loop: it has its own, in a thread."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from walrus_core.client.async_client import AsyncClient
from walrus_core.client.blob_file import RawBlobFile
from walrus_core.client.loop_thread import LoopThread

if TYPE_CHECKING:
    from walrus_core.codec.decoder import ConsistencyCheck
    from walrus_core.codec.progress import Progress
    from walrus_core.codec.sources import BlobSource, FilePath
    from walrus_core.services.node_api import BlobStatus
    from walrus_core.services.uploader import StoreOutcome, StoreProgress
    from walrus_core.sui.networks import Network
    from walrus_core.types import BlobId

__all__ = ["Client"]

BUFFER = 1 << 20
"""Bytes that an open blob reads at once, at least."""


class Client:
    """Stores and reads blobs: `AsyncClient`, whose arguments it takes, for callers that wait.

        with Client("local") as client:
            outcome = client.store("photo.jpg", epochs=5)
            content = client.read(outcome.blob_id)

    It may be used by several threads at once.
    """

    def __init__(self, network: str | Path | Network = "local", **arguments: Any) -> None:
        self.asynchronous = AsyncClient(network, **arguments)
        self._loop = LoopThread()
        try:
            self._loop.run(self.asynchronous.__aenter__())
        except BaseException:
            self._loop.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what is under way, the connections and the thread; may be called again."""
        if not self._loop.is_closed:
            try:
                self._loop.run(self.asynchronous.__aexit__(None, None, None))
            finally:
                self._loop.close()

    def store(
        self,
        source: BlobSource,
        epochs: int | Literal["max"] = 1,
        permanent: bool = False,
        *,
        attributes: Mapping[str, str] | None = None,
        force: bool = False,
        reuse_resources: bool = True,
        progress: StoreProgress | None = None,
    ) -> StoreOutcome:
        """See `AsyncClient.store`."""
        return self._loop.run(
            self.asynchronous.store(
                source,
                epochs,
                permanent,
                attributes=attributes,
                force=force,
                reuse_resources=reuse_resources,
                progress=progress,
            )
        )

    @overload
    def read(
        self,
        blob_id: BlobId | str,
        start: int | None = ...,
        end: int | None = ...,
        out: None = ...,
        *,
        check: ConsistencyCheck = ...,
        progress: Progress | None = ...,
    ) -> bytes: ...
    @overload
    def read(
        self,
        blob_id: BlobId | str,
        start: int | None = ...,
        end: int | None = ...,
        *,
        out: FilePath,
        check: ConsistencyCheck = ...,
        progress: Progress | None = ...,
    ) -> Path: ...
    def read(
        self,
        blob_id: BlobId | str,
        start: int | None = None,
        end: int | None = None,
        out: FilePath | None = None,
        *,
        check: ConsistencyCheck = "default",
        progress: Progress | None = None,
    ) -> bytes | Path:
        """See `AsyncClient.read`."""
        client = self.asynchronous
        if out is None:
            return self._loop.run(client.read(blob_id, start, end, check=check, progress=progress))
        return self._loop.run(
            client.read(blob_id, start, end, out=out, check=check, progress=progress)
        )

    def open(self, blob_id: BlobId | str) -> io.BufferedReader:
        """A blob as an ordinary read-only file, of which only what is read is fetched."""
        file = self._loop.run(self.asynchronous.open(blob_id))
        return io.BufferedReader(RawBlobFile(file, self._loop), BUFFER)

    def status(self, blob_id: BlobId | str) -> BlobStatus:
        """See `AsyncClient.status`."""
        return self._loop.run(self.asynchronous.status(blob_id))
