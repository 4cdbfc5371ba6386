"""Many blobs at once: one thread for each, so that small ones keep all cores busy."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from walrus_core import kernel
from walrus_core.codec.config import DEFAULT_SHARDS
from walrus_core.codec.encoder import EncodedBlob, compute_metadata, encode
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.threads import thread_count

if TYPE_CHECKING:
    from walrus_core.codec.sources import BlobSource

T = TypeVar("T")


def encode_many(
    blobs: Iterable[BlobSource],
    n_shards: int = DEFAULT_SHARDS,
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
) -> Iterator[EncodedBlob]:
    """Encode many small blobs: for each of them, in order, what `encode` gives.

    Each is encoded by one thread, `threads` of them at a time, and as many more wait for the caller
    to take them: that bounds memory, and how far `blobs` is read ahead. An error is raised in its
    blob's turn and ends the iteration; whatever ends it triggers `cancel`.
    """
    cancel = cancel or kernel.CancelToken()
    one = partial(encode, n_shards=n_shards, threads=1, cancel=cancel)
    return _in_order(one, blobs, thread_count(threads), cancel)


def compute_metadata_many(
    blobs: Iterable[BlobSource],
    n_shards: int = DEFAULT_SHARDS,
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
) -> Iterator[VerifiedMetadata]:
    """For each of many small blobs, in order, what `compute_metadata` gives; see `encode_many`."""
    cancel = cancel or kernel.CancelToken()
    one = partial(compute_metadata, n_shards=n_shards, threads=1, cancel=cancel)
    return _in_order(one, blobs, thread_count(threads), cancel)


def _in_order(
    one: Callable[[BlobSource], T],
    blobs: Iterable[BlobSource],
    threads: int,
    cancel: kernel.CancelToken,
) -> Iterator[T]:
    """`map` in threads, at most twice as many blobs ahead."""
    remaining = iter(blobs)
    with ThreadPoolExecutor(threads, "walrus-core-batch") as executor:
        running: deque[Future[T]] = deque()
        try:
            running.extend(executor.submit(one, blob) for blob in islice(remaining, 2 * threads))
            while running:
                yield running.popleft().result()
                running.extend(executor.submit(one, blob) for blob in islice(remaining, 1))
        except BaseException:  # also when the caller takes no more
            cancel.cancel()
            executor.shutdown(wait=False, cancel_futures=True)
            raise
