"""A server that is killed, wherever it is: the next one goes on, and nothing is paid twice."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from services.uploader.clockwork import NODE, Clockwork, counted
from services.uploader.town import content
from services.uploads.harbour import CALLER, LIMITS, Harbour, given, last, ordered, told, until
from simulation.loop import run

from walrus_core.errors import (
    NodeUnavailableError,
    NotEnoughConfirmationsError,
    UploadInterruptedError,
)
from walrus_core.services.uploads import (
    Content,
    News,
    StoredBlob,
    StoreNews,
    Upload,
    Uploads,
    UploadState,
)
from walrus_core.services.uploads.session import Session

BLOB = content(5000)


class Death(Clockwork):
    """A clockwork that kills a whole process: none of its tasks waits for anything any more."""

    async def kill(self) -> None:
        assert self.victim is not None
        self.is_dead = True
        self.victim.cancel()
        raise asyncio.CancelledError


class MortalWorkers:
    """What is done to the disk is a step of the clockwork; the dead lose their locks."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork
        self._sessions: list[Session] = []

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        async def call() -> Any:
            found = function(*arguments)
            all_found = found if isinstance(found, list) else [found]
            self._sessions += [each for each in all_found if isinstance(each, Session)]
            return found

        return await self._clockwork.step(function.__name__, call)

    def bury(self) -> None:
        for session in self._sessions:
            session.close()


class Caller:
    """Who sends a blob, and notes what it was promised."""

    def __init__(self, blob: bytes) -> None:
        self.blob = blob
        self.upload_id: str | None = None
        self.acknowledged = 0
        self.is_storing = False
        self.stored: StoredBlob | None = None

    async def store(self, uploads: Uploads) -> None:
        """To the end, from where it was."""
        news = uploads.store(CALLER, ordered(self.blob), self._content(), self.upload_id)
        async with aclosing(news):
            async for each in news:
                self._note(each)

    def _note(self, news: News) -> None:
        if isinstance(news, Upload):
            assert news.committed >= self.acknowledged
            self.upload_id, self.acknowledged = news.upload_id, news.committed
            self.is_storing |= news.state is not UploadState.RECEIVING
        if isinstance(news, StoredBlob):
            self.stored = news

    def _content(self) -> Content:
        async def content(start: int, size: int) -> AsyncGenerator[bytes, None]:
            assert not self.is_storing, "all that it sent was acknowledged"
            async with aclosing(given(self.blob)(start, size)) as pieces:
                async for piece in pieces:
                    yield piece

        return content


async def killed(harbour: Harbour, caller: Caller, clockwork: Clockwork) -> bool:
    """Whether the server was killed before the caller had its answer."""
    workers = MortalWorkers(clockwork)

    async def serve() -> None:
        uploads = await harbour.uploads(lambda each: counted(each, clockwork), workers)
        await caller.store(uploads)

    clockwork.victim = asyncio.ensure_future(serve())
    await asyncio.wait([clockwork.victim])
    for uploads in harbour.open:
        await uploads.close()
    if not clockwork.is_dead:
        clockwork.victim.result()
    workers.bury()
    return clockwork.is_dead


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_each_step(fast_path: Path, after: bool) -> None:
    async def main() -> None:
        whole = Death(-1, after=after)
        assert not await killed(Harbour(fast_path / "whole"), Caller(BLOB), whole)
        names = dict.fromkeys(whole.steps)
        assert {"create", "write", "commit", "record", "finish", "register", "certify"} <= {*names}
        of_nodes = {*NODE} & {*whole.steps}
        chosen = {whole.steps.index(name) for name in of_nodes}  # else the uploader's own tests do
        chosen |= {number for number, name in enumerate(whole.steps) if name not in NODE}
        for stop in sorted(chosen):
            harbour, caller = Harbour(fast_path / str(stop)), Caller(BLOB)
            assert await killed(harbour, caller, Death(stop, after=after))
            known = caller.upload_id is not None
            uploads = await harbour.uploads()
            if caller.is_storing:  # nobody has to ask
                await asyncio.sleep(60)
                assert (await harbour.town.blobs())[0].certified_epoch == 1
            await caller.store(uploads)
            assert caller.stored is not None
            assert caller.stored.certified_epoch == 1
            assert caller.stored.cost == harbour.town.paid == harbour.town.price(BLOB, 2)
            assert caller.stored.certificate is not None
            assert len(await harbour.town.blobs()) == 1
            assert not harbour.town.journal.records
            assert harbour.files().count("done.log") == 1
            assert harbour.files() == ["done.log"] or not known

    run(main())


def test_killed_twice(fast_path: Path) -> None:
    async def main() -> None:
        for stop in range(3, 60, 7):
            for second in range(2, 40, 9):
                harbour, caller = Harbour(fast_path / f"{stop}-{second}"), Caller(BLOB)
                for number in (stop, second):
                    await killed(harbour, caller, Death(number, after=True))
                await caller.store(await harbour.uploads())
                assert harbour.town.paid == harbour.town.price(BLOB, 2)
                assert len(await harbour.town.blobs()) == 1

    run(main())


def test_another_process_goes_on_with_what_a_dead_one_stored(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        dying, living = await harbour.uploads(), await harbour.uploads()
        looking = asyncio.ensure_future(living.run())
        upload = await until(dying.store(CALLER, ordered(blob), given(blob)), UploadState.STORING)
        joined = asyncio.ensure_future(
            told(living.store(CALLER, ordered(blob), given(blob), upload.upload_id))
        )
        await asyncio.sleep(0.5)
        await dying.close()
        assert last(await joined).size == len(blob)
        looking.cancel()
        assert harbour.town.paid == harbour.town.price(blob, 2)

    run(main())


def test_nobody_has_to_ask_for_what_a_dead_process_stored(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        dying, living = await harbour.uploads(), await harbour.uploads()
        looking = asyncio.ensure_future(living.run())
        upload = await until(dying.store(CALLER, ordered(blob), given(blob)), UploadState.STORING)
        await dying.close()
        await asyncio.sleep(LIMITS.look_seconds + 60)
        looking.cancel()
        assert (await living.status(CALLER, upload.upload_id)).state is UploadState.STORED

    run(main())


def test_who_waits_when_the_server_stops_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        store = uploads.store(CALLER, ordered(blob), given(blob))
        async for news in store:
            if isinstance(news, StoreNews):
                await uploads.close()
                break
        with pytest.raises(UploadInterruptedError):
            await told(store)

    run(main())


def test_what_failed_goes_on_when_asked_for(tmp_path: Path) -> None:
    """Two of four nodes take no slivers: too few confirm; later nothing is paid again."""

    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()

        async def before(call: str) -> None:
            if call == "put_slivers":
                raise NodeUnavailableError("gate", "a full disk")

        for gate in harbour.town.gates[:2]:
            gate.before = before
        store = uploads.store(CALLER, ordered(blob), given(blob))
        upload = await anext(store)
        assert isinstance(upload, Upload)
        upload_id = upload.upload_id
        with pytest.raises(NotEnoughConfirmationsError):
            await told(store)
        upload = await uploads.status(CALLER, upload_id)
        assert upload.state is UploadState.FAILED
        assert "shards confirmed" in upload.reason
        for gate in harbour.town.gates:
            gate.before = None
        again = await harbour.uploads()  # it does not try by itself
        await asyncio.sleep(60)
        assert (await again.status(CALLER, upload_id)).state is UploadState.FAILED
        news = await told(again.store(CALLER, ordered(blob), given(b""), upload_id))
        assert last(news).cost == harbour.town.paid == harbour.town.price(blob, 2)

    run(main())
