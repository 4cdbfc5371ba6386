"""Package walrus_subsidies."""

import pytest
from localnet.ledger.network import Network, refused


@pytest.fixture
def network() -> Network:
    """Epoch 2; two nodes with 6 and 4 of 10 shards in both committees, and 5000 FROST of funds."""
    network = Network.of([60, 40])
    network.next_epoch()
    network.next_epoch()
    network.ledger.walrus_subsidies.add_coin(network.coin(5000))
    return network


def test_nodes_get_a_base_and_so_much_per_shard_once_per_epoch(network: Network) -> None:
    subsidies = network.ledger.walrus_subsidies
    subsidies.set_base_subsidy(100)
    subsidies.set_subsidy_per_shard(10)
    subsidies.process_subsidies()
    subsidies.process_subsidies()
    balances = [network.pool(node).commission.balance for node in (0, 1)]
    assert balances == [160, 140]
    assert [network.pool(node).commission.blocked for node in (0, 1)] == balances
    network.select()
    assert network.pool(0).commission.blocked == 0
    network.change_epoch()
    subsidies.process_subsidies()
    assert network.pool(0).commission.balance == 320


def test_rewards_of_every_coming_epoch_are_topped_up_but_no_rewards_twice(
    network: Network,
) -> None:
    ledger = network.ledger
    ledger.walrus_subsidies.set_system_subsidy_rate(2500)
    ledger.system.reserve_space(1, 3, ledger.wal.genesis_coin)  # one unit at price 5: 5 an epoch
    ledger.system.reserve_space(2**20 * 80, 2, ledger.wal.genesis_coin)  # 400 an epoch
    ring = ledger.state.system.ring
    ledger.walrus_subsidies.process_subsidies()
    assert [slot.rewards for slot in ring.slots][:4] == [405 + 101, 405 + 101, 5 + 1, 0]
    network.next_epoch()
    before = [slot.rewards for slot in ring.slots][:2]
    new = before[0] - 506  # what the closed epoch left over is subsidized again
    ledger.walrus_subsidies.process_subsidies()
    assert [slot.rewards for slot in ring.slots][:2] == [before[0] + new // 4, 6]
    assert ledger.state.subsidies.funds == 5000 - 101 - 101 - 1 - new // 4


def test_too_little_money_changes_nothing(network: Network) -> None:
    ledger = network.ledger
    ledger.walrus_subsidies.set_base_subsidy(2501)
    before = ledger.digest()
    with refused("walrus_subsidies", 1):
        ledger.walrus_subsidies.process_subsidies()
    assert ledger.digest() == before


def test_nothing_happens_in_epoch_zero() -> None:
    network = Network.of([5])
    network.ledger.walrus_subsidies.set_base_subsidy(1)
    network.ledger.walrus_subsidies.process_subsidies()
    assert network.pool(0).commission.balance == 0
