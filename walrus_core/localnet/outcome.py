"""The answers to what-if questions: what became of a scenario.

Money in FROST, sizes in bytes. Nodes go by their names.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CommitteeOutcome",
    "EpochOutcome",
    "Member",
    "NodeReward",
    "Outcome",
    "Purchase",
    "Refusal",
    "StakeOutcome",
]


@dataclass(frozen=True, slots=True)
class Member:
    """A node in a committee: its shards in stored order, and its active stake with all rewards."""

    name: str
    shards: tuple[int, ...]
    stake: int


@dataclass(frozen=True, slots=True)
class CommitteeOutcome:
    """Who holds which shards in an epoch; `moved` counts those that changed hands for it."""

    epoch: int
    members: tuple[Member, ...]
    moved: int
    joined: tuple[str, ...]
    left: tuple[str, ...]

    def shards_of(self, name: str) -> int:
        return next((len(member.shards) for member in self.members if member.name == name), 0)


@dataclass(frozen=True, slots=True)
class Purchase:
    """What was bought, and for how much. `size` is the unencoded one of each of `count` blobs;
    None when storage alone was bought.
    """

    where: str
    size: int | None
    encoded_size: int
    units: int
    epochs: int
    count: int
    storage_cost: int
    write_cost: int

    @property
    def cost(self) -> int:
        return self.storage_cost + self.write_cost


@dataclass(frozen=True, slots=True)
class NodeReward:
    """What a node was paid for an epoch, and how much of it the node itself keeps."""

    name: str
    total: int
    commission: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was refused, by the contract mostly; nothing of it happened."""

    epoch: int
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class StakeOutcome:
    """A stake, or a part of one: earned so far, or in all once it is `paid_out`."""

    node: str
    principal: int
    activation_epoch: int
    withdraw_epoch: int | None
    earned: int
    paid_out: bool

    def epochs_active(self, now: int) -> int:
        """For how many epochs it has earned."""
        end = now if self.withdraw_epoch is None else min(self.withdraw_epoch, now)
        return max(end - self.activation_epoch, 0)


@dataclass(frozen=True, slots=True)
class EpochOutcome:
    """One epoch from its start to its end.

    Prices and capacity are those after the epoch's votes; `used_capacity` is what was sold of the
    epoch by its end. `income` is what its storage and writes brought in, subsidies included; of it
    `burned` was burned, the `rewards` paid, and the rest left to the next epoch.
    """

    committee: CommitteeOutcome
    storage_price: int
    write_price: int
    total_capacity: int
    used_capacity: int
    purchases: tuple[Purchase, ...]
    income: int
    burned: int
    rewards: tuple[NodeReward, ...]

    @property
    def epoch(self) -> int:
        return self.committee.epoch

    def reward_of(self, name: str) -> NodeReward:
        return next((r for r in self.rewards if r.name == name), NodeReward(name, 0, 0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """All nodes in the scenario's order, all epochs that could be lived through, and the committee
    that follows the last of them.

    `stuck` says why an epoch never ended: nobody is staked any more, for one. Then its own outcome
    and all later ones are missing.
    """

    nodes: tuple[str, ...]
    epochs: tuple[EpochOutcome, ...]
    following: CommitteeOutcome
    stakes: tuple[StakeOutcome, ...]
    refusals: tuple[Refusal, ...]
    stuck: str | None = None

    @property
    def committees(self) -> tuple[CommitteeOutcome, ...]:
        return (*(epoch.committee for epoch in self.epochs), self.following)
