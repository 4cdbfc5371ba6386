"""Uploads that nothing goes wrong with, and what is remembered of them."""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from services.uploader.town import content
from services.uploads.harbour import (
    CALLER,
    LIMITS,
    Harbour,
    first,
    given,
    last,
    ordered,
    told,
    until,
)
from simulation.loop import run

from walrus_core.errors import (
    BlobTooLargeError,
    InvalidArgumentError,
    UploadMismatchError,
    UploadNotFoundError,
)
from walrus_core.services.uploader import Phase, Uploader
from walrus_core.services.uploads import (
    Order,
    StoredBlob,
    StoreNews,
    Upload,
    UploadLimits,
    UploadState,
)


@pytest.mark.parametrize("size", [0, 1, 5000, 50_000])
@pytest.mark.parametrize("deletable", [True, False])
def test_a_blob_is_stored(tmp_path: Path, size: int, deletable: bool) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content(size)
        uploads = await harbour.uploads()
        order = ordered(blob, deletable=deletable, attributes={"name": "a"})
        news = await told(uploads.store(CALLER, order, given(blob)))
        stored = last(news)
        assert stored.size == size
        assert stored.cost == harbour.town.price(blob, 2) == harbour.town.paid
        assert stored.deletable is deletable
        assert not stored.was_stored_before
        [on_chain] = await harbour.town.blobs()
        assert (stored.object_id, stored.blob_id) == (on_chain.object_id, on_chain.blob_id)
        assert await harbour.town.chain.attributes(stored.object_id) == {"name": "a"}
        assert stored.certificate is not None
        stored.certificate.verify((await harbour.town.chain.committees()).current)
        offsets = [each.committed for each in news if isinstance(each, Upload)]
        assert offsets[0] == 0
        assert offsets[-1] == size
        assert offsets == sorted(offsets)
        phases = [each.phase for each in news if isinstance(each, StoreNews)]
        assert phases[0] in Phase
        assert harbour.files() == ["done.log"]
        assert not harbour.town.journal.records

    run(main())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_its_slivers_go_when_it_is_stored(tmp_path: Path) -> None:
    """And not when somebody looks for garbage, though who asked for it is still told."""
    spool = tmp_path / "spool"
    spool.mkdir()

    def spooling(uploader: Uploader) -> Uploader:
        uploader.options = replace(uploader.options, in_memory=0, directory=spool)
        return uploader

    def spools() -> list[Path]:
        links = [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return [file for link in links if (file := link.readlink()).is_relative_to(spool)]

    async def main() -> None:
        harbour, blob = Harbour(tmp_path / "uploads"), content()
        uploads = await harbour.uploads(spooling)
        news = await told(uploads.store(CALLER, ordered(blob), given(blob)))
        assert last(news).size == len(blob)
        assert spools() == []

    gc.collect()
    gc.disable()
    try:
        run(main())
    finally:
        gc.enable()


def test_what_became_of_it_is_remembered(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        news = await told(uploads.store(CALLER, ordered(blob), given(blob)))
        upload_id = first(news).upload_id
        for process in (uploads, await harbour.uploads()):
            again = await told(process.store(CALLER, ordered(blob), given(b"?"), upload_id))
            assert last(again) == last(news)
            assert first(again).state is UploadState.STORED
            assert (await process.status(CALLER, upload_id)).blob == last(news)
        assert harbour.town.paid == harbour.town.price(blob, 2)

    run(main())


def test_what_is_stored_is_not_paid_again(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        stored = last(await told(uploads.store(CALLER, ordered(blob), given(blob))))
        again = last(await told(uploads.store("bob", ordered(blob), given(blob))))
        assert again.was_stored_before
        assert (again.cost, again.certificate) == (0, None)
        assert again.object_id == stored.object_id

    run(main())


def test_the_same_content_at_the_same_time(tmp_path: Path) -> None:
    """Three uploads, in two processes: one pays, and all are told of the same blob."""

    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content(200_000)
        one, other = await harbour.uploads(), await harbour.uploads()
        stores = [each.store(CALLER, ordered(blob), given(blob)) for each in (one, one, other)]
        outcomes = [last(news) for news in await asyncio.gather(*map(told, stores))]
        assert len({each.object_id for each in outcomes}) == 1
        assert sum(each.cost for each in outcomes) == harbour.town.price(blob, 2)
        assert harbour.town.paid == harbour.town.price(blob, 2)

    run(main())


def test_as_many_epochs_as_can_be(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        stored = last(await told(uploads.store(CALLER, ordered(blob, epochs=None), given(blob))))
        state = await harbour.town.chain.state()
        assert stored.end_epoch == state.epoch + state.max_epochs_ahead

    run(main())


def test_who_waits_for_what_is_durable_before_going_on(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content(LIMITS.commit_bytes + 1000)
        durable = asyncio.Event()

        async def pieces(start: int, _: int) -> AsyncGenerator[bytes, None]:
            yield blob[start : LIMITS.commit_bytes]
            await durable.wait()
            yield blob[LIMITS.commit_bytes :]

        uploads = await harbour.uploads()
        async with aclosing(uploads.store(CALLER, ordered(blob), pieces)) as news:
            async for each in news:
                if isinstance(each, Upload) and each.committed == LIMITS.commit_bytes:
                    durable.set()
        assert isinstance(each, StoredBlob)

    run(main())


def test_others_do_not_see_it(tmp_path: Path) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        store = uploads.store(CALLER, ordered(blob), given(blob, stop=0))
        upload = await anext(store)
        assert isinstance(upload, Upload)
        for caller, upload_id in [
            ("bob", upload.upload_id),
            (CALLER, "f" * 32),
            (CALLER, f"../live/{upload.upload_id}"),
            (CALLER, upload.upload_id + "\n"),
            (CALLER, ""),
            (CALLER, "\0"),
            (CALLER, "a" * 100_000),
        ]:
            with pytest.raises(UploadNotFoundError):
                await uploads.status(caller, upload_id)
            with pytest.raises(UploadNotFoundError):
                await told(uploads.store(caller, ordered(blob), given(blob), upload_id))
        await store.aclose()

    run(main())


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (Order(10**15), BlobTooLargeError),
        (Order(5001), BlobTooLargeError),
        (Order(10, 0), InvalidArgumentError),
        (Order(10, 10**9), InvalidArgumentError),
    ],
)
def test_orders_that_cannot_be(tmp_path: Path, order: Order, error: type[Exception]) -> None:
    """Nothing is taken for them, not even a name."""

    async def main() -> None:
        harbour = Harbour(tmp_path, UploadLimits(blob_bytes=5000, spare_bytes=0))
        uploads = await harbour.uploads()
        with pytest.raises(error):
            await told(uploads.store(CALLER, order, given(b"")))
        assert harbour.files() == []

    run(main())


@pytest.mark.parametrize(
    "order",
    [
        Order(4999, 2),
        Order(5000, 3),
        Order(5000, 2, deletable=False),
        Order(5000, 2, attributes={"a": "c"}),
    ],
)
def test_it_goes_on_as_it_was_begun(tmp_path: Path, order: Order) -> None:
    async def main() -> None:
        harbour, blob = Harbour(tmp_path), content()
        uploads = await harbour.uploads()
        begun = ordered(blob, attributes={"a": "b"})
        store = uploads.store(CALLER, begun, given(blob, stop=1000))
        upload = await until(store, UploadState.RECEIVING)
        with pytest.raises(UploadMismatchError):
            await told(uploads.store(CALLER, order, given(blob), upload.upload_id))
        stored = last(await told(uploads.store(CALLER, Order(5000), given(blob), upload.upload_id)))
        assert stored.end_epoch == 3

    run(main())
