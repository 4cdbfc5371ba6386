"""The uploads that this process owns, as long as a call or a store is at them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from walrus_core.errors import WalrusCoreError
from walrus_core.services.tasks import to_the_end
from walrus_core.services.uploads.seat import Seat
from walrus_core.services.uploads.upload import Upload

if TYPE_CHECKING:
    from walrus_core.services.ports import Workers
    from walrus_core.services.uploads.directory import UploadDirectory
    from walrus_core.services.uploads.session import Session
    from walrus_core.services.uploads.storing import Storing
    from walrus_core.services.uploads.upload import Order

__all__ = ["Hold", "Holds"]

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Hold:
    """One upload; `users` are at it. `seat`: of who sends its bytes."""

    session: Session
    users: int = 0
    seat: Seat = field(default_factory=Seat)
    storing: Storing | None = None

    @property
    def upload(self) -> Upload:
        return self.session.upload


class Holds:
    """An upload is locked on disk when its first user comes, and let go when the last has left."""

    def __init__(self, directory: UploadDirectory, workers: Workers) -> None:
        self._directory = directory
        self._workers = workers
        self._gate = asyncio.Lock()
        self._held: dict[str, Hold] = {}

    def created(self, caller: str, order: Order) -> AbstractAsyncContextManager[Hold]:
        """A new upload. UploadLimitError, StorageFullError, StorageError."""
        return self._used(self._create(caller, order))

    def opened(
        self, caller: str, upload_id: str
    ) -> AbstractAsyncContextManager[Hold | Upload | None]:
        """An upload; what is remembered of it, if it is stored; None if another process has it.

        UploadNotFoundError, StorageError.
        """
        return self._used(self._open(caller, upload_id))

    def known(self, caller: str, upload_id: str) -> Upload | None:
        """An upload, if this process has it."""
        hold = self._held.get(upload_id)
        return hold.upload if hold and hold.upload.caller == caller else None

    def adopt(self, session: Session) -> Hold:
        """What was found without an owner, and is used from now on."""
        hold = self._held[session.upload.upload_id] = Hold(session, 1)
        return hold

    async def leave(self, hold: Hold) -> None:
        """One user less."""
        async with self._gate:
            hold.users -= 1
            if not hold.users and self._held.get(hold.upload.upload_id) is hold:
                await self._workers.run(hold.session.close)
                del self._held[hold.upload.upload_id]

    async def finish(self, hold: Hold) -> None:
        """It is stored: only that is remembered, whoever still uses it. StorageError."""
        async with self._gate:
            del self._held[hold.upload.upload_id]
            await self._workers.run(self._directory.finish, hold.session)

    # -- inside -------------------------------------------------------------------------------

    async def _create(self, caller: str, order: Order) -> Hold:
        return self.adopt(await self._workers.run(self._directory.create, caller, order))

    async def _open(self, caller: str, upload_id: str) -> Hold | Upload | None:
        async with self._gate:
            hold = self._held.get(upload_id)
            if hold is not None and hold.upload.caller == caller:
                hold.users += 1
                return hold
            found = await self._workers.run(self._directory.own, caller, upload_id)
            return found if found is None or isinstance(found, Upload) else self.adopt(found)

    @asynccontextmanager
    async def _used(self, opening: Coroutine[Any, Any, T]) -> AsyncIterator[T]:
        """What `opening` finds, which is left in the end."""
        task = asyncio.get_running_loop().create_task(opening)
        try:
            found = await asyncio.shield(task)
        except asyncio.CancelledError:
            await to_the_end(self._leave_soon(task))
            raise
        try:
            yield found
        finally:
            if isinstance(found, Hold):
                await to_the_end(self.leave(found))

    async def _leave_soon(self, opening: asyncio.Task[T]) -> None:
        """Nobody waits any more for what is being opened."""
        try:
            found = await opening
        except WalrusCoreError:
            return
        if isinstance(found, Hold):
            await self.leave(found)
