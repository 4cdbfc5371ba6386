"""The bars of a `store`, on stderr, where stderr is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from walrus_core.cli.progress import PATIENCE, REFRESH
from walrus_core.services.uploader.outcome import Phase

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from walrus_core.services.uploader.outcome import StoreProgress

DOING = {
    Phase.ENCODING: "encoding",
    Phase.REGISTERING: "paying",
    Phase.UPLOADING: "uploading",
    Phase.CERTIFYING: "certifying",
    Phase.DONE: "done",
}


@contextmanager
def store_bars(label: str, progress: StoreProgress) -> Iterator[None]:
    """Draw `progress` from a thread of its own while the body runs; gone afterwards."""
    if not sys.stderr.isatty():
        yield
        return
    finished = threading.Event()
    arguments = (label, progress, finished)
    artist = threading.Thread(target=_draw, args=arguments, daemon=True)
    artist.start()
    try:
        yield
    finally:
        finished.set()
        artist.join()


def _draw(label: str, progress: StoreProgress, finished: threading.Event) -> None:
    if finished.wait(PATIENCE):
        return
    from rich.console import Console  # loaded only when a bar is drawn: it takes its time
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<10}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        shown = _Shown(bars, label)
        while not finished.wait(REFRESH):
            shown.update(progress)


class _Shown:
    """The bars that are shown: encoding, then the upload with its nodes, and confirmations."""

    def __init__(self, bars: Bars, label: str) -> None:
        self._bars = bars
        self._label = label
        self._encode = bars.add_task("encode", total=None, told=label)
        self._upload = bars.add_task("upload", total=None, told="", visible=False)
        self._confirm = bars.add_task("confirm", total=None, told="", visible=False)

    def update(self, progress: StoreProgress) -> None:
        encoding = progress.encoding
        told = f"{self._label}: {DOING[progress.phase]}"
        total = encoding.total or None
        self._bars.update(self._encode, completed=encoding.done, total=total, told=told)
        self._bars.update(
            self._upload,
            completed=progress.sent,
            total=progress.to_send or None,
            visible=bool(progress.to_send),
            told="",
        )
        self._bars.update(
            self._confirm,
            completed=min(progress.confirmed, progress.needed),
            total=progress.needed or None,
            visible=bool(progress.needed),
            told=f"{progress.confirmed} shards, {progress.needed} are enough",
        )
