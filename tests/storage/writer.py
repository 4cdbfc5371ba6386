"""A process that stores until it is killed: says on stdout what the store has acknowledged.

`python -m storage.writer STORE FIRST` registers one blob after the other, from number FIRST on,
stores its metadata, a small and a large pair, and moves the cursor with each.
"""

import sys

from storage.material import LARGE, SMALL, key, metadata, registration, shard, sliver

from walrus_core.storage import BlobRecord, Changes
from walrus_core.storage.local import open_store
from walrus_core.types import Axis


def main(path: str, first: int) -> None:
    """Store for ever."""
    store = open_store(path, reserve=0)
    number = first
    while True:
        blob = metadata(number)
        record = BlobRecord((registration(),))
        store.commit(Changes({blob.blob_id: record}, cursor=b"%d" % number))
        print("record", number, flush=True)
        store.put_metadata(blob)
        print("metadata", number, flush=True)
        for place, size in enumerate([SMALL, LARGE]):
            store.put_slivers((shard(place), sliver(number, axis, size)) for axis in Axis)
            print("slivers", number, place, flush=True)
        if number % 3 == 0:
            store.delete_slivers([key(1, number)])
            print("deleted", number, flush=True)
        number += 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
