"""Steps on one staking pool alone: nodes do not matter, committees are flags of the steps."""

from dataclasses import dataclass

from localnet.ledger.known_contract import Entry
from localnet.ledger.scenario import Done, Step, World

from walrus_core.localnet.ledger import Ledger, LedgerConfig, stake_lifecycle
from walrus_core.localnet.ledger.auth import Authenticated, authorized_object
from walrus_core.localnet.ledger.commission import Commission
from walrus_core.localnet.ledger.node_info import NodeInfo, NodeMetadata, VotingParams
from walrus_core.localnet.ledger.objects import StakedWal
from walrus_core.localnet.ledger.stake_lifecycle import Standing
from walrus_core.localnet.ledger.staking_pool import StakingPool
from walrus_core.localnet.ledger.staking_state import DONE, SELECTED

OWNER = authorized_object(bytes(32))

VERSION = 4


@dataclass
class PoolAlone(World):
    """A ledger in which nothing but this pool and the epoch is used."""

    pool: StakingPool | None = None

    @property
    def the_pool(self) -> StakingPool:
        assert self.pool is not None
        return self.pool

    @property
    def epoch(self) -> int:
        return self.ledger.state.staking.epoch

    def standing(self, *, current: bool = False, following: bool = False) -> Standing:
        selected = self.ledger.state.staking.selected
        return Standing(self.epoch, selected, current, following)

    def stake(self, name: str) -> StakedWal:
        found = self.named[name]
        assert isinstance(found, StakedWal)
        self.ledger.objects.require(found)
        return found


def set_up_pool(config: Entry) -> PoolAlone:
    assert config.keys() == {"pool"}
    assert config["pool"].keys() <= {"commission_rate", "selected"}
    selected: bool = config["pool"].get("selected", False)
    world = PoolAlone(Ledger(LedgerConfig(n_shards=1)))
    with world.ledger.transaction() as tx:
        if selected:
            select_committee(world)
        world.pool = StakingPool(
            id=tx.fresh_id(),
            node_info=NodeInfo("", "", b"", b"", NodeMetadata()),
            voting_params=VotingParams(0, 0, 0),
            commission=Commission(config["pool"]["commission_rate"], receiver=OWNER),
            governance_authorized=OWNER,
            activation_epoch=1 if selected else 0,
            latest_epoch=0,
        )
        world.pool.start()
        world.ledger.state.staking.pools.insert(world.pool.id, world.pool)
    return world


def next_epoch(world: PoolAlone) -> None:
    world.ledger.state.staking.epoch += 1
    world.ledger.state.staking.epoch_state = (DONE, 0)


def select_committee(world: PoolAlone) -> None:
    world.ledger.state.staking.epoch_state = (SELECTED, 0)


def advance(world: PoolAlone, rewards: int) -> None:
    world.the_pool.advance_epoch(world.epoch, rewards, VERSION)


def stake(world: PoolAlone, amount: int) -> Done:
    new_id = world.ledger.tx.fresh_id()
    staked = stake_lifecycle.stake(world.the_pool, amount, world.standing(), new_id)
    return Done({"activation": staked.activation_epoch}, world.ledger.objects.add(staked))


def request_withdraw(world: PoolAlone, stake: str, current: bool, next: bool) -> Done:  # noqa: A002
    staked, standing = world.stake(stake), world.standing(current=current, following=next)
    stake_lifecycle.request_withdraw(world.the_pool, staked, standing)
    return Done({"withdraw": staked.withdraw_epoch})


def withdraw(world: PoolAlone, stake: str, current: bool, next: bool) -> Done:  # noqa: A002
    staked, standing = world.stake(stake), world.standing(current=current, following=next)
    amount = stake_lifecycle.withdraw(world.the_pool, staked, standing)
    world.ledger.objects.take(staked)
    return Done({"amount": amount})


def split_stake(world: World, stake: str, amount: int) -> Done:
    first = world.named[stake]
    second = world.ledger.staked_wal.split(first, amount)
    return Done({"first": first.principal, "second": second.principal}, second)


def join_stake(world: World, stake: str, other: str) -> Done:
    world.ledger.staked_wal.join(world.named[stake], world.named[other])
    return Done({"principal": world.named[stake].principal})


def set_commission(world: PoolAlone, rate: int) -> None:
    world.the_pool.commission.set_next_rate(rate, world.epoch)


def add_commission(world: PoolAlone, amount: int, block: bool) -> None:
    world.the_pool.commission.credit(amount, block=block)


def clear_blocked(world: PoolAlone) -> None:
    world.the_pool.commission.unblock()


def collect_commission(world: PoolAlone) -> Done:
    return Done({"amount": world.the_pool.commission.collect(Authenticated(*OWNER))})


def burn_commission(world: PoolAlone) -> Done:
    return Done({"amount": world.the_pool.commission.confiscate()})


def destroy_pool(world: PoolAlone) -> None:
    world.the_pool.check_empty()
    world.ledger.state.staking.pools.remove(world.the_pool.id)


def view_of(pool: StakingPool, epoch: int) -> Entry:
    """A pool as the file writes it: fields that are zero are left out."""
    fields: Entry = {
        "wal": pool.wal_balance,
        "shares": pool.num_shares,
        "rewards": pool.rewards_pool,
        "commission": pool.commission.balance,
        "blocked": pool.commission.blocked,
        "commission_rate": pool.commission.rate,
        "rate": list(pool.rate_at(epoch)),
        "wal_next": [pool.wal_balance_at_epoch(later) for later in (epoch + 1, epoch + 2)],
    }
    return {name: value for name, value in fields.items() if value not in (0, [0, 0])}


def view_of_pool(world: PoolAlone, expected: Entry) -> Entry:  # noqa: ARG001
    return view_of(world.the_pool, world.epoch)


def view_of_wal_at(world: PoolAlone, expected: list[list[int]]) -> list[list[int]]:
    return [[epoch, world.the_pool.wal_balance_at_epoch(epoch)] for epoch, _ in expected]


STAKE_POOL_STEPS: dict[str, Step] = {
    "next_epoch": next_epoch,
    "select_committee": select_committee,
    "advance": advance,
    "stake": stake,
    "request_withdraw": request_withdraw,
    "withdraw": withdraw,
    "split_stake": split_stake,
    "join_stake": join_stake,
    "set_commission": set_commission,
    "add_commission": add_commission,
    "clear_blocked": clear_blocked,
    "collect_commission": collect_commission,
    "burn_commission": burn_commission,
    "destroy_pool": destroy_pool,
}
