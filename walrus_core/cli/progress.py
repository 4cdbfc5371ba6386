"""A progress bar on stderr for work that takes a while, where stderr is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

PATIENCE = 0.3
"""Seconds before the bar appears: quick work shows none."""

REFRESH = 0.1
"""Seconds between two looks at the counter."""


class Countable(Protocol):
    """Work that counts itself: the kernel's Progress, or a Counter. `total` is 0 while unknown."""

    @property
    def done(self) -> int:
        """Units finished so far."""

    @property
    def total(self) -> int:
        """Units there are."""


class Counter:
    """Counts the turns of a Python loop."""

    __slots__ = ("done", "total")

    def __init__(self, total: int) -> None:
        self.done = 0
        self.total = total


@contextmanager
def progress_bar(label: str, counter: Countable) -> Iterator[None]:
    """Draw `counter` from a thread of its own while the body runs; the bar is gone afterwards."""
    with drawn(lambda finished: _draw(label, counter, finished)):
        yield


@contextmanager
def drawn(draw: Callable[[threading.Event], None]) -> Iterator[None]:
    """Let `draw` draw on stderr, if that is a terminal, from a thread of its own while the body
    runs, until the event that it is given is set; it is not called for a body that is quick.
    """
    if not sys.stderr.isatty():
        yield
        return
    finished = threading.Event()

    def patiently() -> None:
        if not finished.wait(PATIENCE):
            draw(finished)

    artist = threading.Thread(target=patiently, daemon=True)
    artist.start()
    try:
        yield
    finally:
        finished.set()
        artist.join()


def _draw(label: str, counter: Countable, finished: threading.Event) -> None:
    from rich.console import (
        Console,
    )  # loaded only when a bar is drawn: it takes longer than most commands
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        while not finished.wait(REFRESH):
            bar.update(task, completed=counter.done, total=counter.total or None)
