"""A small network to play with: nodes, stakes and epochs on a ledger."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from walrus_core.localnet.ledger import Abort, Ledger, LedgerConfig
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import Coin, SharedBlob, StakedWal, StorageNodeCap
from walrus_core.localnet.ledger.staking_pool import StakingPool
from walrus_core.types import FROST_PER_WAL

EPOCH_MS = 1000


def register(
    ledger: Ledger,
    *,
    name: str = "node",
    network_address: str = "node:9185",
    public_key: bytes = bytes(48),
    network_public_key: bytes = bytes(33),
    proof_of_possession: bytes = b"",
    commission_rate: int = 1000,
    storage_price: int = 5,
    write_price: int = 1,
    node_capacity: int = 10**12,
) -> StorageNodeCap:
    """A candidate that is right unless something is said otherwise."""
    return ledger.staking.register_candidate(
        name,
        network_address,
        NodeMetadata(),
        public_key,
        network_public_key,
        proof_of_possession,
        commission_rate,
        storage_price,
        write_price,
        node_capacity,
    )


@dataclass
class Network:
    """A ledger without signatures, its nodes' caps, and all stakes in the order of their making."""

    ledger: Ledger
    caps: list[StorageNodeCap] = field(default_factory=list)
    stakes: list[StakedWal] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        stakes: Iterable[int],
        *,
        n_shards: int = 10,
        contract_version: int = 4,
        commission_rate: int = 1000,
    ) -> "Network":
        """One node for each stake (WAL), in epoch 0; a stake of 0 is none."""
        config = LedgerConfig(
            n_shards=n_shards,
            epoch_duration_ms=EPOCH_MS,
            contract_version=contract_version,
            verify_signatures=False,
        )
        network = cls(Ledger(config))
        for number, stake in enumerate(stakes):
            with network.ledger.transaction(sender=address(number)):
                cap = register(network.ledger, commission_rate=commission_rate)
            network.caps.append(cap)
            if stake:
                network.stake(number, stake * FROST_PER_WAL)
        return network

    def coin(self, amount: int) -> Coin:
        return self.ledger.coin.split(self.ledger.wal.genesis_coin, amount)

    def stake(self, node: int, amount: int) -> StakedWal:
        """`amount` in FROST."""
        node_id = self.caps[node].node_id
        staked = self.ledger.staking.stake_with_pool(self.coin(amount), node_id)
        self.stakes.append(staked)
        return staked

    def pool(self, node: int) -> StakingPool:
        return self.ledger.state.staking.pools[self.caps[node].node_id]

    def select(self) -> None:
        self.ledger.advance_clock(self.ledger.now_ms + EPOCH_MS)
        self.ledger.staking.voting_end()

    def change_epoch(self) -> None:
        """From the selection on: the change, and every member's report."""
        staking = self.ledger.staking
        staking.initiate_epoch_change_v2()
        for cap in self.caps:
            if cap.node_id in staking.committee():
                staking.epoch_sync_done(cap, staking.epoch())

    def next_epoch(self) -> None:
        self.select()
        self.change_epoch()


def address(number: int) -> bytes:
    """Of the operator of a node."""
    return b"operator" + number.to_bytes(24, "big")


def wal_in(ledger: Ledger) -> int:
    """Every FROST, wherever it is."""
    state = ledger.state
    total = state.subsidies.funds
    total += sum(slot.rewards for slot in state.system.ring.slots)
    for pool in state.staking.pools.values():
        total += pool.rewards_pool + pool.commission.balance
    for one in ledger.objects.values():
        if isinstance(one, Coin):
            total += one.value
        elif isinstance(one, SharedBlob):
            total += one.funds
        elif isinstance(one, StakedWal):
            total += one.principal
    return total


@contextlib.contextmanager
def refused(module: str, code: int) -> Iterator[None]:
    """The block must abort with exactly this."""
    with pytest.raises(Abort) as caught:
        yield
    assert (caught.value.module, caught.value.code) == (module, code)
