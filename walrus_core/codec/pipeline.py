"""Work in windows: one is computed by the kernel while another is written by the caller."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from walrus_core import kernel
from walrus_core.codec.memory import allocate

if TYPE_CHECKING:
    from walrus_core.codec.memory import ByteArray

T = TypeVar("T")

N_WINDOWS = 2
"""In memory at once."""

LARGEST_WINDOW = 128 << 20
"""Bytes: two of them leave enough of the 512 MiB of memory that work in windows may take."""


def reading_thread() -> ThreadPoolExecutor:
    """A thread that waits for the disk."""
    return ThreadPoolExecutor(1, "walrus-core-reader")


def one_ahead(jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """The results of all jobs, in order; each is done while the consumer has the one before it.

    For reading: even where it is only asked for, a caller waits until most of it is there.
    """
    with reading_thread() as thread:
        running: deque[Future[T]] = deque()
        for job in jobs:
            running.append(thread.submit(job))
            if len(running) > 1:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


@contextmanager
def kernel_thread(cancel: kernel.CancelToken) -> Iterator[ThreadPoolExecutor]:
    """A thread that makes kernel calls, one after the other; an error in the body stops them."""
    with ThreadPoolExecutor(1, "walrus-core-kernel") as thread:
        try:
            yield thread
        except BaseException:
            cancel.cancel()
            thread.shutdown(wait=False, cancel_futures=True)
            raise


def in_turns(
    thread: ThreadPoolExecutor,
    jobs: Iterator[Callable[[ByteArray], T]],
    window_size: int,
    meanwhile: Iterator[object] | None = None,
) -> Iterator[T]:
    """The results of all jobs, in order, each job given `window_size` bytes to put its result in.

    They belong to the consumer until it asks for the next result. While there is none it is
    `meanwhile` that takes a step.
    """
    # No local names the future when it raises: the error would know this frame, the frame the
    # future, that the error, and the blob would stay mapped until somebody looks for garbage.
    running: deque[tuple[Future[T], ByteArray]] = deque()
    for job in islice(jobs, N_WINDOWS):
        memory = allocate(window_size)
        running.append((thread.submit(job, memory), memory))
    while running:
        while meanwhile and not running[0][0].done() and next(meanwhile, None):
            pass
        memory = running[0][1]
        yield running.popleft()[0].result()
        for job in islice(jobs, 1):
            running.append((thread.submit(job, memory), memory))
