"""A look through the whole store for what some shards lack of certified blobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import islice

from walrus_core.services.node.means import Means
from walrus_core.services.node.recovery_sources import first_certified_epoch
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.storage.store import SliverStore
from walrus_core.types import BlobId, ShardIndex

__all__ = ["is_to_be_healed", "survey"]

PAGE = 64
"""Records that are looked at in one go."""


def is_to_be_healed(record: BlobRecord, epoch: int) -> bool:
    """Whether a blob lives and is certified: of others nobody promised that they can be had."""
    live = record.live(epoch)
    return live.is_kept and first_certified_epoch(live) is not None


async def survey(
    means: Means, shards: Sequence[ShardIndex], epoch: int
) -> AsyncIterator[tuple[BlobId, BlobRecord]]:
    """The blobs to be healed of which these shards lack something, by their IDs."""
    start: BlobId | None = None
    while True:
        found, start = await means.workers.run(_page, means.store, start, tuple(shards), epoch)
        for blob_id, record in found:
            yield blob_id, record
        if start is None:
            return


def _page(
    store: SliverStore, start: BlobId | None, shards: Sequence[ShardIndex], epoch: int
) -> tuple[list[tuple[BlobId, BlobRecord]], BlobId | None]:
    """What is found among some records, and the record to go on with."""
    page = list(islice(store.records(start), PAGE + 1))
    found = [
        (blob_id, record)
        for blob_id, record in page[:PAGE]
        if is_to_be_healed(record, epoch) and store.lacking(blob_id, shards)
    ]
    return found, page[PAGE][0] if len(page) > PAGE else None
