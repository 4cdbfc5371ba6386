"""Steps on Staking, in a whole network or on one pool alone; the two share some names."""

from typing import Any

from localnet.ledger import stake_pool_steps as alone
from localnet.ledger.known_contract import Entry, node_id, shard_list
from localnet.ledger.scenario import Done, Step, Tables, World

from walrus_core.localnet.ledger import Ledger, LedgerConfig
from walrus_core.localnet.ledger.committee import Committee
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import StakedWal, StorageNodeCap

NETWORK_FIELDS = {"n_shards", "epoch_zero_duration", "epoch_duration", "max_epochs_ahead"}


def set_up_network(config: Entry) -> World:
    assert config.keys() <= {"network", "start"}
    network: Entry = config["network"]
    assert NETWORK_FIELDS <= network.keys() <= {*NETWORK_FIELDS, "active_set_size"}
    return World(
        Ledger(
            LedgerConfig(
                n_shards=network["n_shards"],
                epoch_duration_ms=network["epoch_duration"],
                epoch_zero_duration_ms=network["epoch_zero_duration"],
                max_epochs_ahead=network["max_epochs_ahead"],
                active_set_size=network.get("active_set_size"),
                start_ms=config.get("start", 0),
                verify_signatures=False,
            )
        )
    )


def set_time(world: World, at: int) -> None:
    world.ledger.advance_clock(at)


def register_node(
    world: World,
    node: int,
    commission_rate: int,
    storage_price: int,
    write_price: int,
    capacity: int,
) -> None:
    cap = world.ledger.staking.register_candidate(
        name=f"node {node}",
        network_address=f"node{node}:9185",
        metadata=NodeMetadata(),
        public_key=bytes(48),
        network_public_key=bytes(33),
        proof_of_possession=b"",
        commission_rate=commission_rate,
        storage_price=storage_price,
        write_price=write_price,
        node_capacity=capacity,
    )
    _renumber(world, cap, node)
    world.caps[node] = cap


def _renumber(world: World, cap: StorageNodeCap, node: int) -> None:
    """Real ids are hashes; a scenario's are numbers, and their order counts."""
    pools = world.ledger.state.staking.pools
    pool = pools.remove(cap.node_id)
    pool.id = cap.node_id = node_id(node)
    pool.governance_authorized = ("address", node_id(node))
    pools.insert(pool.id, pool)


def stake(world: World, node: int, amount: int) -> Done:
    staked = world.ledger.staking.stake_with_pool(world.coin(amount), node_id(node))
    return Done({"activation": staked.activation_epoch}, staked)


def request_withdraw(world: World, stake: str) -> Done:
    staked: StakedWal = world.named[stake]
    world.ledger.staking.request_withdraw_stake(staked)
    return Done({"withdraw": staked.withdraw_epoch})


def withdraw(world: World, stake: str) -> Done:
    return Done({"amount": world.ledger.staking.withdraw_stake(world.named[stake]).value})


def set_commission(world: World, node: int, rate: int) -> None:
    world.ledger.staking.set_next_commission(world.caps[node], rate)


def collect_commission(world: World, node: int) -> Done:
    held = world.ledger.auth.authenticate_with_object(world.caps[node])
    return Done({"amount": world.ledger.staking.collect_commission(node_id(node), held).value})


def add_commission(world: World, node: int, amount: int) -> None:
    world.ledger.staking.add_commission_to_pools([node_id(node)], [world.coin(amount)])


def vote_storage_price(world: World, node: int, price: int) -> None:
    world.ledger.staking.set_storage_price_vote(world.caps[node], price)


def vote_write_price(world: World, node: int, price: int) -> None:
    world.ledger.staking.set_write_price_vote(world.caps[node], price)


def vote_capacity(world: World, node: int, capacity: int) -> None:
    world.ledger.staking.set_node_capacity_vote(world.caps[node], capacity)


def update_prices(world: World) -> Done:
    world.ledger.staking.update_prices()
    system = world.ledger.state.system
    return Done({"storage_price": system.storage_price, "write_price": system.write_price})


def try_join(world: World, node: int) -> None:
    world.ledger.staking.try_join_active_set(world.caps[node])


def rewards_for(world: World, node: int, principal: int, start: int, end: int) -> Done:
    rewards = world.ledger.staking.calculate_rewards(node_id(node), principal, start, end)
    return Done({"rewards": rewards})


def voting_end(world: World) -> None:
    world.ledger.staking.voting_end()


def epoch_change(world: World) -> Done:
    members = list(world.ledger.staking.committee())
    supply, before = world.ledger.wal.total_supply(), _received(world, members)
    world.ledger.staking.initiate_epoch_change_v2()
    gains = zip(members, before, _received(world, members), strict=True)
    return Done(
        {
            "burned": supply - world.ledger.wal.total_supply(),
            "rewards": [[number_of(node), after - before] for node, before, after in gains],
        }
    )


def _received(world: World, nodes: list[bytes]) -> list[int]:
    """All that was paid to each pool and is still there, commission included."""
    pools = [world.ledger.state.staking.pools[node] for node in nodes]
    return [pool.rewards_pool + pool.commission.balance for pool in pools]


def sync_done(world: World, node: int, epoch: int | None = None) -> None:
    present = world.ledger.staking.epoch()
    world.ledger.staking.epoch_sync_done(world.caps[node], present if epoch is None else epoch)


def vote_slash(world: World, voter: int, candidate: int) -> None:
    voters_address = world.ledger.auth.authenticate_sender()._replace(id=node_id(voter))
    slashing = world.ledger.slashing
    slashing.vote_for_slashing(voters_address, node_id(voter), node_id(candidate))


def execute_slash(world: World, candidate: int) -> Done:
    supply = world.ledger.wal.total_supply()
    world.ledger.slashing.execute_slashing(node_id(candidate))
    return Done({"burned": supply - world.ledger.wal.total_supply()})


def number_of(node: bytes) -> int:
    return int.from_bytes(node, "big")


def committee_view(committee: Committee) -> list[list[Any]]:
    members = committee.members.items()
    return [[number_of(node), shard_list(shards)] for node, shards in members]


def view_of_committee(world: World, expected: Any) -> list[list[Any]]:  # noqa: ARG001
    return committee_view(world.ledger.staking.committee())


def view_of_next(world: World, expected: Any) -> list[list[Any]] | None:  # noqa: ARG001
    chosen = world.ledger.state.staking.next_committee
    return None if chosen is None else committee_view(chosen)


def view_of_active_set(world: World, expected: Any) -> list[list[int]]:  # noqa: ARG001
    nodes = world.ledger.state.staking.active_set.nodes
    return [[number_of(node), stake] for node, stake in nodes]


def view_of_state(world: World, expected: Any) -> list[Any]:  # noqa: ARG001
    return list(world.ledger.state.staking.epoch_state)


def view_of_pools(world: World, expected: Entry) -> Entry:
    """Those that are asked for."""
    staking = world.ledger.state.staking
    return {
        node: alone.view_of(staking.pools[node_id(int(node))], staking.epoch) for node in expected
    }


def view_of_burned(world: World, expected: int) -> int:  # noqa: ARG001
    return Ledger(world.ledger.config).wal.total_supply() - world.ledger.wal.total_supply()


NETWORK_STEPS: dict[str, Step] = {
    "time": set_time,
    "register_node": register_node,
    "stake": stake,
    "request_withdraw": request_withdraw,
    "withdraw": withdraw,
    "set_commission": set_commission,
    "collect_commission": collect_commission,
    "add_commission": add_commission,
    "vote_storage_price": vote_storage_price,
    "vote_write_price": vote_write_price,
    "vote_capacity": vote_capacity,
    "update_prices": update_prices,
    "try_join": try_join,
    "rewards_for": rewards_for,
    "voting_end": voting_end,
    "epoch_change": epoch_change,
    "sync_done": sync_done,
    "vote_slash": vote_slash,
    "execute_slash": execute_slash,
}


def _either(name: str) -> Step:
    """The step of that name for the kind of world that there is."""

    def step(world: World, **arguments: Any) -> Done | None:
        steps = alone.STAKE_POOL_STEPS if isinstance(world, alone.PoolAlone) else NETWORK_STEPS
        return steps[name](world, **arguments)

    return step


TABLES = Tables(
    setups={"pool": alone.set_up_pool, "network": set_up_network},
    steps={
        **NETWORK_STEPS,
        **alone.STAKE_POOL_STEPS,
        **{name: _either(name) for name in NETWORK_STEPS.keys() & alone.STAKE_POOL_STEPS.keys()},
    },
    views={
        "pool": alone.view_of_pool,
        "wal_at": alone.view_of_wal_at,
        "pools": view_of_pools,
        "committee": view_of_committee,
        "next": view_of_next,
        "active_set": view_of_active_set,
        "state": view_of_state,
        "burned": view_of_burned,
    },
)
