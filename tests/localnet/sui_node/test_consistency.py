"""Whatever happens, the objects on show are what the ledger has, and money is conserved."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from localnet.sui_node.people import (
    ALICE,
    OPERATOR,
    STORAGE_PRICE,
    Content,
    Draft,
    certify,
    confirmation,
    fingerprint,
    new_chain,
    register,
)

from walrus_core.localnet.ledger.objects import Blob, SharedBlob, StoragePool
from walrus_core.localnet.sui_node import bcs, children, layout
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.chain_clock import ChainClock
from walrus_core.localnet.sui_node.children import Child
from walrus_core.localnet.sui_node.epoch_driver import EpochDriver
from walrus_core.localnet.sui_node.refusals import RefusedError
from walrus_core.localnet.sui_node.store import make_record
from walrus_core.localnet.sui_node.values import ExecutedTransaction, ObjectRecord, OwnerKind
from walrus_core.localnet.sui_node.world import CLOCK, SUI_COIN, World


class Hours(ChainClock):
    """A clock that is set by hand."""

    time_ms = 0

    def now_ms(self) -> int:
        return self.time_ms


def expected_children(world: World) -> Iterator[Child]:
    yield children.system(world)
    yield children.staking(world)
    for pool in world.ledger.state.staking.pools.values():
        yield from children.pool_of_node(world, pool)
    for held in world.ledger.objects.values():
        if isinstance(held, Blob):
            yield children.attributes_of(world, held.id, held)
        if isinstance(held, SharedBlob):
            yield children.attributes_of(world, held.blob.id, held.blob)
        if isinstance(held, StoragePool):
            yield children.storage_pool(world, held.id, held)
            for blob_id in held.blobs:
                yield from children.pooled(world, held, blob_id)


def check(chain: LocalChain) -> None:
    """Every object on show is in the ledger, as it is there; and the other way round."""
    world = chain.world
    left = {record.id: record for record in world.store}
    for child in expected_children(world):
        if child.contents is not None:
            record = left.pop(child.id)
            assert (record.contents, record.type) == (child.contents, child.type)
            assert (record.owner.kind, record.owner.address) == (OwnerKind.OBJECT, child.parent)
    for object_id in world.shared_types:
        record = left.pop(object_id)
        if object_id != CLOCK:
            assert record.contents == children.shared_contents(world, object_id)
    for held in world.ledger.objects.values():
        if held.id != world.exchange.wal_coin:
            assert left.pop(held.id).contents == layout.encode(held)
    assert {str(record.type) for record in left.values()} <= {str(SUI_COIN)}
    for record in world.store:
        assert record.type is not None
        again = make_record(
            record.id,
            record.version,
            record.owner,
            record.type,
            record.contents,
            transaction=record.previous_transaction,
            storage_rebate=record.storage_rebate,
            public_transfer=record.public_transfer,
        )
        assert again == record


class Life:
    """Somebody who does all sorts of things."""

    def __init__(self, chain: LocalChain, seed: int) -> None:
        self.chain = chain
        self.source = random.Random(seed)
        self.clock = Hours(0)
        self.clock.time_ms = chain.now_ms()
        chain._clock = self.clock
        self.driver = EpochDriver(chain, OPERATOR.address, OPERATOR.sign)
        self.contents: dict[bytes, Content] = {}
        self.count = 0

    def step(self) -> ExecutedTransaction | None:
        """One thing; it may well fail."""
        self.clock.time_ms += self.source.randrange(1000)
        actions = [
            self.register,
            self.register,
            self.certify,
            self.extend,
            self.end_blob,
            self.attribute,
            self.share,
            self.reserve,
            self.cut_storage,
            self.stake,
            self.unstake,
            self.pool,
            self.use_pool,
            self.turn_epoch,
        ]
        draft = Draft(self.chain)
        try:
            self.source.choice(actions)(draft)
        except (LookupError, IndexError):
            return None  # there is nothing yet to do it with
        return draft.run() if draft.commands else None

    def mine(self, name: str) -> ObjectRecord:
        kind = self.chain.world.catalogue.struct(name)
        return self.source.choice(self.chain.owned_objects(ALICE.address, kind, None, 1000))

    def content_of(self, blob: ObjectRecord) -> Content:
        number = int.from_bytes(blob.contents[36:68], "little")
        return self.contents[number.to_bytes(32, "little")]

    def new_content(self) -> Content:
        self.count += 1
        content = Content(size=self.source.randrange(1, 10**6), root=self.count)
        self.contents[content.blob_id.to_bytes(32, "little")] = content
        return content

    def register(self, draft: Draft) -> None:
        deletable = self.source.random() < 0.5
        content, epochs = self.new_content(), self.source.randint(1, 4)
        draft.transfer(register(draft, content, epochs=epochs, deletable=deletable))

    def certify(self, draft: Draft) -> None:
        blob = self.mine("Blob")
        deletable = blob.contents[-1] == 1
        message = confirmation(self.chain, self.content_of(blob), blob if deletable else None)
        certify(draft, blob, message)

    def extend(self, draft: Draft) -> None:
        blob = self.mine("Blob")
        [payment] = draft.split(draft.wal(), 10**6 * STORAGE_PRICE)
        system, epochs = draft.system(), draft.u32(self.source.randint(1, 3))
        draft.call("system::extend_blob", system, draft.owned(blob.id), epochs, payment)
        draft.transfer(payment)

    def end_blob(self, draft: Draft) -> None:
        blob = draft.owned(self.mine("Blob").id)
        if self.source.random() < 0.5:
            draft.call("blob::burn", blob)
        else:
            draft.transfer(draft.call("system::delete_blob", draft.system(False), blob))

    def attribute(self, draft: Draft) -> None:
        blob = draft.owned(self.mine("Blob").id)
        key = draft.pure(bcs.text(self.source.choice("abc")))
        if self.source.random() < 0.7:
            value = draft.pure(bcs.text("value" * self.source.randrange(9)))
            draft.call("blob::insert_or_update_metadata_pair", blob, key, value)
        else:
            draft.call("blob::remove_metadata_pair", blob, key)

    def share(self, draft: Draft) -> None:
        if self.source.random() < 0.3:
            draft.call("shared_blob::new", draft.owned(self.mine("Blob").id))

    def reserve(self, draft: Draft) -> None:
        [payment] = draft.split(draft.wal(), 10**6)
        size, epochs = draft.u64(self.source.randrange(2**24)), draft.u32(3)
        draft.transfer(draft.call("system::reserve_space", draft.system(), size, epochs, payment))
        draft.transfer(payment)

    def cut_storage(self, draft: Draft) -> None:
        storage = draft.owned(self.mine("Storage").id)
        if self.source.random() < 0.6:
            size = draft.u64(self.source.randrange(2**24))
            draft.transfer(draft.call("storage_resource::split_by_size", storage, size))
        else:
            draft.call("storage_resource::fuse", storage, draft.owned(self.mine("Storage").id))

    def stake(self, draft: Draft) -> None:
        [coin] = draft.split(draft.wal(), self.source.randint(10**9, 10**10))
        node = self.source.choice(list(self.chain.world.ledger.state.staking.pools))
        staking = draft.shared(self.chain.ids.staking)
        draft.transfer(draft.call("staking::stake_with_pool", staking, coin, draft.pure(node)))

    def unstake(self, draft: Draft) -> None:
        stake = draft.owned(self.mine("StakedWal").id)
        staking = draft.shared(self.chain.ids.staking)
        match self.source.randrange(3):
            case 0:
                draft.call("staking::request_withdraw_stake", staking, stake)
            case 1:
                draft.transfer(draft.call("staking::withdraw_stake", staking, stake))
            case _:
                draft.transfer(draft.call("staked_wal::split", stake, draft.u64(10**9)))

    def pool(self, draft: Draft) -> None:
        [payment] = draft.split(draft.wal(), 10**7)
        size, epochs = draft.u64(2**26), draft.u32(4)
        system = draft.system()
        pool = draft.call("system::create_storage_pool", system, size, epochs, payment)
        draft.transfer(pool, payment)

    def use_pool(self, draft: Draft) -> None:
        pool, system = draft.owned(self.mine("StoragePool").id), draft.system()
        content = self.new_content()
        numbers = [draft.pure(bcs.u256(value)) for value in (content.blob_id, content.root)]
        if self.source.random() < 0.3 and self.count > 1:
            known = self.source.choice(list(self.contents))
            draft.call("system::delete_pooled_blob", system, pool, draft.pure(known))
            return
        [payment] = draft.split(draft.wal(), 10**6)
        tail = [draft.u64(content.size), draft.pure(b"\1"), draft.pure(b"\1"), payment]
        draft.call("system::register_pooled_blob", system, pool, *numbers, *tail)
        draft.transfer(payment)

    def turn_epoch(self, draft: Draft) -> None:
        del draft
        self.clock.time_ms += self.chain.genesis.epoch_duration_ms // 4
        asyncio.run(self.driver.turn())


@pytest.mark.parametrize("seed", range(3))
def test_a_life(tmp_path: Path, seed: int) -> None:
    chain = new_chain(tmp_path)
    check(chain)
    life, done, failed = Life(chain, seed), 0, 0
    for step in range(300):
        try:
            executed = life.step()
        except RefusedError as refusal:
            pytest.fail(str(refusal))
        if executed is not None:
            done += 1
            failed += executed.effects.failure is not None
        if step % 20 == 0:
            check(chain)
    check(chain)
    assert done > 150
    assert failed < done / 2
    assert chain.world.ledger.state.system.epoch > 2
    state, names = fingerprint(chain), {r.type.name for r in chain.world.store if r.type}
    assert {"Blob", "SharedBlob", "Storage", "StakedWal", "StoragePool", "PooledBlob"} <= names
    again = LocalChain.open(tmp_path)
    assert fingerprint(again) == state
    check(again)
