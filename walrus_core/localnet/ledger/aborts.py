"""The aborts of the contract, as the rules of the ledger raise them."""

from __future__ import annotations

from walrus_core.protocol.aborts import CODES, Abort, abort, arithmetic

__all__ = ["CODES", "Abort", "abort", "arithmetic"]
