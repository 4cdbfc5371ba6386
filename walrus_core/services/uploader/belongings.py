"""What the wallet owns that may serve a store: its blobs, and storage with no blob on it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from walrus_core.services.ports import BlobObject, Chain, StorageResource
    from walrus_core.types import BlobId, Epoch

__all__ = ["KEPT_SECONDS", "Belongings"]

KEPT_SECONDS = 10.0
"""That a list of blobs may serve for one of which nodes know nothing."""

NEVER = float("-inf")


class Belongings:
    """The things of one wallet, for all stores of one uploader.

    A wallet may have many blobs, so their list is kept. Other processes store and spend meanwhile:
    how old it may be is the caller's to say, who knows what nodes say of the blob.
    """

    def __init__(self) -> None:
        self._blobs: dict[BlobId, list[BlobObject]] = {}
        self._blobs_listed = NEVER
        self._taken: set[bytes] = set()
        self._listing = asyncio.Lock()

    async def blobs(self, chain: Chain, blob_id: BlobId, since: float) -> Sequence[BlobObject]:
        """The wallet's objects of one blob, as they were after this time."""
        async with self._listing:
            if self._blobs_listed <= since:
                begun, blobs = _now(), await chain.blobs()
                self._blobs, self._blobs_listed = {}, begun
                for blob in blobs:
                    self._blobs.setdefault(blob.blob_id, []).append(blob)
        return self._blobs.get(blob_id, ())

    async def take_storage(
        self, chain: Chain, size: int, epoch: Epoch, end_epoch: Epoch
    ) -> StorageResource | None:
        """The smallest storage that a blob of this encoded size can be put on now, until then.

        No other store gets it until it is given back.
        """
        serving = [
            storage
            for storage in await chain.storages()
            if storage.size >= size
            and storage.start_epoch <= epoch
            and storage.end_epoch >= end_epoch
            and storage.object_id not in self._taken
        ]
        if not serving:
            return None
        chosen = min(serving, key=lambda storage: (storage.size, storage.end_epoch))
        self._taken.add(chosen.object_id)
        return chosen

    def give_back(self, storage: StorageResource) -> None:
        """It was used, or is free again."""
        self._taken.discard(storage.object_id)


def _now() -> float:
    return asyncio.get_running_loop().time()
