"""Module `staking`: nodes and their pools, stakes, votes, and the turn of the epochs.

Each method is one public function of the contract, its arguments in the contract's order without
the shared objects, the clock and the transaction's context, which the ledger has.
"""

from __future__ import annotations

from collections.abc import Sequence

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger import epochs, stake_lifecycle
from walrus_core.localnet.ledger.auth import Authenticated, Authorized
from walrus_core.localnet.ledger.calls import U16, U32, U64, Face, Id, Taken, call
from walrus_core.localnet.ledger.candidates import check_possession, register_candidate
from walrus_core.localnet.ledger.committee import Committee
from walrus_core.localnet.ledger.node_info import NodeInfo, NodeMetadata, VotingParams
from walrus_core.localnet.ledger.objects import Coin, StakedWal, StorageNodeCap
from walrus_core.localnet.ledger.staking_pool import StakingPool
from walrus_core.localnet.ledger.staking_state import StakingState
from walrus_core.protocol.aborts import abort
from walrus_core.types import checked_bytes, checked_instance

__all__ = ["Staking"]


class Staking(Face):
    """Calls of the module `staking`. Money in FROST, commission rates in basis points."""

    def check_version(self) -> None:
        if self._state.version != self._ledger.config.contract_version:
            raise abort("staking", "EWrongVersion")

    @property
    def _state(self) -> StakingState:
        return self._ledger.state.staking

    def _pool_of(self, cap: StorageNodeCap) -> StakingPool:
        return self._state.pools[cap.node_id]

    def _coin(self, amount: int) -> Coin:
        return Coin(self._ledger.tx.fresh_id(), amount)

    # Nodes.

    @call
    def register_candidate(
        self,
        name: str,
        network_address: str,
        metadata: NodeMetadata,
        public_key: bytes,
        network_public_key: bytes,
        proof_of_possession: bytes,
        commission_rate: U16,
        storage_price: U64,
        write_price: U64,
        node_capacity: U64,
    ) -> StorageNodeCap:
        """Open a pool for a node; `node_capacity` and the prices are its votes.

        The proof is the key's signature over a `ProofOfPossession` of the present epoch and the
        sender.
        """
        self._check_possession(public_key, proof_of_possession)
        info = NodeInfo(name, network_address, public_key, network_public_key, metadata.copy())
        votes = VotingParams(storage_price, write_price, node_capacity)
        return register_candidate(self._state, info, votes, commission_rate, self._ledger.tx)

    def _check_possession(self, public_key: bytes, proof: bytes) -> None:
        verify = self._ledger.config.verify_signatures
        check_possession(public_key, proof, self._state.epoch, self._ledger.tx, verify=verify)

    @call
    def set_next_public_key(
        self, cap: StorageNodeCap, public_key: bytes, proof_of_possession: bytes
    ) -> None:
        """The key of the next committee that is chosen; the pool shows it at its next advance."""
        self._check_possession(public_key, proof_of_possession)
        self._pool_of(cap).node_info.next_epoch_public_key = public_key

    @call
    def set_name(self, cap: StorageNodeCap, name: str) -> None:
        self._pool_of(cap).node_info.set_name(name)

    @call
    def set_network_address(self, cap: StorageNodeCap, network_address: str) -> None:
        self._pool_of(cap).node_info.set_network_address(network_address)

    @call
    def set_network_public_key(self, cap: StorageNodeCap, network_public_key: bytes) -> None:
        self._pool_of(cap).node_info.set_network_public_key(network_public_key)

    @call
    def set_node_metadata(self, cap: StorageNodeCap, metadata: NodeMetadata) -> None:
        self._pool_of(cap).node_info.metadata = metadata.copy()

    @call
    def node_metadata(self, node_id: Id) -> NodeMetadata:
        return self._state.pools[node_id].node_info.metadata.copy()

    @call
    def set_governance_authorized(
        self, node_id: Id, authenticated: Authenticated, authorized: Authorized
    ) -> None:
        """The present holder names who votes on slashing and upgrades in the node's name."""
        self._state.pools[node_id].set_governance_authorized(authenticated, authorized)

    # Commission.

    @call
    def set_next_commission(self, cap: StorageNodeCap, commission_rate: U16) -> None:
        """Set at the change into the epoch after the next; what is earned in that epoch is the
        first that it counts for.
        """
        self._pool_of(cap).commission.set_next_rate(commission_rate, self._state.epoch)

    @call
    def set_commission_receiver(
        self, node_id: Id, authenticated: Authenticated, receiver: Authorized
    ) -> None:
        self._state.pools[node_id].commission.set_receiver(authenticated, receiver)

    @call
    def collect_commission(self, node_id: Id, authenticated: Authenticated) -> Coin:
        """All that is not blocked; a zero coin if there is nothing."""
        return self._coin(self._state.pools[node_id].commission.collect(authenticated))

    @call
    def add_commission_to_pools(
        self, node_ids: Sequence[bytes], commissions: Sequence[Coin]
    ) -> None:
        """Give each node a coin; blocked unless the next committee is chosen already."""
        if len(node_ids) != len(commissions):
            raise InvalidArgumentError(
                f"{len(node_ids)} node ids != {len(commissions)} commissions; give one for each"
            )
        for node_id, coin in zip(node_ids, commissions, strict=True):
            self._ledger.objects.take(checked_instance("commission", coin, Coin))
            commission = self._state.pools[checked_bytes("node id", node_id, 32)].commission
            commission.credit(coin.value, block=not self._state.selected)

    # Votes.

    @call
    def set_storage_price_vote(self, cap: StorageNodeCap, storage_price: U64) -> None:
        """FROST per unit and epoch; in force once someone calls `update_prices`."""
        self._pool_of(cap).voting_params.storage_price = storage_price

    @call
    def set_write_price_vote(self, cap: StorageNodeCap, write_price: U64) -> None:
        """FROST per unit; in force once someone calls `update_prices`."""
        self._pool_of(cap).voting_params.write_price = write_price

    @call
    def set_node_capacity_vote(self, cap: StorageNodeCap, node_capacity: U64) -> None:
        """Bytes that this node offers; counted when the next committee is chosen."""
        self._pool_of(cap).voting_params.node_capacity = node_capacity

    @call
    def update_prices(self) -> None:
        """Put the present votes of the present committee in force: anyone may."""
        epochs.update_prices(self._state, self._ledger.state.system, self._ledger.tx)

    # Stakes.

    @call
    def stake_with_pool(self, to_stake: Taken[Coin], node_id: Id) -> StakedWal:
        """Stake a coin, all of it, with a node."""
        pool = self._state.pools[node_id]
        standing, new_id = self._state.standing(node_id), self._ledger.tx.fresh_id()
        staked = stake_lifecycle.stake(pool, to_stake.value, standing, new_id)
        self._state.refresh_active_set(pool)
        return staked

    @call
    def request_withdraw_stake(self, staked_wal: StakedWal) -> None:
        """Let a stake leave its committee as soon as it may; it is then withdrawable."""
        pool = self._state.pools[staked_wal.node_id]
        stake_lifecycle.request_withdraw(pool, staked_wal, self._state.standing(pool.id))
        self._state.refresh_active_set(pool)

    @call
    def withdraw_stake(self, staked_wal: Taken[StakedWal]) -> Coin:
        """The principal with its rewards."""
        pool = self._state.pools[staked_wal.node_id]
        amount = stake_lifecycle.withdraw(pool, staked_wal, self._state.standing(pool.id))
        self._state.refresh_active_set(pool)
        return self._coin(amount)

    @call
    def can_withdraw_staked_wal_early(self, staked_wal: StakedWal) -> bool:
        """Whether a stake can be withdrawn without a request, as no committee counts on it."""
        standing = self._state.standing(staked_wal.node_id)
        return stake_lifecycle.can_withdraw_early(staked_wal, standing)

    @call
    def calculate_rewards(
        self, node_id: Id, staked_principal: U64, activation_epoch: U32, withdraw_epoch: U32
    ) -> int:
        """FROST that such a stake earned in activation_epoch <= epoch < withdraw_epoch."""
        pool = self._state.pools.get(node_id)
        if pool is None:
            raise abort("staking_inner", "EPoolNotFound")
        return pool.calculate_rewards(staked_principal, activation_epoch, withdraw_epoch)

    @call
    def try_join_active_set(self, cap: StorageNodeCap) -> None:
        """Enter the active set if the stake is enough now; nobody returns there by itself."""
        self._state.refresh_active_set(self._pool_of(cap))

    # Epochs.

    @call
    def voting_end(self) -> None:
        """Choose the next committee: anyone may, half an epoch after the present one began."""
        epochs.voting_end(self._state, self._ledger.tx)

    @call
    def initiate_epoch_change(self) -> None:
        raise abort("staking", "EDeprecatedFunction")

    @call
    def initiate_epoch_change_v2(self) -> None:
        """Start the next epoch: anyone may, when the present one is over."""
        state = self._ledger.state
        epochs.initiate_epoch_change(state.staking, state.system, state.treasury, self._ledger.tx)

    @call
    def epoch_sync_done(self, cap: StorageNodeCap, epoch: U32) -> None:
        """The node holds all its shards of the present epoch."""
        epochs.epoch_sync_done(self._state, cap, epoch, self._ledger.tx)

    @call
    def epoch(self) -> int:
        return self._state.epoch

    @call
    def committee(self) -> Committee:
        return self._state.committee

    @call
    def previous_committee(self) -> Committee:
        return self._state.previous_committee

    @call
    def compute_next_committee(self) -> Committee:
        """The committee that would be chosen now."""
        return self._state.compute_next_committee()
