"""Storage resources: space bought, with or without a blob to fill it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walrus_core.services.ports import Receipt, StorageResource
from walrus_core.sui import move, transactions
from walrus_core.sui.addresses import address_text
from walrus_core.sui.contract import View, contents_of, object_reference
from walrus_core.sui.draft import Draft

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
