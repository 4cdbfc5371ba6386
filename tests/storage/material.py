"""Blobs, slivers and records to store, each made from a number."""

import random
from collections.abc import Iterable

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.storage import BlobRecord, Changes, Registration, SliverKey, SliverStore
from walrus_core.types import Axis, BlobId, Epoch, ShardIndex, SliverIndex

N_SHARDS = 7
SYMBOL_SIZE = 2048
SMALL, LARGE = SYMBOL_SIZE, 48 * SYMBOL_SIZE
"""Bytes of a sliver that rests in the index, and of one that gets a file of two blocks."""


def metadata(number: int) -> VerifiedMetadata:
    """True metadata, of hashes that hash nothing."""
    return VerifiedMetadata.of(1000, random.Random(number).randbytes(64 * N_SHARDS))


def blob_id(number: int) -> BlobId:
    return metadata(number).blob_id


def sliver(number: int, axis: Axis = Axis.PRIMARY, size: int = SMALL) -> VerifiedSliver:
    """A sliver of blob `number`; always the same for the same arguments."""
    data = random.Random(f"{number} {axis} {size}").randbytes(size)
    return VerifiedSliver(axis, SliverIndex(number % N_SHARDS), SYMBOL_SIZE, data, blob_id(number))


def key(shard: int, number: int, axis: Axis = Axis.PRIMARY) -> SliverKey:
    return SliverKey(ShardIndex(shard), axis, blob_id(number))


def shard(number: int) -> ShardIndex:
    return ShardIndex(number)


def registration(end_epoch: int = 10, object_id: int = 1, deletable: bool = False) -> Registration:
    return Registration(object_id.to_bytes(32, "big"), Epoch(end_epoch), deletable)


def register(store: SliverStore, numbers: Iterable[int], end_epoch: int = 10) -> None:
    """Let the store know of these blobs."""
    record = BlobRecord((registration(end_epoch),))
    store.commit(Changes({blob_id(number): record for number in numbers}))


def fill(store: SliverStore, numbers: Iterable[int], shards: Iterable[int], size: int) -> None:
    """Register blobs and store their metadata and both slivers of each shard."""
    numbers, shards = list(numbers), list(shards)
    register(store, numbers)
    for number in numbers:
        store.put_metadata(metadata(number))
        store.put_slivers(
            (shard(each), sliver(number, axis, size)) for each in shards for axis in Axis
        )
