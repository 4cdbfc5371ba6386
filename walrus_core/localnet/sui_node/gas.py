"""What transactions cost: Sui's prices, without its meter inside of Move.

Computation is counted in units by what a transaction consists of, rounded up to one of Sui's
buckets, and paid at the transaction's price. Storage is paid by the byte of each object written;
when an object is rewritten or deleted, 99 % of what was paid for it comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from walrus_core.localnet.sui_node.transaction_data import Command, MoveCall
from walrus_core.localnet.sui_node.values import Change, GasUsed

__all__ = [
    "MAX_BUDGET",
    "REFERENCE_PRICE",
    "computation_cost",
    "least_budget",
    "storage_cost",
    "storage_gas",
]

REFERENCE_PRICE = 1000
MAX_PRICE = 99_999
MAX_BUDGET = 50_000_000_000
_MIST_PER_BYTE = 100 * 76
_OVERHEAD_BYTES = 120
"""Of an object besides its contents: its type, owner, digest, version."""

_BUCKETS = (1_000, 5_000, 10_000, 20_000, 50_000, 200_000, 1_000_000, 5_000_000)
_UNITS_PER_BYTE, _UNITS_PER_COMMAND = 0.1, 30
_UNITS_OF_CERTIFICATE = 300
_REBATE_PERCENT = 99


def computation_cost(size: int, commands: Sequence[Command], price: int) -> int:
    """In MIST, for a transaction of `size` bytes."""
    units = int(size * _UNITS_PER_BYTE) + sum(map(_units, commands))
    return next((bucket for bucket in _BUCKETS if units <= bucket), _BUCKETS[-1]) * price


def _units(command: Command) -> int:
    if isinstance(command, MoveCall) and command.function.startswith("certify"):
        return _UNITS_OF_CERTIFICATE
    return _UNITS_PER_COMMAND


def least_budget(price: int) -> int:
    """No transaction costs less."""
    return _BUCKETS[0] * price


def storage_cost(contents: bytes) -> int:
    """In MIST, of an object with these contents."""
    return (len(contents) + _OVERHEAD_BYTES) * _MIST_PER_BYTE


def storage_gas(computation: int, changes: Iterable[Change]) -> GasUsed:
    """All that is paid, with what the changed objects need and what comes back for them."""
    paid = refunded = 0
    for change in changes:
        if change.after is not None:
            paid += change.after.storage_rebate
        if change.before is not None:
            refunded += change.before.storage_rebate
    rebate = refunded * _REBATE_PERCENT // 100
    return GasUsed(computation, paid, rebate, refunded - rebate)
