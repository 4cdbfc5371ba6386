"""A server's uploads over the town's nodes: real sessions on a real disk, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from services.uploader.town import Town
from simulation.workers import InlineWorkers

from walrus_core.services.ports import Workers
from walrus_core.services.uploader import Uploader
from walrus_core.services.uploads import (
    Content,
    News,
    Order,
    StoredBlob,
    Upload,
    UploadLimits,
    Uploads,
    UploadState,
)

CALLER = "alice"
LIMITS = UploadLimits(commit_bytes=2000, spare_bytes=0)


class Clock:
    """Seconds since 1970, as a machine's clock has them, right or wrong."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Harbour:
    """One directory, and the processes that share it: each `uploads()` is another."""

    def __init__(self, directory: Path, limits: UploadLimits = LIMITS) -> None:
        self.town = Town()
        self.directory = directory
        self.limits = limits
        self.clock = Clock()
        self.open: list[Uploads] = []

    async def uploads(
        self,
        wrap: Callable[[Uploader], Uploader] = lambda uploader: uploader,
        workers: Workers | None = None,
        **options: Any,
    ) -> Uploads:
        """Another process, started."""
        if not self.open:
            await self.town.open()
            self.turns = self.town.uploader().turns
        uploader = self.town.uploader()
        uploader.turns = self.turns  # as files are shared
        uploads = Uploads(
            self.directory,
            wrap(uploader),
            workers or InlineWorkers(),
            self.limits,
            clock=self.clock,
            **options,
        )
        self.open.append(uploads)
        await uploads.start()
        return uploads

    def files(self) -> list[str]:
        """Endings of the files that are there, and where."""
        found = [each for each in self.directory.rglob("*.*") if each.is_file()]
        return sorted(f"{each.parent.parent.name}{each.suffix}" for each in found)


def given(blob: bytes, piece: int = 700, stop: int | None = None) -> Content:
    """What a caller sends; after `stop` bytes it is silent."""

    async def content(start: int, size: int) -> AsyncGenerator[bytes, None]:
        assert size == len(blob)
        end = size if stop is None else stop
        for at in range(start, end, piece):
            yield blob[at : min(at + piece, end)]
        if end < size:
            await asyncio.sleep(1e5)

    return content


async def told(news: AsyncGenerator[News, None]) -> list[News]:
    """All of them."""
    async with aclosing(news):
        return [each async for each in news]


async def until(news: AsyncGenerator[News, None], state: UploadState) -> Upload:
    """The first that is told of an upload in this state; then the caller leaves."""
    async with aclosing(news):
        async for each in news:
            if isinstance(each, Upload) and each.state is state:
                return each
    raise AssertionError(f"it was never {state}")


def ordered(blob: bytes, **options: Any) -> Order:
    return Order(len(blob), options.pop("epochs", 2), **options)


def last(news: list[News]) -> StoredBlob:
    assert isinstance(news[-1], StoredBlob)
    return news[-1]


def first(news: list[News]) -> Upload:
    assert isinstance(news[0], Upload)
    return news[0]
