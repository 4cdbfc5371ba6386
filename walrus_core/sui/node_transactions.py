"""The transactions of those who run a storage node, drafted offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from walrus_core.sui.addresses import address_text
from walrus_core.sui.draft import Draft, ObjectRef, SharedRef
from walrus_core.sui.transactions import Contract

__all__ = [
    "Candidate",
    "collect_commission",
    "invalidate",
    "register_candidate",
    "report_shards",
    "set_commission",
    "update_prices",
    "vote",
]

CLOCK = SharedRef(bytes(31) + b"\x06", 1)
"""Sui's own clock, the same on every network."""

VOTES = {
    "storage_price": "set_storage_price_vote",
    "write_price": "set_write_price_vote",
    "node_capacity": "set_node_capacity_vote",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node to be registered: prices in FROST, capacity in bytes, a network key of 33 bytes.

    `commission_rate`: hundredths of a percent.
    """

    name: str
    network_address: str
    network_public_key: bytes
    commission_rate: int
    storage_price: int
    write_price: int
    node_capacity: int
    image_url: str = ""
    project_url: str = ""
    description: str = ""


def register_candidate(
    contract: Contract, node: Candidate, public_key: bytes, proof: bytes, owner: bytes
) -> Draft:
    """Register a node with its BLS key, and the proof that the sender has that in this epoch.

    The capability to run the node goes to the sender.
    """
    draft = Draft()
    urls = [draft.text(text) for text in (node.image_url, node.project_url, node.description)]
    staking = draft.shared(contract.staking, mutable=True)
    names = [draft.text(node.name), draft.text(node.network_address)]
    keys = [public_key, node.network_public_key, proof]
    numbers = [
        draft.uint(node.commission_rate, 2),
        draft.uint(node.storage_price, 8),
        draft.uint(node.write_price, 8),
        draft.uint(node.node_capacity, 8),
    ]
    vectors = [draft.byte_vector(key) for key in keys]
    recipient = draft.address(owner)
    metadata = draft.call(contract.package, "node_metadata::new", urls)
    arguments = [staking, *names, metadata, *vectors, *numbers]
    cap = draft.call(contract.package, "staking::register_candidate", arguments)
    draft.transfer([cap], recipient)
    return draft


def vote(contract: Contract, cap: ObjectRef, values: Mapping[str, int]) -> Draft:
    """Vote for the network's parameters, those of `VOTES` that are given."""
    draft = Draft()
    objects = [draft.shared(contract.staking, mutable=True), draft.object(cap)]
    for name, value in values.items():
        arguments = [*objects, draft.uint(value, 8)]
        draft.call(contract.package, f"staking::{VOTES[name]}", arguments)
    return draft


def set_commission(contract: Contract, cap: ObjectRef, rate: int) -> Draft:
    """Set the commission rate, in hundredths of a percent, of the epoch after the next."""
    draft = Draft()
    objects = [draft.shared(contract.staking, mutable=True), draft.object(cap)]
    draft.call(contract.package, "staking::set_next_commission", [*objects, draft.uint(rate, 2)])
    return draft


def update_prices(contract: Contract) -> Draft:
    """Put the prices that the nodes voted for in force, which anyone may do."""
    draft = Draft()
    shells = [draft.shared(shell, mutable=True) for shell in (contract.staking, contract.system)]
    draft.call(contract.package, "staking::update_prices", shells)
    return draft


def collect_commission(
    contract: Contract, node_id: bytes, cap: ObjectRef | None, owner: bytes
) -> Draft:
    """Take what a node earned: as the sender, or as who holds the `cap`."""
    draft = Draft()
    arguments = [draft.shared(contract.staking, mutable=True), draft.address(node_id)]
    recipient = draft.address(owner)
    if cap is None:
        proof = draft.call(contract.package, "auth::authenticate_sender")
    else:
        cap_type = f"{address_text(contract.original)}::storage_node::StorageNodeCap"
        target = "auth::authenticate_with_object"
        proof = draft.call(contract.package, target, [draft.object(cap)], [cap_type])
    coin = draft.call(contract.package, "staking::collect_commission", [*arguments, proof])
    draft.transfer([coin], recipient)
    return draft


def report_shards(contract: Contract, cap: ObjectRef, epoch: int) -> Draft:
    """Say that a node has all the shards that it holds in this epoch."""
    draft = Draft()
    objects = [draft.shared(contract.staking, mutable=True), draft.object(cap)]
    arguments = [*objects, draft.uint(epoch, 4), draft.shared(CLOCK, mutable=False)]
    draft.call(contract.package, "staking::epoch_sync_done", arguments)
    return draft


def invalidate(contract: Contract, signature: bytes, bitmap: bytes, message: bytes) -> Draft:
    """Mark a blob as inconsistent for good, by what nodes with f + 1 shards signed."""
    draft = Draft()
    certificate = [draft.byte_vector(part) for part in (signature, bitmap, message)]
    system = draft.shared(contract.system, mutable=False)
    draft.call(contract.package, "system::invalidate_blob_id", [system, *certificate])
    return draft
