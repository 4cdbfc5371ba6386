"""Uploads that are complete, on their way to the network, whoever waits for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

from walrus_core.errors import UploadInterruptedError, WalrusCoreError
from walrus_core.services.tasks import Tasks, to_the_end
from walrus_core.services.uploader import StoreProgress, StoreTerms
from walrus_core.services.uploads.store_news import StoreNews
from walrus_core.services.uploads.upload import BEGUN, StoredBlob, UploadState, failed, stored

if TYPE_CHECKING:
    from walrus_core.services.ports import Workers
    from walrus_core.services.uploader import StoreOutcome, Uploader
    from walrus_core.services.uploads.accounts import Accounts
    from walrus_core.services.uploads.holds import Hold, Holds
    from walrus_core.services.uploads.limits import UploadLimits

__all__ = ["Stores", "Storing"]

LOOK_SECONDS = 0.25
"""Between two looks at how far a store is."""

NOTE_SECONDS = 0.5
"""Between two notes of that for callers of other processes."""

_log = logging.getLogger(__name__)


class Storing:
    """A store that goes on without anybody; as many as like `follow` it.

    `begun`: it will go on even if this process dies, or it is over already.
    """

    def __init__(self, hold: Hold, work: asyncio.Task[StoredBlob], progress: StoreProgress) -> None:
        self.begun = asyncio.Event()
        self._hold = hold
        self._work = work
        self._progress = progress
        work.add_done_callback(lambda _: self.begun.set())

    @property
    def is_over(self) -> bool:
        return self._work.done()

    async def follow(self) -> AsyncGenerator[StoreNews | StoredBlob, None]:
        """How far it is, each time that has changed, and in the end what became of it.

        Raises what the store did; UploadInterruptedError if the server stops.
        """
        told = None
        while not self._work.done():
            if (news := StoreNews.of(self._progress)) != told:
                told = news
                yield news
            await asyncio.wait([self._work], timeout=LOOK_SECONDS)
        if self._work.cancelled():
            raise UploadInterruptedError(self._hold.upload.upload_id)
        yield self._work.result()


class Stores:
    """All stores of this process; `close` it."""

    def __init__(
        self,
        uploader: Uploader,
        holds: Holds,
        workers: Workers,
        limits: UploadLimits,
        accounts: Accounts,
    ) -> None:
        self._uploader = uploader
        self._holds = holds
        self._workers = workers
        self._limits = limits
        self._accounts = accounts
        self._small = asyncio.Semaphore(limits.small_stores)
        self._large = asyncio.Semaphore(limits.large_stores)
        self._tasks: dict[asyncio.Task[StoredBlob], None] = {}

    def start(self, hold: Hold) -> Storing:
        """Store an upload that is complete, unless that goes on already, or was done by a process
        that died before it could finish.
        """
        if hold.storing is None or hold.storing.is_over:
            progress = StoreProgress()
            hold.users += 1
            work = asyncio.get_running_loop().create_task(self._run(hold, progress))
            self._tasks[work] = None
            work.add_done_callback(self._ended)
            hold.storing = Storing(hold, work, progress)
        return hold.storing

    async def close(self) -> None:
        """Stop all of them where they are; who starts next goes on with them."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, hold: Hold, progress: StoreProgress) -> StoredBlob:
        try:
            async with self._lane(hold.upload.order.size):
                blob = hold.upload.blob
                if blob is None:
                    blob = await self._store(hold, progress)
                elif blob.object_id is not None:
                    await self._uploader.forget(blob.blob_id, blob.object_id, blob.deletable)
            await self._finish(hold)
            return blob
        except Exception as error:
            if not isinstance(error, WalrusCoreError):
                _log.exception("storing upload %s failed", hold.upload.upload_id)
            await self._note_failure(hold, error)
            raise
        finally:
            await self._holds.leave(hold)

    async def _store(self, hold: Hold, progress: StoreProgress) -> StoredBlob:
        session, order = hold.session, hold.upload.order
        if hold.upload.state is not UploadState.STORING:  # so that it survives this process
            await self._record(hold, BEGUN)
        assert hold.storing is not None
        hold.storing.begun.set()
        epochs = order.epochs
        if epochs is None:
            epochs = (await self._uploader.chain.state()).max_epochs_ahead

        async def keep(outcome: StoreOutcome) -> None:
            blob = StoredBlob.of(outcome)
            await self._accounts.stored(hold.upload.caller, blob)
            await self._record(hold, stored(blob))

        async with Tasks() as beside:
            beside.start(self._note_progress(hold, progress))
            outcome = await self._uploader.store(
                session.data,
                epochs,
                StoreTerms(order.deletable, order.attributes),
                progress=progress,
                keep=keep,
            )
        return StoredBlob.of(outcome)

    async def _note_progress(self, hold: Hold, progress: StoreProgress) -> None:
        """Until cancelled, or the disk does not take it."""
        noted = None
        while True:
            if (news := StoreNews.of(progress)) != noted:
                noted = news
                await to_the_end(self._workers.run(hold.session.note, news))
            await asyncio.sleep(NOTE_SECONDS)

    async def _finish(self, hold: Hold) -> None:
        try:
            await to_the_end(self._holds.finish(hold))
        except WalrusCoreError as error:  # the next look at it tries again
            _log.warning("upload %s: %s", hold.upload.upload_id, error)

    async def _record(self, hold: Hold, event: Mapping[str, Any]) -> None:
        """To the end: the file must not be closed meanwhile."""
        await to_the_end(self._workers.run(hold.session.record, event))

    async def _note_failure(self, hold: Hold, error: Exception) -> None:
        if hold.upload.state is UploadState.STORED:
            return  # what failed came after that
        try:
            await self._record(hold, failed(error))
        except WalrusCoreError as trouble:  # then it is stored again by who starts next
            _log.warning("upload %s: %s", hold.upload.upload_id, trouble)

    def _lane(self, size: int) -> asyncio.Semaphore:
        return self._small if size <= self._limits.small_bytes else self._large

    def _ended(self, task: asyncio.Task[StoredBlob]) -> None:
        del self._tasks[task]
        if not task.cancelled():
            task.exception()  # whoever wants to know follows it
