"""The WAL token: its supply, and coins as they are cut and joined (contract.md, section 20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from walrus_core.localnet.ledger.calls import U64, Face, Taken, call
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.objects import Coin
from walrus_core.protocol.aborts import abort
from walrus_core.types import FROST_PER_WAL

__all__ = ["Coins", "Treasury", "Wal", "genesis_coin"]

_MINTED = 5_000_000_000 * FROST_PER_WAL
"""Everything there will ever be."""

_GENESIS = bytes(31) + b"\x01"
"""The id of the coin that holds all WAL at first."""


@dataclass(slots=True, eq=False)
class Treasury(Record):
    """What is left of the WAL that was minted at publication, wherever it is."""

    total_supply: int = _MINTED

    def burn(self, amount: int) -> None:
        self.total_supply = u64(self.total_supply - amount)


def genesis_coin() -> Coin:
    """All the WAL there is, as publication leaves it to the publisher."""
    return Coin(_GENESIS, _MINTED)


class Wal(Face):
    """Module `wal`."""

    @property
    def genesis_coin(self) -> Coin:
        """The publisher's coin, from which all others are split."""
        return cast(Coin, self._ledger.objects[_GENESIS])

    @call
    def total_supply(self) -> int:
        """FROST in existence: what was minted, less what was burned."""
        return self._ledger.state.treasury.total_supply

    @call
    def burn(self, coin: Taken[Coin]) -> None:
        self._ledger.state.treasury.burn(coin.value)


class Coins(Face):
    """Module `coin` of the Sui framework, for WAL."""

    @call
    def split(self, coin: Coin, amount: U64) -> Coin:
        """A new coin of `amount` FROST, taken from `coin`."""
        if amount > coin.value:
            raise abort("balance", "ENotEnough")
        coin.value -= amount
        return Coin(self._ledger.tx.fresh_id(), amount)

    @call
    def join(self, coin: Coin, other: Taken[Coin]) -> None:
        """Add all of `other` to `coin`."""
        coin.value = u64(coin.value + other.value)

    @call
    def zero(self) -> Coin:
        return Coin(self._ledger.tx.fresh_id(), 0)

    @call
    def destroy_zero(self, coin: Taken[Coin]) -> None:
        if coin.value:
            raise abort("balance", "ENonZero")
