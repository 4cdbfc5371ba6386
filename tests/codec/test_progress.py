"""How progress adds up over the calls of the kernel."""

import pytest

import walrus_core as wc


def test_it_starts_with_nothing() -> None:
    progress = wc.Progress()
    assert (progress.done, progress.total) == (0, 0)


def test_stages_add_up() -> None:
    progress = wc.Progress()
    progress.start(100)
    first = progress.stage(30)
    assert (progress.done, first.total) == (0, 0)
    progress.stage(50)
    assert progress.done == 30
    progress.advance(20)
    assert progress.done == 50


@pytest.mark.parametrize("call", [wc.encode, wc.compute_metadata])
def test_kernel_calls_are_counted(call: object) -> None:
    progress = wc.Progress()
    call(bytes(700), 10, progress=progress)
    assert progress.done == progress.total == 700
    call(bytes(10), 10, progress=progress)
    assert progress.done == progress.total == 10
