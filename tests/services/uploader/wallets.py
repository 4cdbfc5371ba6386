"""What a wallet has before a store: storage, and registrations of the blob in question."""

import asyncio
from typing import Any

from services.uploader.town import Town, content

from walrus_core.codec.encoder import encode
from walrus_core.services.ports import NewBlob
from walrus_core.services.uploader import StoreOutcome, StoreTerms

LARGE = 400_000
"""Bytes of a blob on whose storage a small one, and one more, find room."""

WANTED = 4
"""Epochs that the blob in question is to be stored for."""


async def new_town() -> Town:
    town = Town()
    await town.open()
    return town


async def leave_storage(town: Town, size: int, epochs: int) -> None:
    """Have the wallet own storage as a blob of this size takes, with nothing on it."""
    outcome = await town.uploader().store(content(size, seed=9), epochs)
    assert outcome.object_id is not None
    await town.chain.delete(outcome.object_id)


async def register_only(town: Town, epochs: int) -> None:
    """Have the wallet own a registration that nobody certified."""
    await town.chain.register(new_blob(), epochs)
    await asyncio.sleep(5)  # nodes hear of it


def new_blob(seed: int = 0) -> NewBlob:
    metadata = encode(content(seed=seed), 10).metadata
    size = metadata.unencoded_length
    return NewBlob(metadata.blob_id, metadata.root_hash, size, metadata.config.encoded_size(size))


def costs(town: Town) -> tuple[int, int]:
    """Of the blob in question: an epoch's storage, and the write price."""
    prices, size = town.chain.prices(), new_blob().encoded_size
    return prices.storage_cost(size, 1), prices.write_cost(size)


async def store(town: Town, **terms: Any) -> StoreOutcome:
    return await town.uploader().store(content(), WANTED, StoreTerms(**terms))
