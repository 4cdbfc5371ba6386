"""Calls out of order, and what the versions of the contract do differently."""

import pytest
from localnet.ledger.network import EPOCH_MS, Network, refused

from walrus_core.errors import InvalidArgumentError, UnknownObjectError
from walrus_core.localnet.ledger import Ledger, LedgerConfig
from walrus_core.types import FROST_PER_WAL


def test_the_first_version_of_the_epoch_change_is_gone() -> None:
    with refused("staking", 2):
        Network.of([5]).ledger.staking.initiate_epoch_change()


def test_nobody_to_elect() -> None:
    network = Network.of([])
    with refused("staking_inner", 3):
        network.ledger.staking.voting_end()
    with refused("staking_inner", 6):
        network.ledger.staking.initiate_epoch_change_v2()


def test_too_soon_and_twice() -> None:
    network = Network.of([5])
    staking = network.ledger.staking
    network.next_epoch()
    with refused("staking_inner", 0):
        staking.voting_end()
    network.ledger.advance_clock(network.ledger.now_ms + EPOCH_MS // 2)
    staking.voting_end()
    with refused("staking_inner", 0):
        staking.voting_end()
    with refused("staking_inner", 0):
        staking.initiate_epoch_change_v2()


def test_an_epoch_waits_for_two_thirds_of_its_nodes() -> None:
    network = Network.of([60, 40])
    staking = network.ledger.staking
    network.select()
    staking.initiate_epoch_change_v2()
    network.ledger.advance_clock(network.ledger.now_ms + 10 * EPOCH_MS)
    with refused("staking_inner", 0):
        staking.voting_end()
    with refused("staking_inner", 1):
        staking.epoch_sync_done(network.caps[0], 0)
    staking.epoch_sync_done(network.caps[0], 1)
    with refused("staking_inner", 2):
        staking.epoch_sync_done(network.caps[0], 1)
    with refused("staking_inner", 0):
        staking.voting_end()  # 6 of 10 shards
    staking.epoch_sync_done(network.caps[1], 1)
    with refused("staking_inner", 0):
        staking.voting_end()  # half an epoch from now on
    network.next_epoch()


def test_a_stranger_reports_in_vain() -> None:
    network = Network.of([5, 0])
    network.next_epoch()
    with refused("staking_inner", 4):
        network.ledger.staking.epoch_sync_done(network.caps[1], 1)


def test_a_stake_counts_and_leaves_with_the_committees() -> None:
    network = Network.of([5])
    staking = network.ledger.staking
    early = network.stake(0, FROST_PER_WAL)
    assert staking.can_withdraw_staked_wal_early(early)
    network.select()
    assert not staking.can_withdraw_staked_wal_early(early), "the chosen committee counts on it"
    late = network.stake(0, FROST_PER_WAL)
    assert (early.activation_epoch, late.activation_epoch) == (1, 2)
    assert staking.withdraw_stake(late).value == FROST_PER_WAL
    with refused("staking_pool", 10):
        staking.withdraw_stake(early)
    staking.request_withdraw_stake(early)
    assert early.withdraw_epoch == 2
    network.change_epoch()
    network.next_epoch()
    assert staking.withdraw_stake(early).value == FROST_PER_WAL
    with pytest.raises(UnknownObjectError):
        staking.withdraw_stake(early)


def test_stake_with_nobody() -> None:
    network = Network.of([5])
    coin = network.coin(FROST_PER_WAL)
    with refused("dynamic_field", 1):
        network.ledger.staking.stake_with_pool(coin, bytes(32))
    assert network.ledger.objects[coin.id] is coin, "a refused call takes nothing"
    with refused("staking_inner", 8):
        network.ledger.staking.calculate_rewards(bytes(32), 1, 0, 1)


def test_the_committee_that_would_be_chosen_now() -> None:
    network = Network.of([5, 5])
    assert network.ledger.staking.compute_next_committee().n_shards == 10
    network.select()
    network.change_epoch()
    assert list(network.ledger.staking.committee()) == sorted(cap.node_id for cap in network.caps)
    assert len(network.ledger.staking.previous_committee()) == 0


def test_commissions_are_given_one_for_each_node() -> None:
    network = Network.of([5])
    with pytest.raises(InvalidArgumentError, match="1 node ids != 0 commissions"):
        network.ledger.staking.add_commission_to_pools([network.caps[0].node_id], [])


@pytest.mark.parametrize(("version", "nodes"), [(3, 111), (4, 150)])
def test_versions_allow_different_numbers_of_nodes(version: int, nodes: int) -> None:
    ledger = Ledger(LedgerConfig(n_shards=10, contract_version=version))
    assert ledger.state.staking.active_set.max_size == nodes


@pytest.mark.parametrize(("version", "rate"), [(3, 1000), (4, 2000)])
def test_a_commission_rate_whose_epoch_was_skipped(version: int, rate: int) -> None:
    network = Network.of([50, 50], contract_version=version)
    staking = network.ledger.staking
    network.next_epoch()
    staking.request_withdraw_stake(network.stakes[1])
    staking.set_next_commission(network.caps[1], 2000)  # for epoch 3
    network.next_epoch()  # node 1 leaves
    network.next_epoch()
    network.stake(1, 50 * FROST_PER_WAL)
    network.next_epoch()  # and is back in epoch 4
    assert network.pool(1).commission.rate == rate
