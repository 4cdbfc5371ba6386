"""What System and Staking keep in their dynamic fields, and the pools of the nodes, as BCS
(ts-client.md, section 4).
"""

from __future__ import annotations

import functools

from walrus_core.errors import InvalidEncodingError, MissingDependencyError
from walrus_core.localnet.ledger.bls_committee import BlsCommittee
from walrus_core.localnet.ledger.committee import Committee
from walrus_core.localnet.ledger.node_info import NodeInfo, VotingParams
from walrus_core.localnet.ledger.pending_values import PendingValues
from walrus_core.localnet.ledger.staking_pool import StakingPool
from walrus_core.localnet.ledger.staking_state import SELECTED, SYNC, StakingState
from walrus_core.localnet.ledger.system_state import SystemState
from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.layout import derived_id

__all__ = ["pools_table", "staking_inner", "staking_pool", "system_inner"]


def system_inner(system: bytes, state: SystemState) -> bytes:
    """SystemStateInnerV1 of the System with this id."""
    latest = state.certified_event_blob
    certified = None if latest is None else bcs.u256(latest[1]) + bcs.u64(latest[0])
    return b"".join(
        [
            _bls_committee(state.committee),
            bcs.u64(state.total_capacity),
            bcs.u64(state.used_capacity),
            bcs.u64(state.storage_price),
            bcs.u64(state.write_price),
            _ring(state),
            bcs.option(certified),
            bcs.vector(
                bcs.u256(blob_id) + bcs.u64(checkpoint) + bcs.u16(weight)
                for (blob_id, checkpoint), weight in state.event_blob_weights.items()
            ),
            derived_id(system, "deny_list_sizes"),
        ]
    )


def _ring(state: SystemState) -> bytes:
    """FutureAccountingRingBuffer, its first slot the present one."""
    slots = [
        bcs.u32(slot.epoch) + bcs.u64(slot.used_capacity) + bcs.u64(slot.rewards)
        for slot in state.ring.slots
    ]
    return bcs.u32(0) + bcs.u32(len(slots)) + bcs.vector(slots)


@functools.lru_cache(maxsize=8)
def _bls_committee(committee: BlsCommittee) -> bytes:
    """Committees never change, so they are written once each."""
    members = [
        _key(member.public_key) + bcs.u16(member.weight) + member.node_id
        for member in committee.members
    ]
    total = _total_key(tuple(member.public_key for member in committee.members))
    numbers = bcs.u16(committee.n_shards) + bcs.u32(committee.epoch)
    return bcs.vector(members) + numbers + bcs.byte_vector(total)


def _key(public_key: bytes) -> bytes:
    """The group element: x and y, as the contract keeps it."""
    return bcs.byte_vector(_uncompressed(public_key))


@functools.lru_cache(maxsize=4096)
def _uncompressed(public_key: bytes) -> bytes:
    """As it is where keys are not checked: then there may be no such point, and no library."""
    try:
        from walrus_core.protocol.keys import PublicKey

        return PublicKey(public_key).to_uncompressed()
    except (InvalidEncodingError, MissingDependencyError):
        return public_key


def _total_key(public_keys: tuple[bytes, ...]) -> bytes:
    """The sum of all members' keys; empty for a committee of none."""
    try:
        from walrus_core.protocol import curve

        points = [curve.public_key_point(key) for key in public_keys]
    except (InvalidEncodingError, MissingDependencyError):
        return b""
    return sum(points[1:], points[0]).to_xy_bytes_be() if points else b""


def pools_table(staking: bytes) -> bytes:
    """The id of the table of pools: their parent."""
    return derived_id(staking, "pools")


def staking_inner(staking: bytes, state: StakingState, prices: tuple[int, int]) -> bytes:
    """StakingInnerV1 of the Staking object with this id; `prices` are those now in force."""
    chosen = state.next_committee
    parameters = None
    if state.next_capacity is not None:
        parameters = b"".join(map(bcs.u64, (state.next_capacity, *prices)))
    return b"".join(
        [
            bcs.u16(state.n_shards),
            bcs.u64(state.epoch_duration_ms),
            bcs.u64(state.first_epoch_start_ms),
            pools_table(staking) + bcs.u64(len(state.pools)),
            bcs.u32(state.epoch),
            derived_id(staking, "active_set"),
            bcs.option(None if chosen is None else _committee(chosen)),
            _committee(state.committee),
            _committee(state.previous_committee),
            bcs.option(parameters),
            _epoch_state(*state.epoch_state),
            derived_id(staking, "next_epoch_public_keys"),
        ]
    )


def _epoch_state(state: str, value: int) -> bytes:
    if state == SYNC:
        return bcs.variant(0) + bcs.u16(value)
    return bcs.variant(2 if state == SELECTED else 1) + bcs.u64(value)


@functools.lru_cache(maxsize=8)
def _committee(committee: Committee) -> bytes:
    """Committees never change, so they are written once each."""
    return bcs.vector(
        node + bcs.vector(map(bcs.u16, shards)) for node, shards in committee.members.items()
    )


def staking_pool(pool: StakingPool) -> bytes:
    """A node's StakingPool, whose id is the node's; pools are always Active."""
    commission = pool.commission
    rates = derived_id(pool.id, "exchange_rates") + bcs.u64(len(pool.exchange_rates))
    return b"".join(
        [
            pool.id,
            bcs.variant(0),
            _votes(pool.voting_params),
            _node_info(pool.id, pool.node_info),
            bcs.u32(pool.activation_epoch),
            bcs.u32(pool.latest_epoch),
            bcs.u64(pool.wal_balance),
            bcs.u64(pool.num_shares),
            _pending(pool.pending_shares_withdraw),
            _pending(pool.pre_active_withdrawals),
            _pending(commission.pending_rate),
            bcs.u16(commission.rate),
            rates,
            _pending(pool.pending_stake),
            bcs.u64(pool.rewards_pool),
            bcs.u64(commission.balance),
            _authorized(*commission.receiver),
            _authorized(*pool.governance_authorized),
            derived_id(pool.id, "extra_fields") + bcs.u64(0),
        ]
    )


def _votes(votes: VotingParams) -> bytes:
    amounts = (votes.storage_price, votes.write_price, votes.node_capacity)
    return b"".join(map(bcs.u64, amounts))


def _node_info(node: bytes, info: NodeInfo) -> bytes:
    coming = info.next_epoch_public_key
    return b"".join(
        [
            bcs.text(info.name),
            node,
            bcs.text(info.network_address),
            _key(info.public_key),
            bcs.option(None if coming is None else _key(coming)),
            bcs.byte_vector(info.network_public_key),
            derived_id(node, "metadata"),
        ]
    )


def _pending(values: PendingValues) -> bytes:
    return bcs.vector(bcs.u32(epoch) + bcs.u64(amount) for epoch, amount in values.by_epoch.items())


def _authorized(kind: str, id_: bytes) -> bytes:
    return bcs.variant(0 if kind == "address" else 1) + id_
