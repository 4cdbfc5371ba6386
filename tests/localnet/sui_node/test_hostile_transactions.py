"""Thousands of transactions that are wrong in some way: the chain stays up, and as it was."""

import dataclasses
import random

import pytest
from localnet.sui_node.people import (
    ALICE,
    BOB,
    OPERATOR,
    Content,
    Draft,
    Person,
    coins,
    fingerprint,
    new_chain,
    reference,
    register,
    registered,
    with_gas,
)

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.sui_node import bcs, transaction_bcs
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.refusals import RefusedError
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
    Input,
    InputKind,
    Place,
    Programmable,
    TransactionData,
)

REFUSED = (RefusedError, InvalidEncodingError)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> LocalChain:
    return new_chain(tmp_path_factory.mktemp("chain"))


def good(chain: LocalChain) -> Draft:
    draft = Draft(chain)
    draft.transfer(register(draft, Content()))
    return draft


def refused(chain: LocalChain, data: TransactionData, match: str, person: Person = ALICE) -> None:
    state, number = fingerprint(chain), chain.service_info().checkpoint
    content = transaction_bcs.encode(data)
    with pytest.raises(REFUSED, match=match):
        chain.execute_now(content, [person.sign(content)])
    assert fingerprint(chain) == state
    assert chain.service_info().checkpoint == number


def test_a_thousand_changed_bytes(chain: LocalChain) -> None:
    """With the old signature: whatever still reads as a transaction is not the one signed."""
    state = fingerprint(chain)
    content = good(chain).content()
    signature = ALICE.sign(content)
    source = random.Random(1)
    for _ in range(1000):
        changed = bytearray(content)
        for _ in range(source.randint(1, 4)):
            changed[source.randrange(len(changed))] ^= source.randint(1, 255)
        with pytest.raises(REFUSED):
            chain.execute_now(bytes(changed), [signature])
    assert fingerprint(chain) == state


def test_a_thousand_changed_bytes_that_are_signed(chain: LocalChain) -> None:
    """Signed anew each time: refused, or carried out as what it now is, and conserved."""
    content = good(chain).content()
    source = random.Random(2)
    for _ in range(1000):
        changed = bytearray(content)
        for _ in range(source.randint(1, 3)):
            changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
        try:
            data = transaction_bcs.decode(bytes(changed))
            executed = chain.simulate(data).executed
        except REFUSED:
            continue
        if executed.effects.failure is not None:
            assert executed.events == ()


def test_random_bytes(chain: LocalChain) -> None:
    source = random.Random(3)
    for size in range(1000):
        with pytest.raises(REFUSED):
            chain.execute_now(source.randbytes(size), [source.randbytes(97)])


def test_random_arguments_fail_cleanly(chain: LocalChain) -> None:
    """Any arguments to any function: an ExecutedTransaction, a failure if it is wrong."""
    source = random.Random(4)
    world, state = chain.world, fingerprint(chain)
    functions = list(world.catalogue.functions.values())
    for _ in range(1500):
        draft = Draft(chain)
        places = [draft.wal(), draft.GAS, *draft.split(draft.GAS, 5, 6)]
        places += [draft.shared(each, source.random() < 0.7) for each in world.shared_types]
        places += [draft.pure(source.randbytes(source.choice([0, 1, 2, 4, 8, 32, 33])))]
        places += [draft.pure(bcs.uint(source.randrange(99), n)) for n in (1, 2, 4, 8, 32)]
        places += [Argument(Place.RESULT, source.randrange(4)), Argument(Place.INPUT, 40)]
        for _ in range(source.randint(1, 4)):
            function = source.choice(functions)
            package = function.package
            if package == world.ids.walrus_original:
                package = world.ids.walrus_package
            some = [source.choice(places) for _ in function.parameters]
            types = tuple(world.wal_coin_type.parameters for _ in function.type_parameters)
            target = f"{function.module}::{function.name}"
            kinds = types[0] if types else ()
            places.append(draft.call(target, *some, types=kinds, package=package))
        chain.simulate(draft.data())
    assert fingerprint(chain) == state


def test_right_types_with_random_values(chain: LocalChain) -> None:
    """Every function with arguments of its parameters' types, as far as they can be had."""
    source = random.Random(5)
    world, state = chain.world, fingerprint(chain)
    for function in world.catalogue.functions.values():
        package = function.package
        if package == world.ids.walrus_original:
            package = world.ids.walrus_package
        for _ in range(12):
            draft = Draft(chain)
            arguments = [value_for(draft, source, str(p.type)) for p in function.parameters]
            types = world.wal_coin_type.parameters if function.type_parameters else ()
            draft.call(
                f"{function.module}::{function.name}", *arguments, types=types, package=package
            )
            executed = chain.simulate(draft.data()).executed
            failure = executed.effects.failure
            assert failure is None or failure.kind != "INVARIANT_VIOLATION", function
    assert fingerprint(chain) == state


def value_for(draft: Draft, source: random.Random, kind: str) -> Argument:
    """An argument of that type if it is easy to have, else some bytes."""
    widths = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "u256": 32, "address": 32, "bool": 1}
    for object_id, shared in draft.chain.world.shared_types.items():
        if kind == str(shared):
            return draft.shared(object_id, mutable=True)
    if kind in widths:
        small = source.randrange(2 if kind == "bool" else 7)
        return draft.pure(bcs.uint(small, widths[kind]))
    if kind.endswith("::sui::SUI>"):
        return draft.split(draft.GAS, source.randrange(1000))[0]
    if "::coin::Coin<" in kind:
        return draft.split(draft.owned(coins(draft.chain, ALICE, wal=True)[0].id), 10)[0]
    if kind == "vector<u8>" or "String" in kind:
        return draft.pure(bcs.byte_vector(b"x" * source.choice([0, 1, 32, 48, 96])))
    if "object::ID" in kind:
        nodes = list(draft.chain.world.ledger.state.staking.pools)
        return draft.pure(source.choice([*nodes, bytes(32)]))
    if "Authenticated" in kind:
        return draft.call("auth::authenticate_sender")
    return draft.pure(b"\0")


def test_every_wrong_reference_is_refused(chain: LocalChain) -> None:
    data = good(chain).data()
    [coin] = coins(chain, ALICE)[:1]
    assert reference(coin) == data.gas.payment[0]

    def gas(**changes: object) -> TransactionData:
        return with_gas(data, payment=(dataclasses.replace(reference(coin), **changes),))  # type: ignore[arg-type]

    refused(chain, gas(version=coin.version + 1), "not available for consumption")
    refused(chain, gas(version=0), "not available for consumption")
    refused(chain, gas(digest=bytes(32)), "not available for consumption")
    refused(chain, gas(id=bytes(32)), "no object")
    refused(chain, gas(id=chain.ids.staking), "no SUI coin")
    refused(chain, with_gas(data, payment=()), "no gas coins")
    refused(chain, with_gas(data, payment=(reference(coin),) * 2), "twice")
    bobs = coins(chain, BOB)[0]
    refused(chain, with_gas(data, payment=(reference(bobs),)), "not by the gas owner")


def test_every_wrong_input_is_refused(chain: LocalChain) -> None:
    data = good(chain).data()

    def with_input(value: Input) -> TransactionData:
        kind = Programmable((*data.kind.inputs, value), data.kind.commands)
        return dataclasses.replace(data, kind=kind)

    system, bobs = chain.ids.system, coins(chain, BOB)[0]
    pool = next(iter(chain.world.ledger.state.staking.pools))
    record = chain.get_object(pool)
    assert record is not None
    owned = InputKind.OWNED
    refused(
        chain,
        with_input(Input(owned, b"", bobs.id, bobs.version, bobs.digest)),
        "not by the sender",
    )
    refused(
        chain,
        with_input(Input(owned, b"", record.id, record.version, record.digest)),
        "not owned by an address",
    )
    shared = InputKind.SHARED
    refused(chain, with_input(Input(shared, b"", chain.ids.staking, 9)), "was shared at version 1")
    refused(chain, with_input(Input(shared, b"", bobs.id, 1)), "not shared")
    refused(chain, with_input(Input(shared, b"", system, 1)), "twice")
    receiving = Input(InputKind.RECEIVING, b"", bobs.id, bobs.version, bobs.digest)
    refused(chain, with_input(receiving), "receiving")


def test_gas_out_of_bounds_is_refused(chain: LocalChain) -> None:
    data = good(chain).data()
    refused(chain, with_gas(data, price=999), "gas price")
    refused(chain, with_gas(data, price=100_000), "gas price")
    refused(chain, with_gas(data, budget=999_999), "gas budget")
    refused(chain, with_gas(data, budget=2**64 - 1), "gas budget")
    refused(chain, with_gas(data, price=2**64 - 1), "gas price")


def test_another_signer_is_refused(chain: LocalChain) -> None:
    data = good(chain).data()
    refused(chain, data, "is missing", BOB)
    refused(chain, dataclasses.replace(data, sender=BOB.address), "required")


def test_no_commands_and_expired_and_unknown_packages_are_refused(chain: LocalChain) -> None:
    data = good(chain).data()
    refused(chain, dataclasses.replace(data, kind=Programmable((), ())), "without commands")
    refused(chain, dataclasses.replace(data, expiration=0), "expired")
    draft = Draft(chain)
    draft.call("system::epoch", draft.system(), package=bytes(32))
    refused(chain, draft.data(), "no package")


def test_a_sponsor_pays(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(draft.wal(), to=BOB.address)
    coin = coins(chain, OPERATOR)[0]
    data = with_gas(draft.data(), payment=(reference(coin),), owner=OPERATOR.address)
    content = transaction_bcs.encode(data)
    with pytest.raises(RefusedError, match="required"):
        chain.execute_now(content, [ALICE.sign(content)])
    executed = chain.execute_now(content, [ALICE.sign(content), OPERATOR.sign(content)])
    assert executed.effects.failure is None
    paid = {change.address: change.amount for change in executed.balance_changes}
    assert paid[OPERATOR.address] == -executed.effects.gas_used.net
    back = Draft(chain, BOB)
    back.transfer(back.wal(), to=ALICE.address)
    back.succeed()


def test_two_blobs_of_one_id_are_fine(chain: LocalChain) -> None:
    assert registered(chain, Content(root=3)).id != registered(chain, Content(root=3)).id
