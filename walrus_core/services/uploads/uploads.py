"""Uploads: blobs that callers send to a server, which keeps them until the network does.

What was acknowledged is on disk: a caller, or the server, that is cut off goes on from there. Once
all bytes are here the server stores them whether or not anybody waits, and pays once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from walrus_core.codec.config import EncodingConfig
from walrus_core.errors import (
    BlobTooLargeError,
    UploadInUseError,
    UploadMismatchError,
    WalrusCoreError,
)
from walrus_core.services.tasks import Tasks
from walrus_core.services.uploads.accounts import Accounts, OpenAccounts
from walrus_core.services.uploads.directory import UploadDirectory
from walrus_core.services.uploads.holds import Hold, Holds
from walrus_core.services.uploads.limits import UploadLimits
from walrus_core.services.uploads.receiving import Receiver
from walrus_core.services.uploads.room import Usage
from walrus_core.services.uploads.session import wall_clock
from walrus_core.services.uploads.store_news import StoreNews
from walrus_core.services.uploads.storing import Stores
from walrus_core.services.uploads.upload import Order, StoredBlob, Upload, UploadState
from walrus_core.types import checked_int

if TYPE_CHECKING:
    from walrus_core.services.ports import Workers
    from walrus_core.services.uploader import Uploader

__all__ = ["Content", "News", "Uploads"]

News: TypeAlias = Upload | StoreNews | StoredBlob
Content: TypeAlias = Callable[[int, int], AsyncGenerator[bytes, None]]
"""The bytes of a blob from an offset on, of a size; raises for those that are not to be used."""

POLL_SECONDS = 0.25
"""Between two looks at what another process is at."""

GRACE = 600.0
"""Seconds that what is overdue is still kept, by another clock: the first one may have jumped."""

_log = logging.getLogger(__name__)


class Uploads:
    """All uploads of one server, in a directory that its processes share; see `UploadLimits`.

    `start` it, let `run` run, `close` it. Methods raise StorageError if the disk fails.
    """

    def __init__(
        self,
        directory: Path,
        uploader: Uploader,
        workers: Workers,
        limits: UploadLimits | None = None,
        accounts: Accounts | None = None,
        clock: Callable[[], float] = wall_clock,
    ) -> None:
        self._limits = limits or UploadLimits()
        self._uploader = uploader
        self._workers = workers
        self._accounts = accounts or OpenAccounts()
        self._clock = clock
        self._directory = UploadDirectory(directory, self._limits, clock)
        self._holds = Holds(self._directory, workers)
        self._stores = Stores(uploader, self._holds, workers, self._limits, self._accounts)
        self._overdue: dict[Path, float] = {}

    # -- its life -----------------------------------------------------------------------------

    async def start(self) -> None:
        """Go on with all that was being stored when nobody was here."""
        await self._workers.run(self._directory.prepare)
        await self.adopt()

    async def run(self) -> None:
        """Look after all uploads, until cancelled."""
        swept = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(self._limits.look_seconds)
            try:
                await self.adopt()
                if (now := asyncio.get_running_loop().time()) >= swept + self._limits.sweep_seconds:
                    swept = now
                    await self.sweep()
            except WalrusCoreError as error:
                _log.warning("uploads: %s", error)

    async def close(self) -> None:
        """Stop storing; what is not stored is gone on with at the next start."""
        await self._stores.close()

    async def adopt(self) -> None:
        """Store what is to be stored and nobody is at, because a process died."""
        for session in await self._workers.run(lambda: list(self._directory.unowned())):
            hold = self._holds.adopt(session)
            self._stores.start(hold)
            await self._holds.leave(hold)

    async def sweep(self) -> int:
        """Give up what was abandoned, forget what is old; how many uploads went."""
        now, running = self._clock(), asyncio.get_running_loop().time()
        overdue: dict[Path, float] = {}

        def is_due(log: Path, time: float) -> bool:
            if now < time:
                return False
            overdue[log] = self._overdue.get(log, running)
            return running >= overdue[log] + GRACE

        count = await self._workers.run(self._directory.sweep, is_due)
        self._overdue = overdue
        return count

    async def census(self) -> Mapping[UploadState, Usage]:
        """How many there are, and of how many bytes, that are not stored yet: of all processes."""
        return await self._workers.run(self._directory.census)

    # -- for callers --------------------------------------------------------------------------

    async def status(self, caller: str, upload_id: str) -> Upload:
        """UploadNotFoundError."""
        if (known := self._holds.known(caller, upload_id)) is not None:
            return known
        return await self._workers.run(self._directory.look, caller, upload_id)

    async def store(
        self, caller: str, order: Order, content: Content, upload_id: str | None = None
    ) -> AsyncGenerator[News, None]:
        """Store a blob, or go on with an upload of it: the first news is the upload, with the
        offset that content is wanted from, the last one what became of it.

        Who stops listening may go on, or ask again, with the upload's ID. InvalidArgumentError,
        BlobTooLargeError, UploadLimitError and StorageFullError, for a new one; UploadNotFoundError
        UploadInUseError and UploadMismatchError for another; StorageFullError, which leaves the
        upload as it was; what `content` and `Uploader.store` raise.
        """
        if upload_id is None:
            await self._admit(caller, order)
            async with (
                self._holds.created(caller, order) as hold,
                aclosing(self._served(hold, content)) as all_news,
            ):
                async for news in all_news:
                    yield news
        else:
            async with aclosing(self._continued(caller, upload_id, order, content)) as all_news:
                async for news in all_news:
                    yield news

    # -- inside -------------------------------------------------------------------------------

    async def _admit(self, caller: str, order: Order) -> None:
        state = await self._uploader.chain.state()
        config = EncodingConfig(state.n_shards)
        largest = min(config.max_blob_size, self._limits.blob_bytes)
        if order.size > largest:
            raise BlobTooLargeError(order.size, largest)
        epochs = state.max_epochs_ahead if order.epochs is None else order.epochs
        checked_int("epochs", epochs, 1, state.max_epochs_ahead)
        cost = state.prices.cost(config.encoded_size(order.size), epochs)
        await self._accounts.admit(caller, order, cost)

    async def _continued(
        self, caller: str, upload_id: str, order: Order, content: Content
    ) -> AsyncGenerator[News, None]:
        """Of an upload that was begun, here or by another process."""
        told: Upload | StoreNews | None = None
        while True:
            async with self._holds.opened(caller, upload_id) as found:
                if isinstance(found, Hold):
                    _require_same(found.upload, order)
                    async with aclosing(self._served(found, content)) as all_news:
                        async for news in all_news:
                            yield news
                    return
            upload = found or await self.status(caller, upload_id)
            _require_same(upload, order)
            if upload.state is UploadState.RECEIVING:
                raise UploadInUseError(upload_id)
            if told is None:
                told = upload
                yield upload
            if upload.blob is not None:
                yield upload.blob
                return
            progress = await self._workers.run(self._directory.progress, caller, upload_id)
            if progress is not None and progress != told:
                told = progress
                yield progress
            await asyncio.sleep(POLL_SECONDS)

    async def _served(self, hold: Hold, content: Content) -> AsyncGenerator[News, None]:
        if hold.upload.state is UploadState.RECEIVING:
            async with (
                hold.seat.taken(hold.upload.upload_id),
                aclosing(self._received(hold, content)) as uploads,
            ):
                async for upload in uploads:
                    yield upload
        else:
            yield hold.upload
        storing = self._stores.start(hold)
        if hold.upload.state in (UploadState.RECEIVING, UploadState.FAILED):
            await storing.begun.wait()
            yield hold.upload
        async with aclosing(storing.follow()) as all_news:
            async for news in all_news:
                yield news

    async def _received(self, hold: Hold, content: Content) -> AsyncGenerator[Upload, None]:
        """The upload at first, and each time that more of it is durable, whether or not more comes:
        callers may wait for that before they send on.
        """
        session, told = hold.session, hold.upload
        yield told
        if told.is_complete:
            return
        changed = asyncio.Event()
        receiver = Receiver(session, self._workers, self._limits.commit_bytes, changed.set)
        try:
            async with Tasks() as tasks:
                taking = tasks.start(_taken(content, told, receiver))
                taking.add_done_callback(lambda _: changed.set())
                while not taking.done():
                    await changed.wait()
                    changed.clear()
                    if session.upload is not told:
                        told = session.upload
                        yield told
                    receiver.check()
                taking.result()
        finally:
            await self._ended(hold, receiver)

    async def _ended(self, hold: Hold, receiver: Receiver) -> None:
        """No more bytes come; if these were all it is stored, though the caller may be gone."""
        try:
            await receiver.finish()
        finally:
            if hold.upload.is_complete:
                self._stores.start(hold)


async def _taken(content: Content, upload: Upload, receiver: Receiver) -> None:
    """Take what is missing of an upload."""
    size = upload.order.size
    async with aclosing(content(upload.committed, size)) as pieces:
        async for piece in pieces:
            await receiver.add(piece)
            if receiver.received == size:
                return  # the caller may leave its side open


def _require_same(upload: Upload, order: Order) -> None:
    """UploadMismatchError unless what is said of an upload again is what was said at first."""
    begun = upload.order
    said = [("size", begun.size, order.size)]
    if order.epochs is not None:
        said.append(("epochs", begun.epochs or 0, order.epochs))
    if not order.deletable:
        said.append(("permanent", int(not begun.deletable), 1))
    for name, expected, got in said:
        if expected != got:
            raise UploadMismatchError(upload.upload_id, name, f"{expected:,}", f"{got:,}")
    if order.attributes and dict(order.attributes) != dict(begun.attributes):
        raise UploadMismatchError(upload.upload_id, "attributes", "those", "others")
