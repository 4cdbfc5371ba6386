"""How much of a committee is enough.

A committee's weight is its shards, not its nodes: a member weighs as many as it holds (spec,
chapter 4; contract, section 3).
"""

from __future__ import annotations

import enum

from walrus_core.errors import InvalidArgumentError

__all__ = ["Threshold"]


class Threshold(enum.StrEnum):
    """How many of n shards must stand behind a statement, when fewer than a third may lie.

    Where a Threshold is asked for, a plain string does.
    """

    QUORUM = "quorum"
    """3 * weight >= 2n + 1: enough to certify a blob; most honest shards then hold its slivers."""

    VALIDITY = "validity"
    """3 * weight >= n + 1: at least one signer is honest, enough for what anyone could prove."""

    def least(self, n_shards: int) -> int:
        """The least weight that is enough: 667 and 334 of 1000 shards."""
        thirds = 2 * n_shards + 1 if self is Threshold.QUORUM else n_shards + 1
        return -(-thirds // 3)

    def reached(self, weight: int, n_shards: int) -> bool:
        return weight >= self.least(n_shards)

    @classmethod
    def _missing_(cls, value: object) -> Threshold:
        raise InvalidArgumentError(f"threshold must be 'quorum' or 'validity', not {value!r}")
