"""Registering nodes, what they may say of themselves, and who may act for them."""

from typing import Any

import pytest
from localnet.ledger.network import Network, address, refused, register

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger import Ledger, LedgerConfig
from walrus_core.localnet.ledger.auth import authorized_address, authorized_object
from walrus_core.localnet.ledger.containers import VecMap
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.protocol.keys import KeyPair

OPERATOR = address(1)


def proof(keys: KeyPair, epoch: int = 0, sender: bytes = OPERATOR) -> bytes:
    return bytes(keys.prove_possession(epoch, sender))


@pytest.fixture
def ledger() -> Ledger:
    """With signatures verified."""
    return Ledger(LedgerConfig(n_shards=10))


@pytest.fixture(scope="module")
def keys() -> KeyPair:
    return KeyPair(bytes(31) + b"\x07")


def test_possession_is_proven_for_the_epoch_and_the_sender(ledger: Ledger, keys: KeyPair) -> None:
    key = bytes(keys.public_key)
    with ledger.transaction(sender=OPERATOR):
        cap = register(ledger, public_key=key, proof_of_possession=proof(keys))
    assert ledger.state.staking.pools[cap.node_id].node_info.public_key == key
    assert cap.node_id in ledger.state.staking.pools


@pytest.mark.parametrize(
    "wrong",
    [{"epoch": 1}, {"sender": address(2)}],
    ids=["epoch", "sender"],
)
def test_another_statement_proves_nothing(
    ledger: Ledger, keys: KeyPair, wrong: dict[str, Any]
) -> None:
    key = bytes(keys.public_key)
    with ledger.transaction(sender=OPERATOR), refused("staking_pool", 4):
        register(ledger, public_key=key, proof_of_possession=proof(keys, **wrong))


@pytest.mark.parametrize("bad", [b"", bytes(96), b"\xff" * 96], ids=["empty", "zeros", "ones"])
def test_what_is_no_signature_proves_nothing(ledger: Ledger, keys: KeyPair, bad: bytes) -> None:
    with refused("staking_pool", 4):
        register(ledger, public_key=bytes(keys.public_key), proof_of_possession=bad)


def test_what_is_no_key_proves_nothing(ledger: Ledger, keys: KeyPair) -> None:
    with refused("staking_pool", 4):
        register(ledger, public_key=b"\xff" * 48, proof_of_possession=proof(keys))


@pytest.mark.parametrize(
    ("field", "limit", "over", "module", "code"),
    [
        ("public_key", bytes(48), bytes(47), "messages", 6),
        ("name", "n" * 100, "n" * 101, "staking_pool", 17),
        ("name", "é" * 50, "é" * 51, "staking_pool", 17),
        ("network_address", "a" * 259, "a" * 260, "staking_pool", 16),
        ("commission_rate", 10_000, 10_001, "staking_pool", 14),
        ("network_public_key", bytes(33), bytes(32), "storage_node", 0),
    ],
)
def test_limits_of_a_candidate(
    field: str, limit: object, over: object, module: str, code: int
) -> None:
    ledger = Network.of([]).ledger
    assert register(ledger, **{field: limit}).node_id in ledger.state.staking.pools
    with refused(module, code):
        register(ledger, **{field: over})


def test_checks_are_made_in_the_contracts_order() -> None:
    ledger = Network.of([]).ledger
    wrong = {
        "public_key": b"",
        "name": "n" * 101,
        "network_address": "a" * 260,
        "commission_rate": 10_001,
        "network_public_key": b"",
    }
    order = [("messages", 6), *(("staking_pool", code) for code in (17, 16, 14))]
    for module, code in [*order, ("storage_node", 0)]:
        with refused(module, code):
            register(ledger, **wrong)
        wrong.pop(next(iter(wrong)))  # the first is right now
    register(ledger, **wrong)


def test_setters_apply_at_once_within_the_same_limits() -> None:
    network = Network.of([5])
    staking, cap = network.ledger.staking, network.caps[0]
    staking.set_name(cap, "other")
    staking.set_network_address(cap, "other:1")
    staking.set_network_public_key(cap, b"\x02" * 33)
    metadata = NodeMetadata("image", "project", "description")
    staking.set_node_metadata(cap, metadata)
    info = network.pool(0).node_info
    assert (info.name, info.network_address) == ("other", "other:1")
    assert info.network_public_key == b"\x02" * 33
    assert staking.node_metadata(cap.node_id).description == "description"
    assert info.metadata is not metadata, "a record has one owner"
    with refused("staking_pool", 17):
        staking.set_name(cap, "n" * 101)
    with refused("staking_pool", 16):
        staking.set_network_address(cap, "a" * 260)
    with refused("storage_node", 0):
        staking.set_network_public_key(cap, bytes(34))
    assert info.name == "other"


def test_a_key_set_before_the_vote_ends_signs_in_the_next_epoch() -> None:
    network = Network.of([5])
    network.next_epoch()
    network.ledger.staking.set_next_public_key(network.caps[0], b"\x01" * 48, b"")
    assert network.pool(0).node_info.public_key == bytes(48)
    network.next_epoch()
    assert network.pool(0).node_info.public_key == b"\x01" * 48
    assert signing_key(network) == b"\x01" * 48


def test_a_key_set_after_the_vote_shows_one_epoch_before_it_signs() -> None:
    network = Network.of([5])
    network.next_epoch()
    network.select()
    network.ledger.staking.set_next_public_key(network.caps[0], b"\x01" * 48, b"")
    network.change_epoch()
    assert network.pool(0).node_info.public_key == b"\x01" * 48
    assert signing_key(network) == bytes(48)
    network.next_epoch()
    assert signing_key(network) == b"\x01" * 48


def test_the_next_key_needs_a_proof_too(ledger: Ledger, keys: KeyPair) -> None:
    key = bytes(keys.public_key)
    with ledger.transaction(sender=OPERATOR):
        cap = register(ledger, public_key=key, proof_of_possession=proof(keys))
        with refused("messages", 6):
            ledger.staking.set_next_public_key(cap, b"", b"")
        with refused("staking_pool", 4):
            ledger.staking.set_next_public_key(cap, key, proof(keys, epoch=3))
        ledger.staking.set_next_public_key(cap, key, proof(keys))


def test_commission_goes_to_the_caps_holder_until_another_is_named() -> None:
    network = Network.of([5])
    ledger, node = network.ledger, network.caps[0].node_id
    network.next_epoch()
    network.select()  # donations are not blocked now
    ledger.staking.add_commission_to_pools([node], [network.coin(70)])
    by_cap = ledger.auth.authenticate_with_object(network.caps[0])
    with refused("staking_pool", 15):
        ledger.staking.collect_commission(node, ledger.auth.authenticate_sender())
    assert ledger.staking.collect_commission(node, by_cap).value == 70
    assert ledger.staking.collect_commission(node, by_cap).value == 0
    ledger.staking.set_commission_receiver(node, by_cap, authorized_address(OPERATOR))
    with refused("staking_pool", 15):
        ledger.staking.collect_commission(node, by_cap)
    with ledger.transaction(sender=OPERATOR):
        sender = ledger.auth.authenticate_sender()
        assert ledger.staking.collect_commission(node, sender).value == 0


def test_the_operator_votes_until_another_is_named() -> None:
    network = Network.of([5])
    ledger, node = network.ledger, network.caps[0].node_id
    by_cap = ledger.auth.authenticate_with_object(network.caps[0])
    with refused("staking_pool", 15):
        ledger.staking.set_governance_authorized(node, by_cap, authorized_address(OPERATOR))
    with ledger.transaction(sender=address(0)):
        sender = ledger.auth.authenticate_sender()
        receiver = authorized_object(network.caps[0].id)
        ledger.staking.set_governance_authorized(node, sender, receiver)
    assert by_cap.is_authorized(network.pool(0).governance_authorized)


def signing_key(network: Network) -> bytes:
    return network.ledger.state.system.committee.members[0].public_key


@pytest.mark.parametrize(
    "metadata",
    [
        NodeMetadata(image_url=5),  # type: ignore[arg-type]
        NodeMetadata(description="\ud800"),
        NodeMetadata(extra_fields=VecMap([("key", b"value")])),  # type: ignore[list-item]
    ],
    ids=["number", "surrogate", "bytes"],
)
def test_metadata_is_text(metadata: NodeMetadata) -> None:
    network = Network.of([5])
    with pytest.raises(InvalidArgumentError):
        network.ledger.staking.set_node_metadata(network.caps[0], metadata)


@pytest.mark.parametrize(("node_ids", "commissions"), [([b"short"], [None]), ([[]], ["coin"])])
def test_commissions_are_coins_for_nodes(node_ids: Any, commissions: Any) -> None:
    network = Network.of([5])
    coins = [network.coin(1) if coin == "coin" else coin for coin in commissions]
    with pytest.raises(InvalidArgumentError):
        network.ledger.staking.add_commission_to_pools(node_ids, coins)
