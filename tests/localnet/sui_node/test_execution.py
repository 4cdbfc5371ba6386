"""Transactions carried out: what they change, what they cost, what is undone."""

from pathlib import Path

import pytest
from localnet.sui_node.people import (
    ALICE,
    BOB,
    BUDGET,
    STORAGE_PRICE,
    WRITE_PRICE,
    Content,
    Draft,
    certify,
    coins,
    confirmation,
    created,
    fingerprint,
    new_chain,
    reference,
    register,
    registered,
)

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.ids import digest_of
from walrus_core.localnet.sui_node.refusals import RefusedError
from walrus_core.localnet.sui_node.values import IdOperation, OwnerKind
from walrus_core.localnet.sui_node.world import SUI


@pytest.fixture
def chain(tmp_path: Path) -> LocalChain:
    return new_chain(tmp_path)


def test_registration_makes_the_blob_and_takes_the_price(chain: LocalChain) -> None:
    content = Content()
    before = chain.balance(ALICE.address, chain.world.wal_coin_type.parameters[0])
    draft = Draft(chain)
    draft.transfer(register(draft, content, epochs=5))
    executed = draft.succeed()
    blob = created(executed, "Blob")
    assert blob == chain.get_object(blob.id)
    assert (blob.owner.kind, blob.owner.address) == (OwnerKind.ADDRESS, ALICE.address)
    fields = bcs.Reader("blob", blob.contents)
    assert fields.address() == blob.id
    assert fields.u32() == 1
    assert fields.uint(32) == content.blob_id
    assert fields.u64() == content.size
    assert fields.u8() == 1
    assert fields.option(fields.u32) is None
    fields.address()
    assert (fields.u32(), fields.u32(), fields.u64()) == (1, 6, content.encoded)
    assert not fields.boolean()
    fields.finish()
    paid = before - chain.balance(ALICE.address, chain.world.wal_coin_type.parameters[0])
    assert paid == content.units * (WRITE_PRICE + 5 * STORAGE_PRICE)
    assert [event.type.name for event in executed.events] == ["BlobRegistered"]


def test_a_blob_lives_from_certificate_to_deletion(chain: LocalChain) -> None:
    content = Content()
    blob = registered(chain, content, deletable=True)
    draft = Draft(chain)
    certify(draft, blob, confirmation(chain, content, blob))
    [event] = draft.succeed().events
    assert event.type.name == "BlobCertified"

    draft = Draft(chain)
    [payment] = draft.split(draft.wal(), content.units * STORAGE_PRICE * 2)
    system = draft.system()
    draft.call("system::extend_blob", system, draft.owned(blob.id), draft.u32(2), payment)
    draft.framework("coin::destroy_zero", payment)
    draft.succeed()

    draft = Draft(chain)
    storage = draft.call("system::delete_blob", draft.system(False), draft.owned(blob.id))
    draft.transfer(storage)
    executed = draft.succeed()
    gone = {change.id: change for change in executed.effects.changes}[blob.id]
    assert (gone.after, gone.operation) == (None, IdOperation.DELETED)
    [back] = [c for c in executed.effects.changes if c.type and c.type.name == "Storage"]
    assert (back.before, back.operation) == (None, IdOperation.NONE)
    assert chain.get_object(blob.id) is None


def test_registering_wraps_the_storage(chain: LocalChain) -> None:
    content = Content()
    draft = Draft(chain)
    [payment] = draft.split(draft.wal(), content.units * STORAGE_PRICE)
    size, system = draft.u64(content.encoded), draft.system()
    space = draft.call("system::reserve_space", system, size, draft.u32(1), payment)
    draft.framework("coin::destroy_zero", payment)
    draft.transfer(space)
    storage = created(draft.succeed(), "Storage")

    draft = Draft(chain)
    [payment] = draft.split(draft.wal(), content.units * WRITE_PRICE)
    numbers = [draft.pure(bcs.u256(value)) for value in (content.blob_id, content.root)]
    tail = [draft.u64(content.size), draft.pure(b"\1"), draft.pure(b"\0"), payment]
    owned = draft.owned(storage.id)
    blob = draft.call("system::register_blob", draft.system(), owned, *numbers, *tail)
    draft.framework("coin::destroy_zero", payment)
    draft.transfer(blob)
    wrapped = {c.id: c for c in draft.succeed().effects.changes}[storage.id]
    assert (wrapped.after, wrapped.operation) == (None, IdOperation.NONE)


@pytest.mark.parametrize(
    ("signers", "module", "code", "name"),
    [
        ((0, 1), "bls_aggregate", 2, "ENotEnoughStake"),
        ((0, 1, 2, 3), "blob", 5, "EAlreadyCertified"),
    ],
)
def test_aborts_say_module_code_name_and_command(
    chain: LocalChain, signers: tuple[int, ...], module: str, code: int, name: str
) -> None:
    content = Content()
    blob = registered(chain, content)
    message = confirmation(chain, content)
    if name == "EAlreadyCertified":
        draft = Draft(chain)
        certify(draft, blob, message)
        draft.succeed()
    draft = Draft(chain)
    draft.transfer(draft.split(draft.GAS, 1)[0])
    certify(draft, blob, message, signers)
    failure = draft.run().effects.failure
    assert failure is not None
    assert (failure.kind, failure.command) == ("MOVE_ABORT", 2)
    assert (failure.abort_module, failure.abort_code, failure.abort_name) == (module, code, name)
    assert failure.abort_function == "certify_blob"


def test_a_failure_changes_nothing_but_gas_and_versions(chain: LocalChain) -> None:
    wal, gas = coins(chain, ALICE, wal=True)[0], coins(chain, ALICE)[0]
    draft = Draft(chain)
    blob = register(draft, Content(root=9))
    draft.transfer(blob)
    draft.transfer(blob)
    executed = draft.run()
    failure = executed.effects.failure
    assert failure is not None
    assert (failure.kind, failure.argument_kind) == (
        "COMMAND_ARGUMENT_ERROR",
        "INVALID_VALUE_USAGE",
    )
    assert len(chain.owned_objects(ALICE.address, None, None, 100)) == 2
    after = chain.get_object(wal.id)
    assert after is not None
    assert (after.balance, after.version) == (wal.balance, executed.effects.lamport_version)
    paid = chain.get_object(gas.id)
    assert paid is not None
    assert paid.balance == (gas.balance or 0) - executed.effects.gas_used.net
    assert executed.effects.gas_used.net > 0
    assert executed.events == ()
    assert chain.transaction(executed.digest) is not None


def test_only_one_of_two_racing_spends_wins(chain: LocalChain) -> None:
    def spend(person_gas: int) -> tuple[bytes, bytes]:
        draft = Draft(chain)
        draft.transfer(draft.wal(), to=BOB.address)
        draft.payment = (reference(coins(chain, ALICE)[0]),)
        draft.budget += person_gas
        content = draft.content()
        return content, ALICE.sign(content)

    first, second = spend(0), spend(1)
    assert chain.execute_now(first[0], [first[1]]).effects.failure is None
    state = fingerprint(chain)
    with pytest.raises(RefusedError, match="not available for consumption"):
        chain.execute_now(second[0], [second[1]])
    assert fingerprint(chain) == state


def test_the_same_transaction_again_is_the_same_outcome(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(draft.wal(), to=BOB.address)
    content = draft.content()
    first = chain.execute_now(content, [ALICE.sign(content)])
    again = chain.execute_now(content, [ALICE.sign(content)])
    assert (again.checkpoint, again.effects.bcs) == (first.checkpoint, first.effects.bcs)
    assert chain.service_info().checkpoint == 1


def test_gas_coins_are_smashed_and_pay(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(*draft.split(draft.GAS, 10**9, 2 * 10**9))
    draft.succeed()
    before = chain.balance(ALICE.address, SUI)
    pieces = coins(chain, ALICE)
    assert len(pieces) == 3
    draft = Draft(chain, payment=tuple(map(reference, pieces)))
    draft.transfer(draft.split(draft.GAS, 5)[0], to=BOB.address)
    executed = draft.succeed()
    [left] = coins(chain, ALICE)
    assert left.id == pieces[0].id == executed.effects.gas_object
    assert left.balance == before - 5 - executed.effects.gas_used.net
    deleted = {c.id for c in executed.effects.changes if c.operation is IdOperation.DELETED}
    assert deleted == {piece.id for piece in pieces[1:]}


def test_the_gas_coin_can_be_given_away(chain: LocalChain) -> None:
    gas = coins(chain, ALICE)[0]
    draft = Draft(chain)
    draft.transfer(draft.GAS, to=BOB.address)
    executed = draft.succeed()
    now = chain.get_object(gas.id)
    assert now is not None
    assert now.owner.address == BOB.address
    assert now.balance == (gas.balance or 0) - executed.effects.gas_used.net


def test_commands_cannot_spend_the_budget(chain: LocalChain) -> None:
    gas = coins(chain, ALICE)[0]
    draft = Draft(chain)
    draft.transfer(draft.split(draft.GAS, (gas.balance or 0) - BUDGET + 1)[0])
    failure = draft.run().effects.failure
    assert failure is not None
    assert failure.kind == "INSUFFICIENT_COIN_BALANCE"


def test_a_budget_too_small_is_used_up(chain: LocalChain) -> None:
    gas = coins(chain, ALICE)[0]
    draft = Draft(chain, budget=1_000_000)
    draft.transfer(*draft.split(draft.GAS, 1, 2, 3))
    executed = draft.run()
    assert executed.effects.failure is not None
    assert executed.effects.failure.kind == "INSUFFICIENT_GAS"
    now = chain.get_object(gas.id)
    assert now is not None
    assert (gas.balance or 0) - (now.balance or 0) == executed.effects.gas_used.net <= 1_000_000


def test_money_is_conserved(chain: LocalChain) -> None:
    """Of all WAL and SUI, wherever it is, nothing is lost but gas."""

    def totals() -> tuple[int, int]:
        records = list(chain.world.store)
        sui = sum(r.balance or 0 for r in records if r.coin_type == SUI)
        return sui + chain.world.exchange.sui_balance, _all_wal(chain)

    sui, wal = totals()
    gas = 0
    exchange = chain.ids.exchange_package
    for step in range(6):
        draft = Draft(chain)
        pool = draft.shared(chain.ids.exchange)
        if step % 2:
            [coin] = draft.split(draft.GAS, 10**9 + step)
            got = draft.call("wal_exchange::exchange_all_for_wal", pool, coin, package=exchange)
        else:
            [coin] = draft.split(draft.wal(), 10**9 + step)
            got = draft.call("wal_exchange::exchange_all_for_sui", pool, coin, package=exchange)
        draft.transfer(got)
        gas += draft.succeed().effects.gas_used.net
        draft = Draft(chain)
        draft.transfer(register(draft, Content(root=step), epochs=step + 1))
        gas += draft.succeed().effects.gas_used.net
    assert totals() == (sui - gas, wal)


def _all_wal(chain: LocalChain) -> int:
    """In coins, stakes, pools and the System."""
    state = chain.world.ledger.state
    kind = chain.world.wal_coin_type
    loose = sum(r.balance or 0 for r in chain.world.store if r.type == kind)
    stakes = [r for r in chain.world.store if r.type and r.type.name == "StakedWal"]
    staked = sum(int.from_bytes(r.contents[65:73], "little") for r in stakes)
    pools = sum(p.rewards_pool + p.commission.balance for p in state.staking.pools.values())
    rewards = sum(slot.rewards for slot in state.system.ring.slots)
    return loose + staked + pools + rewards + chain.world.exchange_coin.value


def test_balance_changes_sum_up_to_gas_and_prices(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(draft.split(draft.GAS, 77)[0], to=BOB.address)
    executed = draft.succeed()
    changes = {change.address: change.amount for change in executed.balance_changes}
    assert changes == {BOB.address: 77, ALICE.address: -77 - executed.effects.gas_used.net}


def test_effects_have_the_digest_of_their_bytes(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(register(draft, Content()))
    effects = draft.succeed().effects
    assert effects.digest == digest_of("TransactionEffects", effects.bcs)
    assert [c.id for c in effects.changes] == sorted(c.id for c in effects.changes)
    assert all(
        c.after is None or c.after.version == effects.lamport_version for c in effects.changes
    )
    versions = [c.before.version for c in effects.changes if c.before]
    assert effects.lamport_version == max(versions) + 1
