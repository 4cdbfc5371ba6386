"""Slashing and upgrades: votes of the committee, each node with the weight of its shards."""

import pytest
from localnet.ledger.network import Network, address, refused

from walrus_core.errors import UnknownObjectError
from walrus_core.localnet.ledger import Event
from walrus_core.localnet.ledger.events import (
    ContractUpgraded,
    ContractUpgradeProposed,
    ContractUpgradeQuorumReached,
)
from walrus_core.localnet.ledger.upgrade import (
    ORIGINAL_PACKAGE,
    UpgradeReceipt,
    UpgradeTicket,
)

DIGEST = b"\xd1" * 32
PACKAGE = b"\xaa" * 32


@pytest.fixture
def network() -> Network:
    """Epoch 1; nodes 0, 1, 2, 3 hold 4, 3, 2, 1 of 10 shards (quorum: 7), node 4 none."""
    network = Network.of([40, 30, 20, 10, 0])
    network.next_epoch()
    return network


def vote(network: Network, voter: int, candidate: int, sender: int | None = None) -> None:
    with network.ledger.transaction(sender=address(voter if sender is None else sender)):
        authenticated = network.ledger.auth.authenticate_sender()
        node, target = network.caps[voter].node_id, network.caps[candidate].node_id
        network.ledger.slashing.vote_for_slashing(authenticated, node, target)


def vote_for_upgrade(network: Network, voter: int, digest: bytes = DIGEST) -> list[Event]:
    with network.ledger.transaction(sender=address(voter)) as tx:
        authenticated = network.ledger.auth.authenticate_sender()
        node = network.caps[voter].node_id
        network.ledger.upgrade.vote_for_upgrade(authenticated, node, digest)
    return tx.events


def test_a_quorum_burns_the_commission_and_nothing_else(network: Network) -> None:
    slashed = network.pool(3)
    network.ledger.staking.add_commission_to_pools([slashed.id], [network.coin(500)])
    supply, balance = network.ledger.wal.total_supply(), slashed.wal_balance
    vote(network, 0, 3)
    with refused("slashing", 4):
        network.ledger.slashing.execute_slashing(slashed.id)
    vote(network, 1, 3)
    network.ledger.slashing.execute_slashing(slashed.id)
    assert network.ledger.wal.total_supply() == supply - 500
    assert (slashed.commission.balance, slashed.commission.blocked) == (0, 0)
    assert slashed.wal_balance == balance
    with refused("slashing", 2):
        network.ledger.slashing.execute_slashing(slashed.id)


def test_only_members_vote_each_once_by_those_they_authorized(network: Network) -> None:
    with refused("slashing", 0):
        vote(network, 0, 3, sender=1)
    with refused("staking_inner", 4):
        vote(network, 4, 3)
    vote(network, 0, 3)
    with refused("slashing", 1):
        vote(network, 0, 3)
    vote(network, 0, 2)  # another candidate is another proposal


def test_a_proposal_ends_with_its_epoch(network: Network) -> None:
    vote(network, 0, 3)
    vote(network, 1, 3)
    network.next_epoch()
    candidate = network.caps[3].node_id
    with refused("slashing", 3):
        network.ledger.slashing.execute_slashing(candidate)
    vote(network, 1, 3)  # begins anew
    with refused("slashing", 4):
        network.ledger.slashing.execute_slashing(candidate)


def test_cleaning_up_leaves_what_may_still_be_executed(network: Network) -> None:
    vote(network, 0, 3)
    network.next_epoch()
    vote(network, 0, 2)
    candidates = [cap.node_id for cap in network.caps]
    network.ledger.slashing.cleanup_slashing_proposals(candidates)
    assert list(network.ledger.state.slashing.proposals) == [candidates[2]]


def test_an_upgrade_from_the_first_vote_to_the_new_package(network: Network) -> None:
    upgrade = network.ledger.upgrade
    assert vote_for_upgrade(network, 0) == [ContractUpgradeProposed(1, DIGEST)]
    with refused("upgrade", 6):
        upgrade.authorize_upgrade(DIGEST)
    assert vote_for_upgrade(network, 1) == [ContractUpgradeQuorumReached(1, DIGEST)]
    assert vote_for_upgrade(network, 2) == [ContractUpgradeQuorumReached(1, DIGEST)]
    ticket = upgrade.authorize_upgrade(DIGEST)
    assert ticket == UpgradeTicket(ORIGINAL_PACKAGE, DIGEST)
    with network.ledger.transaction() as tx:
        upgrade.commit_upgrade(UpgradeReceipt(ticket, PACKAGE))
    assert tx.events == [ContractUpgraded(1, PACKAGE, 2)]
    with refused("upgrade", 7):
        upgrade.authorize_upgrade(DIGEST)  # it was a proposal for version 2
    assert vote_for_upgrade(network, 0) == [ContractUpgradeProposed(1, DIGEST)]


def test_what_an_upgrade_vote_must_be(network: Network) -> None:
    with refused("upgrade", 3):
        vote_for_upgrade(network, 0, b"\xd1" * 31)
    with refused("staking_inner", 4):
        vote_for_upgrade(network, 4)
    vote_for_upgrade(network, 0)
    with refused("upgrade", 2):
        vote_for_upgrade(network, 0)
    stranger = network.ledger.auth.authenticate_sender()
    with refused("upgrade", 1):
        network.ledger.upgrade.vote_for_upgrade(stranger, network.caps[1].node_id, DIGEST)


def test_an_upgrade_is_authorized_in_the_epoch_of_its_votes(network: Network) -> None:
    with refused("upgrade", 4):
        network.ledger.upgrade.authorize_upgrade(DIGEST)
    vote_for_upgrade(network, 0)
    vote_for_upgrade(network, 1)
    network.next_epoch()
    with refused("upgrade", 5):
        network.ledger.upgrade.authorize_upgrade(DIGEST)
    network.ledger.upgrade.cleanup_upgrade_proposals([DIGEST, bytes(32)])
    with refused("upgrade", 4):
        network.ledger.upgrade.authorize_upgrade(DIGEST)


def test_one_ticket_at_a_time(network: Network) -> None:
    upgrade = network.ledger.upgrade
    cap = upgrade.emergency_upgrade_cap
    ticket = upgrade.authorize_emergency_upgrade(cap, DIGEST)
    with refused("package", 2):
        upgrade.authorize_emergency_upgrade(cap, DIGEST)
    with refused("package", 4):
        upgrade.commit_upgrade(UpgradeReceipt(UpgradeTicket(PACKAGE, DIGEST), PACKAGE))
    upgrade.commit_upgrade(UpgradeReceipt(ticket, PACKAGE))
    with refused("package", 3):
        upgrade.commit_upgrade(UpgradeReceipt(ticket, PACKAGE))
    upgrade.burn_emergency_upgrade_cap(cap)
    with pytest.raises(UnknownObjectError):
        upgrade.authorize_emergency_upgrade(cap, DIGEST)
