"""WAL staked with storage nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walrus_core.services.ports import Receipt, Stake
from walrus_core.sui import money_transactions, move
from walrus_core.sui.addresses import address_text
from walrus_core.sui.contract import View, contents_of, object_reference
from walrus_core.sui.draft import Draft

if TYPE_CHECKING:
    from walrus_core.sui.chain import SuiChain

__all__ = ["Stakes"]


class Stakes:
    """The stakes of a chain's wallet."""

    def __init__(self, chain: SuiChain) -> None:
        self._chain = chain

    async def list(self) -> list[Stake]:
        contract = (await self._chain.reader.view()).contract
        kind = f"{address_text(contract.original)}::staked_wal::StakedWal"
        found = await self._chain.connection.owned(self._chain.address, kind)
        return [move.read_staked_wal(contents_of(item)) for item in found]

    async def stake(self, node_id: bytes, amount: int) -> Receipt:
        """Stake `amount` FROST, 1 WAL at least, with a node."""

        async def plan(view: View) -> Draft:
            coins = await self._chain.wal(view, amount)
            owner = self._chain.address
            return money_transactions.stake(view.contract, node_id, amount, coins, owner)

        return await self._chain.execution.run(plan)

    async def request_withdrawal(self, object_id: bytes) -> Receipt:
        """Ask for a stake back; it can be withdrawn when its epoch has come."""

        async def plan(view: View) -> Draft:
            [item] = await self._chain.connection.objects([object_id])
            return money_transactions.request_withdrawal(view.contract, object_reference(item))

        return await self._chain.execution.run(plan)

    async def withdraw(self, object_id: bytes) -> Receipt:
        """Take a stake and what it earned back."""

        async def plan(view: View) -> Draft:
            [item] = await self._chain.connection.objects([object_id])
            reference, owner = object_reference(item), self._chain.address
            return money_transactions.withdraw(view.contract, reference, owner)

        return await self._chain.execution.run(plan)
