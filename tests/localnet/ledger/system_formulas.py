"""The formulas of the System, by group of contract.json."""

from localnet.ledger.known_contract import Entry, as_listed, node_id

from walrus_core.localnet.ledger import Abort, Ledger, LedgerConfig
from walrus_core.localnet.ledger.bls_committee import BlsCommittee, new_bls_committee
from walrus_core.localnet.ledger.encoding import (
    RS2,
    derive_blob_id,
    encoded_length,
    storage_units,
    symbol_size,
)
from walrus_core.localnet.ledger.objects import Coin
from walrus_core.localnet.ledger.system_state import advance_epoch, extract_burn
from walrus_core.protocol.quorum import Threshold

PLENTY = 2**64 - 1


def committee_of(weights: list[int], epoch: int = 0) -> BlsCommittee:
    members = [(node_id(number), weight, bytes(48)) for number, weight in enumerate(weights, 1)]
    return new_bls_committee(epoch, members)


def of_encoded_length(size: int, n_shards: int, encoding_type: int = RS2) -> Entry:
    length = encoded_length(size, n_shards, encoding_type)
    return {
        "symbol_size": symbol_size(size, n_shards),
        "encoded_length": length,
        "units": storage_units(length),
    }


def of_storage_cost(
    n_shards: int,
    size: int,
    storage_size: int,
    epochs: int,
    storage_price: int,
    write_price: int,
    extend_epochs: int = 0,
) -> Entry:
    """What the coin has paid after each call, on a ledger that has room for everything."""
    ledger = Ledger(LedgerConfig(n_shards=max(n_shards, 1), verify_signatures=False))
    state = ledger.state.system
    with ledger.transaction() as tx:
        state.committee = committee_of([n_shards])
        state.total_capacity = 2**64 - 1
        state.storage_price, state.write_price = storage_price, write_price
        coins = [ledger.objects.add(Coin(tx.fresh_id(), PLENTY)) for _ in range(3)]
    system = ledger.system
    storage = system.reserve_space(storage_size, epochs, coins[0])
    root_hash = 0xABC
    blob_id = derive_blob_id(root_hash, RS2, size)
    blob = system.register_blob(storage, blob_id, root_hash, size, RS2, True, coins[1])
    with ledger.transaction():
        blob.certified_epoch = 0
    system.extend_blob(blob, extend_epochs, coins[2])
    reserve, write, extend = (PLENTY - coin.value for coin in coins)
    return {
        "storage_units": storage_units(storage_size),
        "write_units": storage_units(encoded_length(size, n_shards)),
        "reserve": reserve,
        "write": write,
        "extend": extend,
    }


def of_certificates(weights: list[int], bitmap: str) -> Entry:
    committee = committee_of(weights)
    weight = committee.weight_of_signers(committee.signers(bytes.fromhex(bitmap)))
    return {
        "weight": weight,
        "quorum": Threshold.QUORUM.reached(weight, committee.n_shards),
        "one_correct": Threshold.VALIDITY.reached(weight, committee.n_shards),
    }


def of_rewards(
    weights: list[int], deny_list_sizes: list[int], used_capacity: int, rewards: int
) -> Entry:
    """An epoch change of a System alone."""
    ledger = Ledger(LedgerConfig(n_shards=1))  # Staking's number, which does not matter
    system = ledger.state.system
    with ledger.transaction():
        system.committee = committee_of(weights)
        for member, size in zip(system.committee.members, deny_list_sizes, strict=True):
            system.deny_list_sizes[member.node_id] = size
        slot = system.ring[0]
        slot.used_capacity, slot.rewards = used_capacity, rewards
        burned = extract_burn(system)
    try:
        with ledger.transaction():
            paid = advance_epoch(system, committee_of(weights, epoch=1), capacity=0)
    except Abort as abort:  # of the distribution alone
        return {"burned": burned, "abort": as_listed(abort)}
    return {
        "burned": burned,
        "paid": [amount for _, amount in paid],
        "leftover": system.ring[0].rewards,
    }


FORMULAS = {
    "encoded_length": of_encoded_length,
    "storage_cost": of_storage_cost,
    "certificates": of_certificates,
    "rewards": of_rewards,
}
