"""What is fixed for the life of a ledger."""

from __future__ import annotations

from dataclasses import dataclass

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger.integers import U16_MAX, U32_MAX, U64_MAX
from walrus_core.types import checked_int

__all__ = ["LedgerConfig"]

ACTIVE_SET_SIZES = {3: 111, 4: 150}
"""Contract version -> how many nodes may be elected (contract.md, section 22)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerConfig:
    """What is fixed when the contract is published and initialized.

    `active_set_size` is the version's own unless given; `start_ms` is the time of creation.
    `verify_signatures=False` skips the pairings alone, for simulations; bitmaps, weights and
    headers of certificates are checked all the same.
    """

    n_shards: int
    epoch_duration_ms: int = 14 * 24 * 3_600_000
    epoch_zero_duration_ms: int = 0
    max_epochs_ahead: int = 53
    contract_version: int = 4
    active_set_size: int | None = None
    start_ms: int = 0
    verify_signatures: bool = True

    def __post_init__(self) -> None:
        checked_int("n_shards", self.n_shards, 1, U16_MAX)
        checked_int("epoch_duration_ms", self.epoch_duration_ms, 0, U64_MAX)
        checked_int("epoch_zero_duration_ms", self.epoch_zero_duration_ms, 0, U64_MAX)
        checked_int("max_epochs_ahead", self.max_epochs_ahead, 1, U32_MAX)
        checked_int("start_ms", self.start_ms, 0, U64_MAX)
        if self.contract_version not in ACTIVE_SET_SIZES:
            versions = " or ".join(map(str, ACTIVE_SET_SIZES))
            raise InvalidArgumentError(
                f"contract_version must be {versions}, not {self.contract_version!r}"
            )
        if self.active_set_size is not None:
            checked_int("active_set_size", self.active_set_size, 1, U16_MAX)

    @property
    def max_nodes(self) -> int:
        """The size of the active set."""
        if self.active_set_size is not None:
            return self.active_set_size
        return ACTIVE_SET_SIZES[self.contract_version]
