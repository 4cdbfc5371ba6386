"""The state of module `staking`, and what all its rules ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.localnet.ledger.active_set import ActiveSet
from walrus_core.localnet.ledger.apportionment import apportion
from walrus_core.localnet.ledger.committee import Committee
from walrus_core.localnet.ledger.containers import Table, VecMap
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.stake_lifecycle import Standing
from walrus_core.localnet.ledger.staking_pool import StakingPool
from walrus_core.localnet.ledger.votes import Vote, capacity_in_force, capacity_vote, price_in_force

__all__ = ["DONE", "SELECTED", "SYNC", "StakingState", "new_staking_state"]

SYNC = "sync"
"""(SYNC, weight): the nodes fetch their new shards; `weight` of them have reported so far."""

DONE = "done"
"""(DONE, time in ms): two thirds had their shards at that time."""

SELECTED = "selected"
"""(SELECTED, the same time): the next committee is chosen, the epoch not over yet."""


@dataclass(eq=False, slots=True)
class StakingState(Record):
    """Pools by node id, `version` of the contract. What is chosen for the next epoch is None until
    voting ends.
    """

    n_shards: int
    epoch_duration_ms: int
    first_epoch_start_ms: int
    version: int
    active_set: ActiveSet
    epoch_state: tuple[str, int]
    epoch: int = 0
    pools: Table[bytes, StakingPool] = field(default_factory=Table)
    previous_committee: Committee = field(default_factory=Committee)
    committee: Committee = field(default_factory=Committee)
    next_committee: Committee | None = None
    next_capacity: int | None = None
    next_public_keys: VecMap[bytes, bytes] = field(default_factory=VecMap)

    @property
    def selected(self) -> bool:
        return self.epoch_state[0] == SELECTED

    def standing(self, node: bytes) -> Standing:
        """Where a node stands in the present and the coming committee."""
        chosen = self.next_committee
        return Standing(
            epoch=self.epoch,
            selected=self.selected,
            current=node in self.committee,
            next=chosen is not None and node in chosen,
        )

    def refresh_active_set(self, pool: StakingPool) -> bool:
        """Compare a node by the stake that it will have when the next open committee starts.

        Says whether the node is in the active set now.
        """
        epoch = self.epoch + (2 if self.selected else 1)
        return self.active_set.insert_or_update(pool.id, pool.wal_balance_at_epoch(epoch))

    def compute_next_committee(self) -> Committee:
        """The committee that the active set elects as it is now."""
        nodes = list(self.active_set.nodes)
        shards = apportion(self.n_shards, [stake for _, stake in nodes])
        assignment = [(node, count) for (node, _), count in zip(nodes, shards, strict=True)]
        return self.committee.next([entry for entry in assignment if entry[1]])

    def voted_capacity(self, committee: Committee) -> int:
        """The capacity (bytes) that a committee is to offer, by its members' votes."""
        votes = []
        for node, weight in committee.weights():
            node_capacity = self.pools[node].voting_params.node_capacity
            votes.append((capacity_vote(node_capacity, weight, self.n_shards), weight))
        return capacity_in_force(votes, self.n_shards)

    def voted_prices(self) -> tuple[int, int]:
        """The storage and write price by the present votes of the present committee."""
        storage: list[Vote] = []
        write: list[Vote] = []
        for node, weight in self.committee.weights():
            votes = self.pools[node].voting_params
            storage.append((votes.storage_price, weight))
            write.append((votes.write_price, weight))
        return price_in_force(storage, self.n_shards), price_in_force(write, self.n_shards)


def new_staking_state(
    *,
    n_shards: int,
    version: int,
    max_nodes: int,
    epoch_duration_ms: int,
    epoch_zero_duration_ms: int,
    now_ms: int,
) -> StakingState:
    """Epoch 0: nobody staked, no committee."""
    return StakingState(
        n_shards=n_shards,
        epoch_duration_ms=epoch_duration_ms,
        first_epoch_start_ms=u64(now_ms + epoch_zero_duration_ms),
        version=version,
        active_set=ActiveSet(max_nodes),
        epoch_state=(DONE, now_ms),
    )
