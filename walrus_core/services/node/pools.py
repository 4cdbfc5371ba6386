"""Storage pools: the blobs of one pool live as long as the pool does (contract.md, section 16).

The store keeps, as notes, the end epoch of each pool and which objects are in it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from walrus_core.errors import InvalidEncodingError
from walrus_core.storage.store import Changes, SliverStore
from walrus_core.types import BlobId, Epoch

__all__ = ["blobs_in", "end_of_pool", "forget_ended", "member_name", "pool_name", "pool_note"]

PAGE = 1000
"""Notes forgotten in one step."""

_END = struct.Struct("<I")


def pool_name(pool_id: bytes) -> str:
    """The note that has the pool's end epoch."""
    return f"pool/{pool_id.hex()}"


def pool_note(end_epoch: int) -> bytes:
    return _END.pack(end_epoch)


def end_of_pool(note: bytes) -> Epoch:
    """The inverse of `pool_note`. InvalidEncodingError."""
    if len(note) != _END.size:
        raise InvalidEncodingError(f"a pool's note of {len(note)} bytes")
    return Epoch(_END.unpack(note)[0])


def member_name(pool_id: bytes, object_id: bytes) -> str:
    """The note that has the blob ID of an object in a pool."""
    return f"pooled/{pool_id.hex()}/{object_id.hex()}"


def blobs_in(store: SliverStore, pool_id: bytes) -> Iterator[tuple[bytes, BlobId]]:
    """The objects of a pool that the store knows, and their blobs."""
    for name, note in store.notes(f"pooled/{pool_id.hex()}/"):
        yield bytes.fromhex(name.rpartition("/")[2]), BlobId(note)


def forget_ended(store: SliverStore, epoch: int) -> None:
    """Forget the pools that have ended by `epoch`, and what was in them."""
    for name, note in store.notes("pool/"):
        if end_of_pool(note) > epoch:
            continue
        members: dict[str, bytes | None] = {}
        for member, _ in store.notes(f"pooled/{name.removeprefix('pool/')}/"):
            members[member] = None
            if len(members) == PAGE:
                store.commit(Changes(notes=members))
                members = {}
        store.commit(Changes(notes={**members, name: None}))
