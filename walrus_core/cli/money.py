"""Money on the command line, and the receipts of what was paid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from walrus_core.cli.output import Report, Values
from walrus_core.cli.quantities import count_text, wal_text

if TYPE_CHECKING:
    from walrus_core.services.ports import Receipt

UNITS_PER_COIN = 1_000_000_000

_AMOUNT = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,9})?)\s*(WAL|FROST|SUI|MIST)?", re.IGNORECASE)
_UNITS = {"WAL": "FROST", "SUI": "MIST"}


def wal_amount(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """The callback of options that take WAL: `1.5WAL`, or so many FROST, as FROST."""
    return None if text is None else _amount(text, "WAL")


def sui_amount(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """The callback of options that take SUI: `1.5SUI`, or so many MIST, as MIST."""
    return None if text is None else _amount(text, "SUI")


def _amount(text: str, coin: str) -> int:
    match = _AMOUNT.fullmatch(text.strip())
    unit = match[2].upper() if match and match[2] else _UNITS[coin]
    if match and unit in (coin, _UNITS[coin]):
        amount = Decimal(match[1]) * (UNITS_PER_COIN if unit == coin else 1)
        if amount == int(amount) and 0 < amount < 2**64:
            return int(amount)
    example = f"1.5{coin} or 1500000000{_UNITS[coin]}"
    raise click.BadParameter(f"{text!r} is not an amount, such as {example}")


def sui_text(mist: int) -> str:
    """`1.2345 SUI`, below 0.001 SUI in MIST."""
    if mist < UNITS_PER_COIN // 1000:
        return f"{mist:,} MIST"
    return wal_text(mist).replace("WAL", "SUI")


def receipt_values(receipt: Receipt) -> Values:
    """What a transaction did, for scripts."""
    created = [
        {"objectId": f"0x{object_id.hex()}", "type": struct}
        for object_id, struct in receipt.created.items()
    ]
    return {
        "transaction": receipt.transaction,
        "dryRun": receipt.dry_run,
        "gasMist": receipt.gas,
        "walFrost": receipt.wal,
        "suiMist": receipt.sui,
        "created": created,
    }


def receipt_report(
    headline: str,
    receipt: Receipt,
    values: Values | None = None,
    facts: Mapping[str, str] | None = None,
) -> Report:
    """The report on a transaction: what it did, then what it took."""
    told = dict(facts or {})
    for object_id, struct in receipt.created.items():
        told[f"new {struct}"] = f"0x{object_id.hex()}"
    if receipt.wal:
        told["received" if receipt.wal > 0 else "paid"] = wal_text(abs(receipt.wal))
    told["gas"] = gas_text(receipt.gas)
    if receipt.transaction:
        told["transaction"] = receipt.transaction
    if receipt.dry_run:
        headline = f"{headline} (dry run: nothing was sent)"
    return Report((values or {}) | receipt_values(receipt), headline=headline, facts=told)


def epochs_text(epochs: int) -> str:
    return count_text(epochs, "epoch")


def gas_text(mist: int) -> str:
    """Storage that is freed pays back more than some transactions cost."""
    return f"{-mist:,} MIST back" if mist < 0 else f"{mist:,} MIST"
