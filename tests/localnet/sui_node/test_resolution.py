"""Half-finished transactions come back complete, as the official client needs them."""

import dataclasses
import time
from pathlib import Path

import pytest
from localnet.sui_node.people import (
    ALICE,
    Content,
    Draft,
    Person,
    certify,
    coins,
    confirmation,
    fingerprint,
    new_chain,
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
from walrus_core.localnet.sui_node.world import SUI

NOBODY = Person("nobody")


@pytest.fixture
def chain(tmp_path: Path) -> LocalChain:
    return new_chain(tmp_path)


def half(draft: Draft) -> TransactionData:
    """Objects by their ids alone, no gas."""
    inputs = tuple(
        Input(InputKind.UNRESOLVED, b"", each.id) if each.id else each for each in draft.inputs
    )
    data = draft.data()
    data = dataclasses.replace(data, kind=Programmable(inputs, data.kind.commands))
    return with_gas(data, payment=(), price=0, budget=0)


def finish(chain: LocalChain, data: TransactionData) -> TransactionData:
    """Resolved, and carried out to see that it is right."""
    simulated = chain.simulate(data, select_gas=True)
    assert simulated.executed.effects.failure is None
    content = transaction_bcs.encode(simulated.executed.data)
    executed = chain.execute_now(content, [ALICE.sign(content)])
    assert executed.effects.failure is None
    assert executed.effects.gas_used.net <= simulated.executed.data.gas.budget
    return executed.data


def test_registration(chain: LocalChain) -> None:
    draft = Draft(chain)
    unused = draft.pure(bytes(72))
    draft.transfer(register(draft, Content()))
    state = fingerprint(chain)
    data = chain.simulate(half(draft), select_gas=True).executed.data
    assert fingerprint(chain) == state
    assert data.kind == Programmable(tuple(draft.inputs), tuple(draft.commands))
    assert data.kind.inputs[unused.index].pure == bytes(72)
    assert data.gas.price == chain.sui_epoch().reference_gas_price
    assert data.expiration is None
    finish(chain, half(draft))


def test_only_what_is_changed_is_mutable(chain: LocalChain) -> None:
    """certify_blob and delete_blob take the System by reference, register_blob by `&mut`."""
    content = Content()
    blob = registered(chain, content, deletable=True)
    draft = Draft(chain)
    certify(draft, blob, confirmation(chain, content, blob))
    data = finish(chain, half(draft))
    [system] = [each for each in data.kind.inputs if each.id == chain.ids.system]
    assert (system.kind, system.mutable, system.version) == (InputKind.SHARED, False, 1)
    draft = Draft(chain)
    draft.transfer(register(draft, content))
    data = finish(chain, half(draft))
    [system] = [each for each in data.kind.inputs if each.id == chain.ids.system]
    assert system.mutable


def test_gas_coins_are_not_inputs(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(*draft.split(draft.GAS, 10**9, 10**9))
    draft.succeed()
    largest = coins(chain, ALICE)[0]
    draft = Draft(chain, payment=())
    draft.transfer(draft.owned(largest.id), to=NOBODY.address)
    data = finish(chain, half(draft))
    assert largest.id not in {each.id for each in data.gas.payment}
    assert data.gas.owner == ALICE.address


def test_as_many_gas_coins_as_it_takes(chain: LocalChain) -> None:
    """Little coins, of which one alone could not pay."""
    draft = Draft(chain)
    draft.transfer(*draft.split(draft.GAS, *[1_200_000] * 20), to=NOBODY.address)
    draft.succeed()
    draft = Draft(chain, NOBODY, payment=())
    draft.call("metadata::new")
    draft.call("auth::authenticate_sender")
    data = chain.simulate(half(draft), select_gas=True).executed.data
    assert 1_200_000 * len(data.gas.payment) >= data.gas.budget > 1_200_000
    assert len(data.gas.payment) < 20
    assert chain.balance(NOBODY.address, SUI) == 20 * 1_200_000


def test_who_has_no_gas_is_told(chain: LocalChain) -> None:
    draft = Draft(chain, NOBODY, payment=())
    draft.call("metadata::new")
    with pytest.raises(RefusedError, match="no SUI coins owned by 0x"):
        chain.simulate(half(draft), select_gas=True)
    draft = Draft(chain)
    draft.transfer(draft.split(draft.GAS, 999)[0], to=NOBODY.address)
    draft.succeed()
    draft = Draft(chain, NOBODY, payment=())
    draft.call("metadata::new")
    with pytest.raises(RefusedError, match="999 MIST < 1,000,000"):
        chain.simulate(half(draft), select_gas=True)


def test_failures_are_told_with_their_abort(chain: LocalChain) -> None:
    draft = Draft(chain)
    [payment] = draft.split(draft.wal(), 10)
    draft.call("system::reserve_space", draft.system(), draft.u64(1), draft.u32(60), payment)
    failure = chain.simulate(half(draft), select_gas=True).executed.effects.failure
    assert failure is not None
    assert (failure.abort_name, failure.command) == ("EInvalidEpochsAhead", 1)


def test_unknown_objects_are_refused(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.call("system::epoch", draft.add_input(Input(InputKind.UNRESOLVED, b"", bytes(32))))
    with pytest.raises(RefusedError, match="there is no object"):
        chain.simulate(draft.data(), select_gas=True)


def test_without_gas_coins_nobody_pays(chain: LocalChain) -> None:
    """For views: what commands return is in the answer."""
    draft = Draft(chain, NOBODY, payment=())
    draft.call("system::epoch", draft.system(mutable=False))
    simulated = chain.simulate(half(draft))
    assert simulated.executed.effects.failure is None
    assert simulated.executed.effects.gas_object is None
    [returned] = simulated.outputs[0].returned
    assert (returned.type, returned.contents) == ("u32", bcs.u32(1))


def test_an_inspection_may_leave_values_over(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.split(draft.GAS, 5)
    assert chain.simulate(draft.data()).executed.effects.failure is not None
    assert chain.simulate(draft.data(), checks=False).executed.effects.failure is None


def test_what_is_too_large_to_be_sent_is_not_tried(chain: LocalChain) -> None:
    draft = Draft(chain)
    for _ in range(1025):
        draft.call("metadata::new")
    with pytest.raises(InvalidEncodingError, match="1,024"):
        chain.simulate(draft.data())
    draft = Draft(chain)
    draft.call("metadata::new")
    for _ in range(10):
        draft.pure(bytes(16_000))
    with pytest.raises(InvalidEncodingError, match="131,072"):
        chain.simulate(half(draft), select_gas=True)


def test_many_inputs_are_resolved_in_no_time(chain: LocalChain) -> None:
    """Each looked up once, whatever the number of commands."""
    draft = Draft(chain)
    for _ in range(1000):
        draft.call("system::epoch", draft.system(mutable=False))
    draft.inputs += [Input(InputKind.UNRESOLVED, b"", chain.ids.staking)] * 900
    started = time.perf_counter()
    with pytest.raises(RefusedError, match="twice"):
        chain.simulate(draft.data())
    assert time.perf_counter() - started < 2


def test_numbers_that_do_not_fit_are_refused(chain: LocalChain) -> None:
    """Messages have wider integers than transactions."""
    draft = Draft(chain)
    draft.merge(draft.GAS, Argument(Place.INPUT, 2**16))
    with pytest.raises(InvalidEncodingError, match="does not fit"):
        chain.simulate(draft.data())
