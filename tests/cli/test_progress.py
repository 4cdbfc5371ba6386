"""The progress bar: on terminals, for long work, and never on standard output."""

import contextlib
import io
import os
import pty
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from walrus_core.cli.progress import PATIENCE, REFRESH, Counter, progress_bar
from walrus_core.cli.store_progress import store_bars
from walrus_core.protocol.committee import Member
from walrus_core.protocol.keys import KeyPair
from walrus_core.services.uploader.outcome import NodeState, Phase, StoreProgress
from walrus_core.types import ShardIndex


def drawn_while(seconds: float, counter: Counter) -> bytes:
    """What `progress_bar` draws on a terminal while its body takes so long."""
    return drawn_by(lambda: progress_bar("juggling", counter), seconds)


def drawn_by(bars: Callable[[], AbstractContextManager[None]], seconds: float) -> bytes:
    """What is drawn on a terminal while the body takes so long."""
    screen, terminal = pty.openpty()
    drawn = io.BytesIO()

    def watch() -> None:
        with contextlib.suppress(OSError):  # how a pty says that the other end is closed
            while True:
                drawn.write(os.read(screen, 4096))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with (
        os.fdopen(terminal, "w") as stderr,
        contextlib.redirect_stderr(stderr),
        bars(),
    ):
        time.sleep(seconds)
    watcher.join()
    os.close(screen)
    return drawn.getvalue()


def test_long_work_is_drawn() -> None:
    counter = Counter(4)
    counter.done = 3
    drawn = drawn_while(PATIENCE + 10 * REFRESH, counter)
    assert b"juggling" in drawn
    assert b"75%" in drawn


def test_quick_work_is_not() -> None:
    assert drawn_while(0, Counter(1)) == b""


def test_work_of_unknown_length_is_drawn_too() -> None:
    assert b"juggling" in drawn_while(PATIENCE + 10 * REFRESH, Counter(0))


def test_nothing_is_drawn_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("juggling", Counter(1)):
        time.sleep(PATIENCE + 2 * REFRESH)
    assert capsys.readouterr() == ("", "")


def test_errors_pass_through_the_bar() -> None:
    with pytest.raises(KeyboardInterrupt), progress_bar("juggling", Counter(1)):
        raise KeyboardInterrupt


@dataclass
class Part:
    """A node's part of an upload."""

    member: Member
    state: NodeState
    sent: int


def part(number: int, state: NodeState, sent: int) -> Part:
    key, shard = KeyPair.generate().public_key, ShardIndex(number)
    return Part(Member(bytes([number]) * 32, key, f"node{number}:9185", (shard,)), state, sent)


@pytest.mark.parametrize(("n_nodes", "bars"), [(3, 3), (40, 0)])
def test_a_store_is_drawn_with_its_nodes(
    n_nodes: int, bars: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    progress = StoreProgress(Phase.UPLOADING, to_send=n_nodes * 1000, sent=700, needed=30)
    progress.confirmed = 7
    progress.nodes = [part(number, NodeState.SENDING, 500) for number in range(n_nodes)]
    drawn = drawn_by(lambda: store_bars("photo.jpg", progress), PATIENCE + 5 * REFRESH)
    assert b"photo.jpg: uploading" in drawn
    assert b"7 shards, 30 are enough" in drawn
    for number in range(n_nodes):
        assert (b"node%d:9185: sending" % number in drawn) == (number < bars)


def test_a_store_is_not_drawn_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with store_bars("photo.jpg", StoreProgress()):
        time.sleep(PATIENCE + 2 * REFRESH)
    assert capsys.readouterr() == ("", "")
