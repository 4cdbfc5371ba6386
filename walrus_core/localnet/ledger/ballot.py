"""A vote of the nodes, each with the weight of its shards (contract.md, section 20)."""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.localnet.ledger.auth import Authenticated
from walrus_core.localnet.ledger.containers import Vector
from walrus_core.localnet.ledger.integers import u16
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.staking_state import StakingState
from walrus_core.protocol.aborts import abort
from walrus_core.protocol.quorum import Threshold

__all__ = ["Ballot", "voter_weight"]


@dataclass(eq=False, slots=True)
class Ballot(Record):
    """Who voted in `epoch`, and what they weigh together. `version`: of the package voted on."""

    epoch: int
    version: int = 0
    weight: int = 0
    voters: Vector[bytes] = field(default_factory=Vector)

    def cast(self, voter: bytes, weight: int, module: str) -> None:
        """One vote per node, else `module` aborts."""
        if voter in list(self.voters):
            raise abort(module, "EDuplicateVote")
        self.voters.append(voter)
        self.weight = u16(self.weight + weight)

    def is_quorum(self, n_shards: int) -> bool:
        return Threshold.QUORUM.reached(self.weight, n_shards)


def voter_weight(
    staking: StakingState, authenticated: Authenticated, voter: bytes, module: str
) -> int:
    """The weight of a node that the caller may vote for, else `module` aborts."""
    if not authenticated.is_authorized(staking.pools[voter].governance_authorized):
        raise abort(module, "ENotAuthorized")
    if voter not in staking.committee:
        raise abort("staking_inner", "ENotInCommittee")
    return staking.committee.weight(voter)
