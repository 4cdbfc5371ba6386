"""Those who leave a store, join it, or look how far it is."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from services.uploader.town import content
from services.uploads.harbour import (
    CALLER,
    Harbour,
    first,
    given,
    last,
    ordered,
    told,
    until,
)
from simulation.loop import run

from walrus_core.services.uploader import Phase, StoreOutcome, StoreProgress, Uploader
from walrus_core.services.uploads import StoreNews, UploadState

STEPS = 5


def test_who_leaves_gets_it_stored(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        store = uploads.store(CALLER, ordered(blob), given(blob))
        upload_id = (await until(store, UploadState.STORING)).upload_id
        assert (await uploads.status(CALLER, upload_id)).state is UploadState.STORING
        await asyncio.sleep(60)
        upload = await uploads.status(CALLER, upload_id)
        assert upload.state is UploadState.STORED
        assert upload.blob is not None
        assert upload.blob.certified_epoch == 1

    run(main())


def test_who_joins_is_told_how_it_ends(tmp_path: Path) -> None:
    """In the same process, and in another one."""

    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        one, other = await harbour.uploads(), await harbour.uploads()
        upload = await until(one.store(CALLER, ordered(blob), given(blob)), UploadState.STORING)
        assert upload.state is UploadState.STORING
        joined = [
            process.store(CALLER, ordered(blob), given(b""), upload.upload_id)
            for process in (one, one, other, other)
        ]
        outcomes = [last(news) for news in await asyncio.gather(*map(told, joined))]
        assert len({(each.object_id, each.cost) for each in outcomes}) == 1

    run(main())


def test_who_joins_sees_how_far_it_is(tmp_path: Path) -> None:
    """In another process, too, while nodes take their time; no note of that is left."""

    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content(50_000)
        one, other = await harbour.uploads(Slow), await harbour.uploads()
        upload = await until(one.store(CALLER, ordered(blob), given(blob)), UploadState.STORING)
        store = other.store(CALLER, ordered(blob), given(b""), upload.upload_id)
        news = await told(store)
        assert first(news).state is UploadState.STORING
        progress = [each for each in news if isinstance(each, StoreNews)]
        assert [each.phase for each in progress] == [Phase.ENCODING, *[Phase.UPLOADING] * STEPS]
        assert [each.done for each in progress[1:]] == [*range(STEPS)]
        assert last(news).size == len(blob)
        assert harbour.files() == ["done.log"]

    run(main())


class Slow:
    """An uploader that stands still for a while at each of some steps, before it does its work."""

    def __init__(self, uploader: Uploader) -> None:
        self._uploader = uploader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._uploader, name)

    async def store(self, *arguments: Any, progress: StoreProgress, **options: Any) -> StoreOutcome:
        await asyncio.sleep(2)
        progress.phase, progress.to_send = Phase.UPLOADING, STEPS
        for step in range(STEPS):
            progress.sent = step
            await asyncio.sleep(2)
        return await self._uploader.store(*arguments, progress=StoreProgress(), **options)


@pytest.mark.parametrize("harm", [b"", b"\0" * 21, b"\x01" * 20, b"\xff" * 4000])
def test_a_note_that_is_none(tmp_path: Path, harm: bytes) -> None:
    path = tmp_path / "note"
    news = StoreNews(Phase.UPLOADING, 3, 2**63)
    assert StoreNews.noted(path) is None
    path.write_bytes(harm)
    assert StoreNews.noted(path) is None
    path.unlink()
    news.note(path)
    assert StoreNews.noted(path) == news
