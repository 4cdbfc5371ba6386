"""Storage resources: space bought, with or without a blob to fill it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walrus_core.errors import UnknownObjectError
from walrus_core.services.ports import Place, Receipt, StorageResource
from walrus_core.sui import move, transactions
from walrus_core.sui.addresses import address_text, parse_address
from walrus_core.sui.contract import View, contents_of, object_reference
from walrus_core.sui.draft import Draft, ObjectRef
from walrus_core.sui.transactions import Cuts

if TYPE_CHECKING:
    from walrus_core.sui.chain import SuiChain

__all__ = ["Storages"]


class Storages:
    """The storage that a chain's wallet owns."""

    def __init__(self, chain: SuiChain) -> None:
        self._chain = chain

    async def list(self) -> list[StorageResource]:
        contract = (await self._chain.reader.view()).contract
        kind = f"{address_text(contract.original)}::storage_resource::Storage"
        found = await self._chain.connection.owned(self._chain.address, kind)
        return [move.read_storage(contents_of(item)) for item in found]

    async def find(self, place: Place, size: int) -> tuple[ObjectRef, Cuts]:
        """The storage of a place, and what to cut off for a blob of this encoded size.

        UnknownObjectError if the wallet has no such storage, or not as large and long, any more.
        """
        [item] = await self._chain.connection.objects_if_any([place.storage_id])
        owner = item.owner.address if item and item.owner else None
        if item is None or owner is None or parse_address(owner) != self._chain.address:
            raise UnknownObjectError("Storage", place.storage_id)
        found = move.read_storage(contents_of(item))
        if found.size < size or found.end_epoch < place.end_epoch:
            lacking = f"Storage of {size:,} bytes until epoch {place.end_epoch}"
            raise UnknownObjectError(lacking, place.storage_id)
        is_longer, rest = found.end_epoch > place.end_epoch, found.size - size
        return object_reference(item), Cuts(
            place.end_epoch if is_longer else None, size if rest >= place.least_rest else None
        )

    async def reserve(self, size: int, epochs: int) -> Receipt:
        """Buy `size` encoded bytes for `epochs` epochs, this one included."""

        async def plan(view: View) -> Draft:
            cost = view.system.prices.storage_cost(size, epochs)
            coins = await self._chain.wal(view, cost)
            owner = self._chain.address
            return transactions.reserve(view.contract, size, epochs, cost, coins, owner)

        return await self._chain.execution.run(plan)

    async def split(self, object_id: bytes, *, by: str, value: int) -> Receipt:
        """Split by "epoch" or "size": the original keeps what is before `value`."""

        async def plan(view: View) -> Draft:
            [item] = await self._chain.connection.objects([object_id])
            reference, owner = object_reference(item), self._chain.address
            return transactions.split_storage(view.contract, reference, by, value, owner)

        return await self._chain.execution.run(plan)

    async def merge(self, first: bytes, second: bytes) -> Receipt:
        """Fuse the second into the first: same epochs, or the same size and adjacent epochs."""

        async def plan(view: View) -> Draft:
            items = await self._chain.connection.objects([first, second])
            return transactions.merge_storage(view.contract, *map(object_reference, items))

        return await self._chain.execution.run(plan)
