"""The progress bar: on terminals, for long work, and never on standard output."""

import contextlib
import io
import os
import pty
import threading
import time

import pytest

from walrus_core.cli.progress import PATIENCE, REFRESH, Counter, progress_bar


def drawn_while(seconds: float, counter: Counter) -> bytes:
    """What `progress_bar` draws on a terminal while its body takes so long."""
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
        progress_bar("juggling", counter),
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
