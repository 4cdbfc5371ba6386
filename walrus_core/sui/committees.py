"""The present epoch, from the structs that the contract keeps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from walrus_core.services.ports import ChainState, Committees
from walrus_core.sui.move import Node, Seat, StakingInner, SystemInner
from walrus_core.types import Epoch, ShardIndex

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Committee

__all__ = ["committees_of", "member_ids", "state_of"]


def state_of(system: SystemInner, staking: StakingInner) -> ChainState:
    return ChainState(
        epoch=system.epoch,
        phase=staking.phase,
        epoch_duration=staking.epoch_duration_ms / 1000,
        n_shards=staking.n_shards,  # System's committee has none before the first epoch
        n_members=system.n_members,
        prices=system.prices,
        total_capacity=system.total_capacity,
        used_capacity=system.used_capacity,
        max_epochs_ahead=system.max_epochs_ahead,
    )


def member_ids(staking: StakingInner) -> list[bytes]:
    """The nodes of the present committee, then those that were only in the one before."""
    seats = [*staking.committee, *staking.previous_committee]
    return list(dict.fromkeys(node_id for node_id, _ in seats))


def committees_of(staking: StakingInner, nodes: Mapping[bytes, Node]) -> Committees:
    """The committees whose members are described by `nodes`, by node id.

    A node that has left may be gone for good, and with it who served before.
    """
    previous = None
    before = staking.previous_committee
    if before and all(node_id in nodes for node_id, _ in before):
        previous = _committee(Epoch(staking.epoch - 1), staking.n_shards, before, nodes)
    current = _committee(staking.epoch, staking.n_shards, staking.committee, nodes)
    return Committees(current, previous, staking.phase)


def _committee(
    epoch: Epoch, n_shards: int, seats: Sequence[Seat], nodes: Mapping[bytes, Node]
) -> Committee:
    from walrus_core.protocol.committee import Committee, Member  # they load the curve
    from walrus_core.protocol.keys import PublicKey

    members = [
        Member(
            node_id,
            PublicKey.from_uncompressed(nodes[node_id].public_key),
            nodes[node_id].network_address,
            tuple(map(ShardIndex, shards)),
            nodes[node_id].network_public_key,
        )
        for node_id, shards in seats
    ]
    return Committee(epoch, n_shards, tuple(members))
