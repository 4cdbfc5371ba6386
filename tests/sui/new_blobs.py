"""Blobs to register: only their names and sizes matter to the chain."""

import random

from sui.founded_chain import N_SHARDS

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.metadata import derive_blob_id
from walrus_core.services.ports import NewBlob


def new_blob(
    source: random.Random,
    *,
    size: int | None = None,
    deletable: bool = True,
    attributes: dict[str, str] | None = None,
) -> NewBlob:
    """A blob whose blob ID belongs to its size and root hash."""
    size = source.randrange(1, 10**6) if size is None else size
    root_hash = source.randbytes(32)
    return NewBlob(
        blob_id=derive_blob_id(size, root_hash),
        root_hash=root_hash,
        size=size,
        encoded_size=EncodingConfig(N_SHARDS).encoded_size(size),
        deletable=deletable,
        attributes=attributes or {},
    )
