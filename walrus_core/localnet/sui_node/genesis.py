"""The first state of a chain: money, the Walrus packages, the exchange, and founding nodes.

    world = build(Genesis(operator=address, seed=os.urandom(32), start_ms=now))

All ids derive from the seed, so the same genesis makes the same chain.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger import Ledger, LedgerConfig, Transaction
from walrus_core.localnet.ledger.journal import Savepoint
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import Coin, Object, StorageNodeCap
from walrus_core.localnet.sui_node import children, gas, layout
from walrus_core.localnet.sui_node.children import Child
from walrus_core.localnet.sui_node.ids import blake2b
from walrus_core.localnet.sui_node.move_types import Struct
from walrus_core.localnet.sui_node.store import ObjectStore, make_record
from walrus_core.localnet.sui_node.values import Change, IdOperation, Owner, OwnerKind
from walrus_core.localnet.sui_node.world import SUI_COIN, ExchangeState, World
from walrus_core.types import FROST_PER_WAL, checked_bytes, checked_int

__all__ = ["Founder", "Genesis", "build", "genesis_digest"]

MIST_PER_SUI = 1_000_000_000
_OPERATOR_COINS, _OPERATOR_SUI = 8, 100_000_000
_EXCHANGE_WAL, _EXCHANGE_SUI = 1_000_000_000, 100_000_000
_FIRST_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Founder:
    """A node that is there from the start; its cap and its stake go to `owner`.

    The proof of possession is over epoch 0 and the owner. Prices and capacity are its votes.
    """

    name: str
    network_address: str
    public_key: bytes
    proof_of_possession: bytes
    network_public_key: bytes
    owner: bytes
    stake: int = 1_000_000 * FROST_PER_WAL
    commission_rate: int = 600
    storage_price: int = 100_000
    write_price: int = 20_000
    node_capacity: int = 250 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Genesis:
    """`operator` gets most of the money: the faucet's key. Each of `accounts` gets some, in SUI and
    WAL. With founders the chain starts in epoch 1, where blobs can be registered; without, in epoch
    0, which ends once somebody has staked.
    """

    operator: bytes
    seed: bytes
    start_ms: int
    n_shards: int = 100
    epoch_duration_ms: int = 24 * 3_600_000
    max_epochs_ahead: int = 53
    accounts: tuple[bytes, ...] = ()
    account_sui: int = 10_000 * MIST_PER_SUI
    account_wal: int = 10_000 * FROST_PER_WAL
    exchange_wal: int = 1
    exchange_sui: int = 1
    founders: tuple[Founder, ...] = ()
    verify_signatures: bool = True

    def __post_init__(self) -> None:
        checked_bytes("operator", self.operator, 32)
        checked_bytes("seed", self.seed, 32)
        checked_int("exchange_wal", self.exchange_wal, 1, 2**32)
        checked_int("exchange_sui", self.exchange_sui, 1, 2**32)
        for account in self.accounts:
            checked_bytes("account", account, 32)
        if self.founders and self.n_shards < len(self.founders):
            raise InvalidArgumentError(
                f"{self.n_shards} shards < {len(self.founders)} founding nodes; each needs one"
            )

    def ledger_config(self) -> LedgerConfig:
        return LedgerConfig(
            n_shards=self.n_shards,
            epoch_duration_ms=self.epoch_duration_ms,
            max_epochs_ahead=self.max_epochs_ahead,
            start_ms=self.start_ms,
            verify_signatures=self.verify_signatures,
        )


def genesis_digest(genesis: Genesis) -> bytes:
    """Of the transaction that is no transaction: what came before all others."""
    return blake2b(b"walrus-core genesis " + repr(dataclasses.astuple(genesis)).encode())


def build(genesis: Genesis) -> World:
    """The world as the first transaction finds it."""
    ledger = Ledger(genesis.ledger_config())
    exchange = ExchangeState(0, b"", genesis.exchange_wal, genesis.exchange_sui)
    world = World(genesis.seed, ledger, ObjectStore(), exchange)
    digest = genesis_digest(genesis)
    builder = _Builder(genesis, world, digest)
    with ledger.transaction(sender=genesis.operator, digest=digest) as tx:
        builder.money(tx)
    for founder in genesis.founders:
        builder.found(founder)
    if genesis.founders:
        builder.first_epoch()
    builder.shared_objects()
    ledger.events.forget(ledger.events.end)
    return world


class _Builder:
    def __init__(self, genesis: Genesis, world: World, digest: bytes) -> None:
        self._genesis = genesis
        self._world = world
        self._digest = digest
        self._caps: list[StorageNodeCap] = []
        self._steps = 0

    def money(self, tx: Transaction) -> None:
        """SUI from nothing, WAL out of the one coin that the ledger minted."""
        genesis, world, ledger = self._genesis, self._world, self._world.ledger
        for address in (*genesis.accounts, *[genesis.operator] * _OPERATOR_COINS):
            operator = address == genesis.operator
            amount = _OPERATOR_SUI * MIST_PER_SUI if operator else genesis.account_sui
            self._put(tx.fresh_id(), SUI_COIN, _owned(address), amount)
        minted = ledger.wal.genesis_coin
        bank = ledger.coin.split(minted, _EXCHANGE_WAL * FROST_PER_WAL)
        world.exchange.wal_coin = bank.id
        world.exchange.sui_balance = _EXCHANGE_SUI * MIST_PER_SUI
        for address in genesis.accounts:
            self._object(ledger.coin.split(minted, genesis.account_wal), _owned(address))
        for founder in genesis.founders:
            self._object(ledger.coin.split(minted, founder.stake), _owned(founder.owner))
        self._object(ledger.coin.split(minted, minted.value), _owned(genesis.operator))
        ledger.coin.destroy_zero(minted)
        ledger.upgrade.burn_emergency_upgrade_cap(ledger.upgrade.emergency_upgrade_cap)

    def found(self, founder: Founder) -> None:
        """Register a founding node and stake with it."""
        with self._transaction(founder.owner):
            staking = self._world.ledger.staking
            cap = staking.register_candidate(
                founder.name,
                founder.network_address,
                NodeMetadata(),
                founder.public_key,
                founder.network_public_key,
                founder.proof_of_possession,
                founder.commission_rate,
                founder.storage_price,
                founder.write_price,
                founder.node_capacity,
            )
            stake = staking.stake_with_pool(self._wal_of(founder), cap.node_id)
        self._caps.append(cap)
        self._object(cap, _owned(founder.owner))
        self._object(stake, _owned(founder.owner))

    def _wal_of(self, founder: Founder) -> Coin:
        """The coin that was made for the stake."""
        world = self._world
        for record in world.store.owned(founder.owner, world.wal_coin_type, None, 10**6):
            coin = world.ledger.objects.get(record.id)
            if isinstance(coin, Coin) and coin.value == founder.stake:
                world.store.apply([Change(record.id, record, None, IdOperation.DELETED)])
                return coin
        raise InvalidArgumentError(f"founder {founder.name} has no coin to stake")

    def first_epoch(self) -> None:
        """Let the founders be the committee of epoch 1, all their shards in place."""
        staking = self._world.ledger.staking
        with self._transaction(self._genesis.operator):
            staking.voting_end()
            staking.initiate_epoch_change_v2()
            for cap in self._caps:
                if cap.node_id in staking.committee():
                    staking.epoch_sync_done(cap, staking.epoch())
        for cap in self._caps:
            self._object(cap, _owned(self._world.store[cap.id].owner.address or b""))

    def _transaction(self, sender: bytes) -> AbstractContextManager[Transaction]:
        self._steps += 1
        digest = blake2b(self._digest + self._steps.to_bytes(4, "little"))
        return self._world.ledger.transaction(sender=sender, digest=digest)

    def shared_objects(self) -> None:
        """The contract's shared objects, with all that is inside of them."""
        world = self._world
        with Savepoint([]):
            world.ledger.state.upgrade.package_id = world.ids.walrus_package
        shared = Owner(OwnerKind.SHARED, None, _FIRST_VERSION)
        for object_id, kind in world.shared_types.items():
            self._record(object_id, kind, shared, children.shared_contents(world, object_id))
        for child in self._children():
            if child.contents is not None:
                owner = Owner(OwnerKind.OBJECT, child.parent)
                self._record(child.id, child.type, owner, child.contents)

    def _children(self) -> Iterator[Child]:
        world = self._world
        yield children.system(world)
        yield children.staking(world)
        for pool in world.ledger.state.staking.pools.values():
            yield from children.pool_of_node(world, pool)

    def _put(self, object_id: bytes, kind: Struct, owner: Owner, balance: int) -> None:
        self._record(object_id, kind, owner, layout.coin(object_id, balance))

    def _object(self, value: Object, owner: Owner) -> None:
        catalogue = self._world.catalogue
        kind = self._world.wal_coin_type
        if not isinstance(value, Coin):
            kind = catalogue.struct(type(value).__name__)
        self._record(value.id, kind, owner, layout.encode(value))

    def _record(self, object_id: bytes, kind: Struct, owner: Owner, contents: bytes) -> None:
        record = make_record(
            object_id,
            _FIRST_VERSION,
            owner,
            kind,
            contents,
            transaction=self._digest,
            storage_rebate=gas.storage_cost(contents),
            public_transfer="store" in self._world.catalogue.abilities(kind),
        )
        before = self._world.store.get(object_id)
        self._world.store.apply([Change(object_id, before, record, IdOperation.CREATED)])


def _owned(address: bytes) -> Owner:
    return Owner(OwnerKind.ADDRESS, address)
