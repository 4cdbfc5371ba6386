"""The wallet's money: balances, exchange of SUI and WAL, gifts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walrus_core.errors import InvalidArgumentError
from walrus_core.services.ports import Receipt
from walrus_core.sui import money_transactions
from walrus_core.sui.addresses import parse_address
from walrus_core.sui.contract import View, shared_reference
from walrus_core.sui.draft import Draft
from walrus_core.sui.transactions import SUI_TYPE

if TYPE_CHECKING:
    from walrus_core.sui.chain import SuiChain

__all__ = ["Balance", "Wallet"]


@dataclass(frozen=True, slots=True)
class Balance:
    """What an address has: `sui` in MIST, `wal` in FROST."""

    sui: int
    wal: int


class Wallet:
    """The money of a chain's key."""

    def __init__(self, chain: SuiChain) -> None:
        self._chain = chain

    async def balance(self, address: bytes | None = None) -> Balance:
        """Of an address, by default the wallet's."""
        owner = self._chain.address if address is None else address
        wal_type = (await self._chain.reader.view()).contract.wal_type
        ask = self._chain.connection.balance
        return Balance(*await asyncio.gather(ask(owner, SUI_TYPE), ask(owner, wal_type)))

    async def exchange(self, mist: int, exchange: bytes | None = None) -> Receipt:
        """Give MIST for WAL at an exchange, by default the network's first."""
        place = self._exchange(exchange)

        async def plan(view: View) -> Draft:  # noqa: ARG001 - the exchange has its own contract
            [item] = await self._chain.connection.objects([place])
            package = parse_address(str(item.object_type).partition("::")[0])
            owner = self._chain.address
            return money_transactions.exchange(package, shared_reference(item), mist, owner)

        return await self._chain.execution.run(plan)

    async def give(self, recipient: bytes, *, mist: int = 0, frost: int = 0) -> Receipt:
        """Send SUI and WAL to an address."""
        if mist <= 0 and frost <= 0:
            raise InvalidArgumentError("nothing to send: give some MIST or FROST")

        async def plan(view: View) -> Draft:
            coins = await self._chain.wal(view, frost)
            return money_transactions.give(recipient, mist, frost, coins, view.contract.wal_type)

        return await self._chain.execution.run(plan)

    def _exchange(self, exchange: bytes | None) -> bytes:
        if exchange is not None:
            return exchange
        if not self._chain.network.exchanges:
            raise InvalidArgumentError(
                f"there is no exchange on {self._chain.network.name}; get WAL on a market"
            )
        return self._chain.network.exchanges[0]
