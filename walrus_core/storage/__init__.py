"""Where slivers rest: the port `SliverStore`, and stores on disk and in memory.

`open_store` is in `walrus_core.storage.local`, which needs rocksdict (the extra `storage`).
"""

from walrus_core.storage.blob_record import BlobRecord, EventId, Registration
from walrus_core.storage.indexed import IndexedStore
from walrus_core.storage.memory import memory_store
from walrus_core.storage.start import StartReport
from walrus_core.storage.store import (
    Changes,
    Collected,
    Damage,
    ScrubStep,
    ShardUsage,
    SliverKey,
    SliverStore,
    Usage,
)

__all__ = [
    "BlobRecord",
    "Changes",
    "Collected",
    "Damage",
    "EventId",
    "IndexedStore",
    "Registration",
    "ScrubStep",
    "ShardUsage",
    "SliverKey",
    "SliverStore",
    "StartReport",
    "Usage",
    "memory_store",
]
