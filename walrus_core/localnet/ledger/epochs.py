"""The life of an epoch (contract.md, section 11).

    Done(t)      half an epoch after t:     voting_end              chooses the next committee
    Selected(t)  a whole epoch after t:     initiate_epoch_change   pays, burns, starts the epoch
    Sync(w)      two thirds have reported:  epoch_sync_done         Done(now)

Epoch 0, without a committee, lasts until a fixed time instead. Anyone may make the first two calls.
"""

from __future__ import annotations

from walrus_core.localnet.ledger import system_state
from walrus_core.localnet.ledger.bls_committee import new_bls_committee
from walrus_core.localnet.ledger.events import (
    EpochChangeDone,
    EpochChangeStart,
    EpochParametersSelected,
    ShardsReceived,
)
from walrus_core.localnet.ledger.integers import u32, u64
from walrus_core.localnet.ledger.objects import StorageNodeCap
from walrus_core.localnet.ledger.staking_state import DONE, SELECTED, SYNC, StakingState
from walrus_core.localnet.ledger.system_state import SystemState
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.localnet.ledger.wal import Treasury
from walrus_core.protocol.aborts import abort
from walrus_core.protocol.quorum import Threshold

__all__ = ["epoch_sync_done", "initiate_epoch_change", "update_prices", "voting_end"]


def voting_end(staking: StakingState, tx: Transaction) -> None:
    """Choose the next committee and its capacity; open the commissions of the epoch before."""
    state, since_ms = staking.epoch_state
    if state != DONE or tx.now_ms < _earliest(staking, since_ms, staking.epoch_duration_ms // 2):
        raise abort("staking_inner", "EWrongEpochState")
    for node in staking.previous_committee:
        staking.pools[node].commission.unblock()
    if staking.next_committee is not None:
        raise abort("staking_inner", "ECommitteeSelected")
    chosen = staking.compute_next_committee()
    staking.next_committee = chosen
    staking.next_public_keys.clear()
    for node in chosen:
        staking.next_public_keys[node] = staking.pools[node].node_info.coming_public_key
    staking.next_capacity = staking.voted_capacity(chosen)
    staking.epoch_state = (SELECTED, since_ms)
    tx.emit(EpochParametersSelected(u32(staking.epoch + 1)))


def initiate_epoch_change(
    staking: StakingState, system: SystemState, treasury: Treasury, tx: Transaction
) -> None:
    """Burn, pay the members of the closing epoch, and start the next one."""
    treasury.burn(system_state.extract_burn(system))
    chosen, capacity = staking.next_committee, staking.next_capacity
    if chosen is None or capacity is None:
        raise abort("staking_inner", "ENextCommitteeIsEmpty")
    keys = staking.next_public_keys
    members = [(node, weight, keys[node]) for node, weight in chosen.weights()]
    committee = new_bls_committee(u32(staking.epoch + 1), members)
    rewards = system_state.advance_epoch(system, committee, capacity)
    state, since_ms = staking.epoch_state
    if state != SELECTED or tx.now_ms < _earliest(staking, since_ms, staking.epoch_duration_ms):
        raise abort("staking_inner", "EWrongEpochState")
    staking.epoch = u32(staking.epoch + 1)
    staking.previous_committee, staking.committee = staking.committee, chosen
    staking.next_committee = staking.next_capacity = None
    staking.epoch_state = (SYNC, 0)
    _advance_pools(staking, dict(rewards))
    tx.emit(EpochChangeStart(staking.epoch))
    update_prices(staking, system, tx)


def _advance_pools(staking: StakingState, rewards: dict[bytes, int]) -> None:
    """Those of the closing epoch's members, then those of the newcomers; no others."""
    newcomers = staking.previous_committee.difference(staking.committee).joined
    for node in [*staking.previous_committee, *newcomers]:
        pool = staking.pools[node]
        pool.advance_epoch(staking.epoch, rewards.get(node, 0), staking.version)
        staking.refresh_active_set(pool)


def epoch_sync_done(
    staking: StakingState, cap: StorageNodeCap, epoch: int, tx: Transaction
) -> None:
    """A node has all its shards; when two thirds have, the epoch has truly begun."""
    if epoch != staking.epoch:
        raise abort("staking_inner", "EInvalidSyncEpoch")
    if cap.last_epoch_sync_done >= staking.epoch:
        raise abort("staking_inner", "EDuplicateSyncDone")
    cap.last_epoch_sync_done = staking.epoch
    if cap.node_id not in staking.committee:
        raise abort("staking_inner", "ENotInCommittee")
    shards = staking.committee.shards(cap.node_id)
    state, weight = staking.epoch_state
    if state == SYNC:
        weight += len(shards)
        if Threshold.QUORUM.reached(weight, staking.n_shards):
            staking.epoch_state = (DONE, tx.now_ms)
            tx.emit(EpochChangeDone(staking.epoch))
        else:
            staking.epoch_state = (SYNC, weight)
    tx.emit(ShardsReceived(staking.epoch, shards))


def update_prices(staking: StakingState, system: SystemState, tx: Transaction) -> None:
    """Put the present committee's votes in force."""
    storage_price, write_price = staking.voted_prices()
    system_state.set_prices(system, storage_price, write_price, tx)


def _earliest(staking: StakingState, since_ms: int, wait_ms: int) -> int:
    """When something may happen that waits for `wait_ms`, or in epoch 0 for a fixed time."""
    if staking.epoch == 0:
        return staking.first_epoch_start_ms
    return u64(since_ms + wait_ms)
