"""An epoch change costs what the nodes are, not what the stakes are."""

import time

import pytest
from localnet.ledger.network import Network

from walrus_core.types import FROST_PER_WAL

NODES, SHARDS, STAKES = 150, 1000, 100_000


@pytest.mark.slow
def test_an_epoch_of_a_hundred_thousand_stakes_turns_within_a_second() -> None:
    network = Network.of([0] * NODES, n_shards=SHARDS)
    with network.ledger.transaction():
        for number in range(STAKES):
            network.stake(number % NODES, FROST_PER_WAL * (1 + number % 97))
    network.next_epoch()
    network.ledger.system.reserve_space(10**9, 50, network.coin(10**15))
    with network.ledger.transaction():
        for stake in network.stakes[::7]:
            network.ledger.staking.request_withdraw_stake(stake)
    start = time.perf_counter()
    network.next_epoch()
    assert time.perf_counter() - start < 1
    assert len(network.ledger.staking.committee()) == NODES
