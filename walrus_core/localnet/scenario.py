"""What-if questions: a network as someone imagines it, and what shall happen in each epoch.

Money in FROST, sizes in bytes, commission rates in basis points. `where` names an event's place in
the document it came from, for those who want to know which one was refused.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Event",
    "NodePlan",
    "ReserveStorage",
    "Scenario",
    "Stake",
    "StoreBlobs",
    "Unstake",
    "Vote",
]


@dataclass(frozen=True, slots=True)
class NodePlan:
    """A node from the beginning: its stake (0 for none), its votes, its commission."""

    name: str
    stake: int
    storage_price: int
    write_price: int
    capacity: int
    commission_rate: int = 0


@dataclass(frozen=True, slots=True)
class Stake:
    """Stake `amount` with a node."""

    where: str
    node: str
    amount: int


@dataclass(frozen=True, slots=True)
class Unstake:
    """Take `amount`, or all if None, of what is staked with a node: the oldest stakes first."""

    where: str
    node: str
    amount: int | None


@dataclass(frozen=True, slots=True)
class Vote:
    """A node's new votes; None leaves one as it is."""

    where: str
    node: str
    storage_price: int | None = None
    write_price: int | None = None
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class StoreBlobs:
    """`count` blobs of `size` unencoded bytes each, for this epoch and the `epochs - 1` after."""

    where: str
    size: int
    epochs: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class ReserveStorage:
    """`size` encoded bytes, for this epoch and the `epochs - 1` after it; nothing is written."""

    where: str
    size: int
    epochs: int


Event = Stake | Unstake | Vote | StoreBlobs | ReserveStorage


@dataclass(frozen=True, slots=True)
class Scenario:
    """Nodes with distinct names, and the events of epoch 1, epoch 2 and so on, in their order."""

    n_shards: int
    nodes: tuple[NodePlan, ...]
    epochs: tuple[tuple[Event, ...], ...]
    contract_version: int = 4
    max_epochs_ahead: int = 53
