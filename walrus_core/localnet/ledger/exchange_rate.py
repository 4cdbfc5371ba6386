"""What a share of a staking pool is worth (contract.md, section 7)."""

from __future__ import annotations

from typing import NamedTuple

from walrus_core.localnet.ledger.integers import mul_div
from walrus_core.localnet.ledger.journal import stored
from walrus_core.protocol.aborts import abort

__all__ = ["FLAT", "ExchangeRate"]


@stored
class ExchangeRate(NamedTuple):
    """`wal` FROST for `shares` shares; (0, 0) is the flat rate, one for one.

    A share is never worth less than one FROST: `wal` >= `shares`.
    """

    wal: int
    shares: int

    @classmethod
    def of(cls, wal: int, shares: int) -> ExchangeRate:
        """The rate of a pool with this balance and this many shares; an empty one's is flat."""
        if shares > wal:
            raise abort("pool_exchange_rate", "EInvalidRate")
        return cls(wal, shares) if shares else FLAT

    def to_wal(self, shares: int) -> int:
        """FROST for `shares`, rounded down."""
        return mul_div(shares, self.wal, self.shares) if self.shares else shares

    def to_shares(self, wal: int) -> int:
        """Shares for `wal` FROST, rounded down."""
        return mul_div(wal, self.shares, self.wal) if self.shares else wal


FLAT = ExchangeRate(0, 0)
