"""The bars of a `store`, on stderr, where stderr is a terminal."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from walrus_core.cli.progress import REFRESH, drawn
from walrus_core.services.uploader.outcome import Phase

if TYPE_CHECKING:
    from rich.progress import Progress as Bars, TaskID

    from walrus_core.services.uploader.outcome import StoreProgress

MOST_NODES = 12
"""Nodes that get a bar each; more are shown as one."""

DOING = {
    Phase.ENCODING: "encoding",
    Phase.REGISTERING: "paying",
    Phase.UPLOADING: "uploading",
    Phase.CERTIFYING: "certifying",
    Phase.DONE: "done",
}


def store_bars(label: str, progress: StoreProgress) -> AbstractContextManager[None]:
    """Draw `progress` from a thread of its own while the body runs; gone afterwards."""
    return drawn(lambda finished: _draw(label, progress, finished))


def _draw(label: str, progress: StoreProgress, finished: threading.Event) -> None:
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
    """The bars that are shown: encoding, each node's part or all in one, and confirmations."""

    def __init__(self, bars: Bars, label: str) -> None:
        self._bars = bars
        self._label = label
        self._encode = bars.add_task("encode", total=None, told=label)
        self._nodes: list[TaskID] = []
        self._upload = bars.add_task("upload", total=None, told="", visible=False)
        self._confirm = bars.add_task("confirm", total=None, told="", visible=False)

    def update(self, progress: StoreProgress) -> None:
        encoding, update = progress.encoding, self._bars.update
        told = f"{self._label}: {DOING[progress.phase]}"
        update(self._encode, completed=encoding.done, total=encoding.total or None, told=told)
        few = 0 < len(progress.nodes) <= MOST_NODES
        if few:
            self._update_nodes(progress)
        sent, to_send = progress.sent, progress.to_send
        seen = bool(to_send) and not few
        update(self._upload, completed=sent, total=to_send or None, visible=seen)
        update(
            self._confirm,
            completed=min(progress.confirmed, progress.needed),
            total=progress.needed or None,
            visible=bool(progress.needed),
            told=f"{progress.confirmed} shards, {progress.needed} are enough",
        )

    def _update_nodes(self, progress: StoreProgress) -> None:
        """A bar for each node, whose part is as large as its share of the shards."""
        n_shards = sum(node.member.weight for node in progress.nodes)
        while len(self._nodes) < len(progress.nodes):
            self._nodes.append(self._bars.add_task("upload", total=None, told=""))
        for task, node in zip(self._nodes, progress.nodes, strict=False):
            part = progress.to_send * node.member.weight // n_shards
            told = f"{node.member.network_address}: {node.state}"
            self._bars.update(task, completed=node.sent, total=part, told=told)
