"""What is on disk: states that a process that died left, disks that are full, what is swept."""

import asyncio
import contextlib
import os
import resource
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from services.uploader.town import content
from services.uploads.harbour import CALLER, Harbour, first, given, last, ordered, told, until
from simulation.loop import run

from walrus_core.errors import (
    NodeError,
    StorageError,
    StorageFullError,
    UploadLimitError,
    UploadNotFoundError,
)
from walrus_core.services.uploads import Content, Order, Upload, UploadLimits, Uploads, UploadState
from walrus_core.services.uploads.directory import UploadDirectory
from walrus_core.services.uploads.room import Usage
from walrus_core.services.uploads.session import Session
from walrus_core.services.uploads.upload import BEGUN, failed, line
from walrus_core.services.uploads.uploads import GRACE

LIMITS = UploadLimits(spare_bytes=0)


def directory(path: Path, limits: UploadLimits = LIMITS) -> UploadDirectory:
    made = UploadDirectory(path, limits)
    made.prepare()
    return made


def own(path: Path, upload_id: str) -> Session:
    session = directory(path).own(CALLER, upload_id)
    assert isinstance(session, Session)
    return session


def begun(path: Path, size: int = 1000) -> Session:
    session = directory(path).create(CALLER, Order(size, 2, attributes={"a": "b"}))
    session.write(0, [b"a" * 500])
    session.commit(500)
    return session


def test_a_log_that_was_cut(tmp_path: Path) -> None:
    """Wherever it is cut, what is left of it is a state that was."""
    session = begun(tmp_path)
    session.record(BEGUN)
    session.record(failed(StorageError("/where/it/is", "no disk")))
    session.close()
    whole = session.log.read_bytes()
    offsets, states = set(), set()
    ends = [at for at, byte in enumerate(whole) if byte == ord("\n")]
    lengths = {at + more for at in ends for more in (-1, 0, 1, 2)} | {*range(0, len(whole), 20)}
    for length in sorted(lengths):
        for garbage in (b"", b"\0" * 7, b"\xff\n", b'{"committed": 5000}\n', b"[1]\n"):
            session.log.write_bytes(whole[:length] + garbage)
            try:
                again = own(tmp_path, session.log.stem)
            except UploadNotFoundError:
                assert length < whole.index(b"\n") + 1
                continue
            offsets.add(again.upload.committed)
            states.add(again.upload.state)
            assert again.upload.order == session.upload.order
            again.record(failed(NodeError("again")))
            again.close()
            assert own_closed(tmp_path, session.log.stem).reason == "again"
    assert offsets == {0, 500}
    assert states == {UploadState.RECEIVING, UploadState.STORING, UploadState.FAILED}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StorageError("/where/it/is", "no disk"), "the store: no disk"),
        (NodeError("no node"), "no node"),
        (ValueError("/where/it/is"), "an internal error, which the log of the server explains"),
    ],
)
def test_why_it_failed_is_for_its_caller(error: Exception, reason: str) -> None:
    assert failed(error)["reason"] == reason


def own_closed(path: Path, upload_id: str) -> Upload:
    return directory(path).look(CALLER, upload_id)


def test_who_has_it_has_it_alone(tmp_path: Path) -> None:
    session = begun(tmp_path)
    other = directory(tmp_path)
    assert other.own(CALLER, session.log.stem) is None
    assert other.look(CALLER, session.log.stem).committed == 500
    session.close()
    own(tmp_path, session.log.stem).close()


def test_what_is_not_stored_yet_is_counted(tmp_path: Path) -> None:
    """Whoever has it; what is stored is not."""
    sessions = [begun(tmp_path) for _ in range(4)]
    sessions[1].record(BEGUN)
    for session in sessions[2:]:
        session.record(BEGUN)
        session.record(failed(NodeError("no node")))
    size = sessions[0].upload.order.size
    (tmp_path / "live" / "of nobody").mkdir()
    (tmp_path / "live" / "of nobody" / "nothing.log").touch()
    assert directory(tmp_path).census() == {
        UploadState.RECEIVING: Usage(1, size),
        UploadState.STORING: Usage(1, size),
        UploadState.FAILED: Usage(2, 2 * size),
    }
    for session in sessions:
        session.close()


def test_data_that_is_missing(tmp_path: Path) -> None:
    session = begun(tmp_path)
    session.close()
    for damage in (lambda: os.truncate(session.data, 999), session.data.unlink):
        damage()
        with pytest.raises(UploadNotFoundError):
            directory(tmp_path).own(CALLER, session.log.stem)


@pytest.mark.parametrize("size", [1000, 0])
def test_only_the_owner_may_look(tmp_path: Path, size: int) -> None:
    session = directory(tmp_path / "uploads").create(CALLER, Order(size))
    session.close()
    for path in (session.log, session.data, session.log.parent):
        assert path.stat().st_mode & 0o077 == 0


LIMITED = {
    "uploads": UploadLimits(uploads=2, spare_bytes=0),
    "bytes of uploads": UploadLimits(upload_bytes=2999, spare_bytes=0),
    "uploads of one caller": UploadLimits(caller_uploads=2, spare_bytes=0),
    "bytes of one caller": UploadLimits(caller_bytes=2999, spare_bytes=0),
}


@pytest.mark.parametrize("what", LIMITED)
def test_limits(tmp_path: Path, what: str) -> None:
    """They count what all processes have, and let go what is over."""
    limits = LIMITED[what]
    sessions = [directory(tmp_path, limits).create(CALLER, Order(1000)) for _ in range(2)]
    with pytest.raises(UploadLimitError, match=what):
        directory(tmp_path, limits).create(CALLER, Order(1000))
    if "caller" in what:
        directory(tmp_path, limits).create("bob", Order(1000)).close()
    sessions[0].remove()
    directory(tmp_path, limits).create(CALLER, Order(1000)).close()


def test_the_disk_keeps_room_for_others(tmp_path: Path) -> None:
    limits = UploadLimits(spare_bytes=10**18)
    with pytest.raises(StorageFullError):
        directory(tmp_path, limits).create(CALLER, Order(1))
    assert [each for each in tmp_path.rglob("*.*") if each.is_file()] == []


@contextlib.contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """No file may grow beyond: for this process the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_at_the_start(tmp_path: Path) -> None:
    uploads = directory(tmp_path)
    with files_end_at(100_000), pytest.raises(StorageFullError):
        uploads.create(CALLER, Order(200_000))
    assert [each for each in tmp_path.rglob("*.*") if each.is_file()] == []


def test_a_disk_that_is_full_on_the_way(tmp_path: Path) -> None:
    """The upload is as it was, and goes on when there is room again."""

    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        full = contextlib.ExitStack()

        def filling() -> Content:
            async def pieces(start: int, _: int) -> AsyncGenerator[bytes, None]:
                yield blob[start : start + 2000]
                await asyncio.sleep(1)  # that is durable now
                full.enter_context(files_end_at(100))
                yield blob[start + 2000 :]

            return pieces

        store = uploads.store(CALLER, ordered(blob), filling())
        upload = await anext(store)
        assert isinstance(upload, Upload)
        with full, pytest.raises(StorageFullError):
            await told(store)
        upload = await uploads.status(CALLER, upload.upload_id)
        assert upload.state is UploadState.RECEIVING
        assert upload.committed == 2000
        news = await told(uploads.store(CALLER, ordered(blob), given(blob), upload.upload_id))
        assert first(news).committed == 2000
        assert last(news).size == len(blob)

    run(main())


async def swept(harbour: Harbour, uploads: Uploads, later: float) -> int:
    """How many uploads are gone so much later."""
    harbour.clock.now += later
    assert await uploads.sweep() == 0, "another clock has the last word"
    await asyncio.sleep(GRACE)
    return await uploads.sweep()


def test_what_is_abandoned_is_given_up(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        store = uploads.store(CALLER, ordered(blob), given(blob, stop=3000))
        upload = await until(store, UploadState.RECEIVING)
        day = harbour.limits.abandoned_after
        assert await swept(harbour, uploads, 0.9 * day) == 0
        store = uploads.store(CALLER, ordered(blob), given(blob, stop=3000), upload.upload_id)
        assert isinstance(await anext(store), Upload)
        assert await swept(harbour, uploads, 5 * day) == 0  # somebody is at it
        await store.aclose()
        assert await uploads.sweep() == 1
        assert harbour.files() == []
        with pytest.raises(UploadNotFoundError):
            await uploads.status(CALLER, upload.upload_id)

    run(main())


def test_what_was_stored_is_forgotten_after_a_day(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        news = await told(uploads.store(CALLER, ordered(blob), given(blob)))
        upload_id = first(news).upload_id
        assert await swept(harbour, uploads, 0.9 * harbour.limits.remembered_for) == 0
        assert (await uploads.status(CALLER, upload_id)).blob == last(news)
        assert await swept(harbour, uploads, 0.2 * harbour.limits.remembered_for) == 1
        with pytest.raises(UploadNotFoundError):
            await uploads.status(CALLER, upload_id)

    run(main())


def test_the_oldest_are_forgotten_first(tmp_path: Path) -> None:
    async def main() -> None:
        harbour = Harbour(tmp_path, UploadLimits(remembered=2, spare_bytes=0))
        uploads = await harbour.uploads()
        ids = []
        for seed in range(4):
            blob = content(seed=seed)
            news = await told(uploads.store(CALLER, ordered(blob), given(blob)))
            ids.append(first(news).upload_id)
            harbour.clock.now += 1
        assert await uploads.sweep() == 2
        for upload_id in ids[:2]:
            with pytest.raises(UploadNotFoundError):
                await uploads.status(CALLER, upload_id)
        for upload_id in ids[2:]:
            assert (await uploads.status(CALLER, upload_id)).state is UploadState.STORED

    run(main())


def test_a_clock_that_jumps_and_comes_back(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        store = uploads.store(CALLER, ordered(blob), given(blob, stop=3000))
        await until(store, UploadState.RECEIVING)
        for jump in (1e9, -1e9, -1e9, 1e9):
            harbour.clock.now += jump
            assert await uploads.sweep() == 0
        assert len(harbour.files()) == 2

    run(main())


def test_a_line_is_a_line() -> None:
    assert line({"reason": "a\nb"}).count(b"\n") == 1
