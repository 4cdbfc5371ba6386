"""Burning the commission of a node that misbehaves, by a vote of the committee (contract.md,
section 20). Stakes and their rewards are never touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from walrus_core.localnet.ledger.auth import Authenticated
from walrus_core.localnet.ledger.ballot import Ballot, voter_weight
from walrus_core.localnet.ledger.calls import Face, Id, call
from walrus_core.localnet.ledger.containers import Table
from walrus_core.localnet.ledger.journal import Record
from walrus_core.protocol.aborts import abort
from walrus_core.types import checked_bytes

__all__ = ["Slashing", "SlashingManager"]


@dataclass(eq=False, slots=True)
class SlashingManager(Record):
    """At most one proposal per candidate, good for the epoch in which it was made."""

    proposals: Table[bytes, Ballot] = field(default_factory=Table)


class Slashing(Face):
    """Module `slashing`."""

    @call
    def vote_for_slashing(
        self, authenticated: Authenticated, voter_node_id: Id, candidate_node_id: Id
    ) -> None:
        """Vote in the name of a committee member; the first vote of an epoch proposes."""
        state = self._ledger.state
        weight = voter_weight(state.staking, authenticated, voter_node_id, "slashing")
        proposals = state.slashing.proposals
        ballot = proposals.get(candidate_node_id)
        if ballot is None or ballot.epoch != state.staking.epoch:
            proposals[candidate_node_id] = ballot = Ballot(state.staking.epoch)
        ballot.cast(voter_node_id, weight, "slashing")

    @call
    def execute_slashing(self, candidate_node_id: Id) -> None:
        """Burn the candidate's commission, blocked or not, once two thirds have voted for it."""
        state = self._ledger.state
        ballot = state.slashing.proposals.get(candidate_node_id)
        if ballot is None:
            raise abort("slashing", "ENoProposalForNode")
        if ballot.epoch != state.staking.epoch:
            raise abort("slashing", "EWrongEpoch")
        if not ballot.is_quorum(state.staking.n_shards):
            raise abort("slashing", "ENotEnoughVotes")
        state.slashing.proposals.remove(candidate_node_id)
        state.treasury.burn(state.staking.pools[candidate_node_id].commission.confiscate())

    @call
    def cleanup_slashing_proposals(self, candidates: Sequence[bytes]) -> None:
        """Forget proposals of earlier epochs; those of this one stay."""
        state = self._ledger.state
        for candidate in candidates:
            ballot = state.slashing.proposals.get(checked_bytes("candidate", candidate, 32))
            if ballot is not None and ballot.epoch != state.staking.epoch:
                state.slashing.proposals.remove(candidate)
