"""Steps on the System: storage, blobs, what nodes attest, and the System alone."""

from localnet.ledger.blob_steps import BLOB_STEPS
from localnet.ledger.known_contract import Entry, node_id
from localnet.ledger.pool_steps import POOL_STEPS
from localnet.ledger.scenario import Done, Tables, World
from localnet.ledger.storage_steps import STORAGE_STEPS

from walrus_core.localnet.ledger import Ledger, LedgerConfig
from walrus_core.localnet.ledger.bls_committee import BlsCommittee, new_bls_committee
from walrus_core.localnet.ledger.encoding import RS2, derive_blob_id
from walrus_core.localnet.ledger.objects import StorageNodeCap
from walrus_core.localnet.ledger.system_state import advance_epoch, extract_burn
from walrus_core.protocol.messages import DenyListUpdate

SYSTEM_FIELDS = {"max_epochs_ahead", "members", "capacity", "storage_price", "write_price"}


def committee_of(members: list[list[int]], epoch: int) -> BlsCommittee:
    return new_bls_committee(
        epoch, ((node_id(number), weight, bytes(48)) for number, weight in members)
    )


def set_up_system(config: Entry) -> World:
    """A System alone: epoch 0 has a committee, and nothing is used."""
    assert config.keys() == {"system"}
    system: Entry = config["system"]
    assert system.keys() == SYSTEM_FIELDS
    n_shards = sum(weight for _, weight in system["members"])
    ledger = Ledger(
        LedgerConfig(
            n_shards=n_shards,
            max_epochs_ahead=system["max_epochs_ahead"],
            verify_signatures=False,
        )
    )
    with ledger.transaction():
        state = ledger.state.system
        state.committee = committee_of(system["members"], epoch=0)
        state.total_capacity = system["capacity"]
        state.storage_price = system["storage_price"]
        state.write_price = system["write_price"]
    return World(ledger)


def cap_of(world: World, node: int) -> StorageNodeCap:
    """The node's cap; in a System alone it comes out of nothing when first used."""
    if node not in world.caps or world.caps[node].id not in world.ledger.objects:
        with world.ledger.transaction() as tx:
            cap = StorageNodeCap(tx.fresh_id(), world.id_of(node), 0, None, 0, 0, 0)
            world.caps[node] = world.ledger.objects.add(cap)
    return world.caps[node]


def set_prices(world: World, storage: int, write: int) -> None:
    world.ledger.state.system.storage_price = storage
    world.ledger.state.system.write_price = write


def subsidy(world: World, amount: int, epochs: int) -> None:
    world.ledger.system.add_subsidy(world.coin(amount), epochs)


def subsidies(world: World, amounts: list[int]) -> None:
    world.ledger.system.add_per_epoch_subsidies([world.coin(amount) for amount in amounts])


def extract(world: World) -> Done:
    return Done({"burned": extract_burn(world.ledger.state.system)})


def advance(world: World, capacity: int, members: list[list[int]] | None = None) -> Done:
    state = world.ledger.state.system
    if members is None:
        members = [
            [world.number_of(member.node_id), member.weight] for member in state.committee.members
        ]
    rewards = advance_epoch(state, committee_of(members, state.epoch + 1), capacity)
    return Done({"rewards": [[world.number_of(node), paid] for node, paid in rewards]})


def event_blob(
    world: World, node: int, root_hash: str, size: int, checkpoint: int, epoch: int | None = None
) -> Done:
    state, root = world.ledger.state.system, int(root_hash, 16)
    before = state.certified_event_blob
    world.ledger.system.certify_event_blob(
        cap_of(world, node),
        derive_blob_id(root, RS2, size),
        root,
        size,
        RS2,
        checkpoint,
        state.epoch if epoch is None else epoch,
    )
    certified = state.certified_event_blob != before
    return Done({"certified": certified, "tracked": len(state.event_blob_weights)})


def deny_list(world: World, node: int, root: str, sequence: int, size: int) -> None:
    committee = world.ledger.state.system.committee
    message = DenyListUpdate(committee.epoch, world.id_of(node), sequence, size, int(root, 16))
    world.ledger.system.update_deny_list(cap_of(world, node), b"", world.all_sign(), bytes(message))


def register_deny_list(world: World, node: int, root: str, sequence: int) -> None:
    world.ledger.system.register_deny_list_update(cap_of(world, node), int(root, 16), sequence)


def view_of_system(world: World, expected: Entry) -> Entry:  # noqa: ARG001
    state = world.ledger.state.system
    return {
        "epoch": state.epoch,
        "total_capacity": state.total_capacity,
        "used_capacity": state.used_capacity,
        "storage_price": state.storage_price,
        "write_price": state.write_price,
        "ring": [
            [slot.epoch, slot.used_capacity, slot.rewards]
            for slot in state.ring.slots
            if slot.used_capacity or slot.rewards
        ],
    }


TABLES = Tables(
    setups={"system": set_up_system},
    steps={
        **STORAGE_STEPS,
        **BLOB_STEPS,
        **POOL_STEPS,
        "set_prices": set_prices,
        "subsidy": subsidy,
        "subsidies": subsidies,
        "extract_burn": extract,
        "advance_system": advance,
        "event_blob": event_blob,
        "deny_list": deny_list,
        "register_deny_list": register_deny_list,
    },
    views={"system": view_of_system},
)
