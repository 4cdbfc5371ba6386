"""Random calls on a ledger, sensible and not, for the properties that any sequence of them has."""

from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from localnet.ledger.blob_steps import confirmation
from localnet.ledger.network import EPOCH_MS, address
from localnet.ledger.recorded import Recorded
from localnet.ledger.scenario import World

from walrus_core.localnet.ledger import Ledger, LedgerConfig
from walrus_core.localnet.ledger.encoding import RS2, derive_blob_id
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import (
    Blob,
    Coin,
    Object,
    SharedBlob,
    StakedWal,
    Storage,
    StorageNodeCap,
    StoragePool,
)
from walrus_core.protocol.messages import DenyListUpdate
from walrus_core.types import FROST_PER_WAL

N_SHARDS = 10
CONFIG = LedgerConfig(
    n_shards=N_SHARDS, epoch_duration_ms=EPOCH_MS, max_epochs_ahead=4, verify_signatures=False
)
ENCODED = 6940  # bytes that the smallest blobs take
CAPACITY = 60 * ENCODED

T = TypeVar("T", bound=Object)

few = st.integers(0, 5)
roots = st.integers(0, 2)
amounts = st.sampled_from([7, FROST_PER_WAL - 1, 5 * FROST_PER_WAL, 10**6 * FROST_PER_WAL])
sizes = st.sampled_from([0, ENCODED - 1, ENCODED, 2 * ENCODED, 5 * ENCODED, 2**64 - 1])
prices = st.sampled_from([0, 1, 1000, 10**9])


class Network(RuleBasedStateMachine):
    """Four nodes, two of them well staked, in epoch 1."""

    @initialize()
    def set_up(self) -> None:
        self.recorded = Recorded(Ledger(CONFIG))
        for number in range(4):
            self.register(number)
        for number, cap in enumerate(self.all(StorageNodeCap)):
            if number < 2:
                stake = self.coin((number + 1) * 10 * FROST_PER_WAL)
                self.call("staking.stake_with_pool", stake, cap.node_id)
        self.turn_epoch()
        self.store()

    def store(self) -> None:
        """Something to work on: storage, blobs that can be certified, a pool."""
        coin = self.coin(FROST_PER_WAL)
        for root in range(2):
            storage = self.call("system.reserve_space", ENCODED, 2, coin)
            blob = derive_blob_id(root, RS2, 1), root, 1, RS2, root == 0
            self.call("system.register_blob", storage, *blob, coin)
        self.call("system.reserve_space", ENCODED, 3, coin)
        pool = self.call("system.create_storage_pool", 3 * ENCODED, 2, coin)
        self.call("system.register_pooled_blob", pool, *blob, coin)

    @property
    def ledger(self) -> Ledger:
        return self.recorded.ledger

    def call(self, name: str, *arguments: Any, sender: bytes = bytes(32)) -> Any:
        return self.recorded.call(name, *arguments, sender=sender)

    def all(self, kind: type[T]) -> list[T]:
        return [one for one in self.ledger.objects.values() if isinstance(one, kind)]

    def some(self, kind: type[T], number: int) -> T | None:
        """One of them; None if there are none."""
        found = self.all(kind)
        return found[number % len(found)] if found else None

    def coin(self, amount: int) -> Coin:
        coin: Coin = self.call("coin.split", self.ledger.wal.genesis_coin, amount)
        return coin

    def register(self, number: int) -> None:
        self.call(
            "staking.register_candidate",
            *(f"node {number}", "node:9185", NodeMetadata(), bytes(48), bytes(33), b""),
            *(1000 * number, 5 + number, 1, CAPACITY // N_SHARDS * (number + 1)),
            sender=address(number),
        )

    @rule(skip=st.integers(0, 20))
    def turn_epoch(self, skip: int = 20) -> None:
        """As far as it goes: most steps now and then come too early."""
        self.ledger.advance_clock(self.ledger.now_ms + EPOCH_MS * skip // 20)
        self.call("staking.voting_end")
        self.call("staking.initiate_epoch_change_v2")
        for cap in self.all(StorageNodeCap):
            self.call("staking.epoch_sync_done", cap, self.ledger.staking.epoch())


class StakingCalls(Network):
    """Stakes, votes, commissions, subsidies."""

    @rule(node=few, amount=amounts)
    def stake(self, node: int, amount: int) -> None:
        cap = self.some(StorageNodeCap, node)
        assert cap is not None
        self.call("staking.stake_with_pool", self.coin(amount), cap.node_id)

    @rule(
        number=few,
        what=st.sampled_from(["request_withdraw_stake", "withdraw_stake"]),
    )
    def unstake(self, number: int, what: str) -> None:
        if stake := self.some(StakedWal, number):
            self.call(f"staking.{what}", stake)

    @rule(first=few, second=few, amount=amounts)
    def cut_and_join_stakes(self, first: int, second: int, amount: int) -> None:
        stake, other = self.some(StakedWal, first), self.some(StakedWal, second)
        if stake and other and stake is not other:
            self.call("staked_wal.split", stake, amount)
            self.call("staked_wal.join", stake, other)

    @rule(node=few, price=prices, rate=st.sampled_from([0, 1, 5000, 10_000, 10_001]))
    def vote(self, node: int, price: int, rate: int) -> None:
        cap = self.some(StorageNodeCap, node)
        self.call("staking.set_storage_price_vote", cap, price)
        self.call("staking.set_write_price_vote", cap, price + 1)
        self.call("staking.set_node_capacity_vote", cap, CAPACITY // (price % 5 + 1))
        self.call("staking.set_next_commission", cap, rate)
        self.call("staking.update_prices")
        self.call("staking.try_join_active_set", cap)

    @rule(node=few, amount=amounts)
    def commission(self, node: int, amount: int) -> None:
        cap = self.some(StorageNodeCap, node)
        assert cap is not None
        self.call("staking.add_commission_to_pools", [cap.node_id], [self.coin(amount)])
        proof = self.call("auth.authenticate_with_object", cap)
        self.call("staking.collect_commission", cap.node_id, proof)

    @rule(amount=amounts, epochs=few)
    def subsidise(self, amount: int, epochs: int) -> None:
        self.call("system.add_subsidy", self.coin(amount), epochs)
        self.call("walrus_subsidies.add_coin", self.coin(amount))
        self.call("walrus_subsidies.process_subsidies")


class BlobCalls(Network):
    """Storage, and the blobs on it."""

    @rule(size=sizes, epochs=few, start=few, amount=amounts)
    def reserve(self, size: int, epochs: int, start: int, amount: int) -> None:
        coin = self.coin(amount)
        self.call("system.reserve_space", size, epochs, coin)
        self.call("system.reserve_space_for_epochs", size, start, start + epochs, coin)

    @rule(first=few, second=few, size=sizes, epoch=few)
    def cut_and_join_storage(self, first: int, second: int, size: int, epoch: int) -> None:
        storage, other = self.some(Storage, first), self.some(Storage, second)
        if storage and other and storage is not other:
            self.call("storage_resource.split_by_epoch", storage, epoch)
            self.call("storage_resource.split_by_size", storage, size)
            self.call("storage_resource.fuse", storage, other)

    @rule(number=few, root=roots, deletable=st.booleans(), amount=amounts)
    def register_blob(self, number: int, root: int, deletable: bool, amount: int) -> None:
        if storage := self.some(Storage, number):
            blob_id = derive_blob_id(root, RS2, 1)
            coin = self.coin(amount)
            self.call("system.register_blob", storage, blob_id, root, 1, RS2, deletable, coin)

    @rule(number=few)
    def certify(self, number: int) -> None:
        if blob := self.some(Blob, number):
            world = World(self.ledger)
            message = confirmation(world, blob, None)
            self.call("system.certify_blob", blob, b"", world.all_sign(), message)

    @rule(number=few, storage=few, epochs=few, amount=amounts)
    def extend(self, number: int, storage: int, epochs: int, amount: int) -> None:
        if blob := self.some(Blob, number):
            self.call("system.extend_blob", blob, epochs, self.coin(amount))
            if extension := self.some(Storage, storage):
                self.call("system.extend_blob_with_resource", blob, extension)

    @rule(number=few, end=st.sampled_from(["delete", "burn", "share"]), amount=amounts)
    def end_blob(self, number: int, end: str, amount: int) -> None:
        if blob := self.some(Blob, number):
            if end == "delete":
                self.call("system.delete_blob", blob)
            elif end == "burn":
                self.call("blob.burn", blob)
            else:
                self.call("shared_blob.new_funded", blob, self.coin(amount))

    @rule(number=few, epochs=few, amount=amounts)
    def extend_shared(self, number: int, epochs: int, amount: int) -> None:
        if shared := self.some(SharedBlob, number):
            self.call("shared_blob.fund", shared, self.coin(amount))
            self.call("shared_blob.extend", shared, epochs)

    @rule(number=few, key=st.sampled_from("abc"), value=st.sampled_from("xy"))
    def attribute(self, number: int, key: str, value: str) -> None:
        if blob := self.some(Blob, number):
            self.call("blob.add_metadata", blob, {value: key})
            self.call("blob.insert_or_update_metadata_pair", blob, key, value)
            self.call("blob.remove_metadata_pair", blob, "a")


class PoolCalls(Network):
    """Storage pools and the blobs in them."""

    @rule(size=sizes, epochs=few, amount=amounts, number=few)
    def create_pool(self, size: int, epochs: int, amount: int, number: int) -> None:
        self.call("system.create_storage_pool", size, epochs, self.coin(amount))
        if storage := self.some(Storage, number):
            self.call("system.create_storage_pool_with_storage", storage)

    @rule(number=few, root=roots, deletable=st.booleans(), amount=amounts)
    def fill_pool(self, number: int, root: int, deletable: bool, amount: int) -> None:
        if pool := self.some(StoragePool, number):
            blob_id, coin = derive_blob_id(root, RS2, 1), self.coin(amount)
            blob = (pool, blob_id, root, 1, RS2, deletable)
            self.call("system.register_pooled_blob", *blob, coin)

    @rule(number=few, root=roots)
    def certify_pooled(self, number: int, root: int) -> None:
        pool, blob_id = self.some(StoragePool, number), derive_blob_id(root, RS2, 1)
        if pool and (blob := pool.blobs.get(blob_id)):
            world = World(self.ledger)
            signed = world.all_sign(), confirmation(world, blob, None)
            self.call("system.certify_pooled_blob", pool, blob_id, b"", *signed)

    @rule(
        number=few,
        root=roots,
        what=st.sampled_from(["delete_pooled_blob", "burn_expired_pooled_blob"]),
    )
    def empty_pool(self, number: int, root: int, what: str) -> None:
        if pool := self.some(StoragePool, number):
            self.call(f"system.{what}", pool, derive_blob_id(root, RS2, 1))
            self.call("storage_pool.destroy", pool)

    @rule(number=few, size=sizes, epochs=few, amount=amounts, storage=few)
    def change_pool(self, number: int, size: int, epochs: int, amount: int, storage: int) -> None:
        if pool := self.some(StoragePool, number):
            coin = self.coin(amount)
            self.call("system.extend_storage_pool", pool, epochs, coin)
            self.call("system.increase_storage_pool_capacity", pool, size, coin)
            self.call("system.decrease_storage_pool_capacity_by_size", pool, size)
            shrink = "system.decrease_storage_pool_unused_capacity_by_percent"
            self.call(shrink, pool, 21 * epochs)
            if extra := self.some(Storage, storage):
                self.call("system.increase_storage_pool_capacity_with_storage", pool, extra)


class NodeCalls(Network):
    """What nodes attest, and how they vote on each other."""

    @rule(node=few, checkpoint=few)
    def event_blob(self, node: int, checkpoint: int) -> None:
        blob = derive_blob_id(checkpoint, RS2, 1), checkpoint, 1, RS2
        cap, epoch = self.some(StorageNodeCap, node), self.ledger.system.epoch()
        self.call("system.certify_event_blob", cap, *blob, checkpoint, epoch)

    @rule(node=few, sequence=few, size=sizes)
    def deny_list(self, node: int, sequence: int, size: int) -> None:
        cap = self.some(StorageNodeCap, node)
        assert cap is not None
        message = DenyListUpdate(self.ledger.system.epoch(), cap.node_id, sequence, size, 1)
        signed = World(self.ledger).all_sign(), bytes(message)
        self.call("system.register_deny_list_update", cap, 1, sequence)
        self.call("system.update_deny_list", cap, b"", *signed)

    @rule(voter=st.integers(0, 3), candidate=few)
    def slash(self, voter: int, candidate: int) -> None:
        caps = self.all(StorageNodeCap)
        node, target = caps[voter].node_id, caps[candidate % len(caps)].node_id
        for number in range(len(caps)):
            proof = self.call("auth.authenticate_sender", sender=address(number))
            self.call("slashing.vote_for_slashing", proof, node, target)
        self.call("slashing.execute_slashing", target)


class AnyCalls(StakingCalls, BlobCalls, PoolCalls, NodeCalls):
    """All of them, on one ledger."""
