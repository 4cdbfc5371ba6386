"""What commands may do with their arguments: Move's rules about moving and borrowing."""

from collections.abc import Callable

import pytest
from localnet.sui_node.people import (
    ALICE,
    BOB,
    FRAMEWORK,
    Content,
    Draft,
    coins,
    created,
    new_chain,
    register,
    registered,
)

from walrus_core.localnet.ledger.objects import Storage
from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.native_calls import NATIVE
from walrus_core.localnet.sui_node.transaction_data import Argument, MoveCall, Place, SplitCoins
from walrus_core.localnet.sui_node.values import Failure, OwnerKind


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> LocalChain:
    return new_chain(tmp_path_factory.mktemp("chain"))


def failure_of(draft: Draft) -> Failure:
    failure = draft.run().effects.failure
    assert failure is not None
    return failure


def argument_fails(draft: Draft, kind: str, index: int = 0) -> None:
    failure = failure_of(draft)
    assert failure.kind == "COMMAND_ARGUMENT_ERROR", failure
    assert (failure.argument_kind, failure.argument_index) == (kind, index)


def test_what_is_left_over_must_be_droppable(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.split(draft.GAS, 1, 2)
    failure = failure_of(draft)
    assert failure.kind == "UNUSED_VALUE_WITHOUT_DROP"
    assert (failure.argument_index, failure.nested_index) == (0, 0)
    draft = Draft(chain)
    draft.call("auth::authenticate_sender")
    draft.call("metadata::new")
    draft.succeed()


def test_unused_pure_inputs_are_fine(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.pure(bytes(72))
    draft.transfer(draft.split(draft.GAS, 1)[0])
    assert len(draft.succeed().data.kind.inputs) == 3


def test_moved_values_are_gone(chain: LocalChain) -> None:
    draft = Draft(chain)
    [coin] = draft.split(draft.GAS, 5)
    draft.transfer(coin)
    draft.merge(draft.GAS, coin)
    argument_fails(draft, "INVALID_VALUE_USAGE", 1)


def test_one_value_is_not_borrowed_twice_in_one_command(chain: LocalChain) -> None:
    draft = Draft(chain)
    [coin] = draft.split(draft.GAS, 5)
    draft.framework("coin::join", coin, coin, wal=False)
    argument_fails(draft, "INVALID_VALUE_USAGE", 1)
    draft = Draft(chain)
    draft.merge(draft.GAS, draft.GAS)
    argument_fails(draft, "INVALID_GAS_COIN_USAGE", 1)


def test_the_gas_coin_is_moved_by_transfers_alone(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.vector(draft.GAS)
    argument_fails(draft, "INVALID_GAS_COIN_USAGE")
    draft = Draft(chain)
    recipient = draft.pure(BOB.address)
    draft.call(
        "transfer::public_transfer",
        draft.GAS,
        recipient,
        types=(coins(chain, ALICE)[0].type or "u8",),
        package=FRAMEWORK,
    )
    argument_fails(draft, "INVALID_GAS_COIN_USAGE")


def test_read_only_shared_objects_are_not_changed(chain: LocalChain) -> None:
    draft = Draft(chain)
    [payment] = draft.split(draft.wal(), 1000)
    size, epochs = draft.u64(1), draft.u32(1)
    draft.call("system::reserve_space", draft.system(mutable=False), size, epochs, payment)
    argument_fails(draft, "INVALID_OBJECT_BY_MUT_REF")


def test_shared_objects_are_not_moved(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(draft.shared(chain.ids.exchange))
    argument_fails(draft, "INVALID_OBJECT_BY_VALUE")


@pytest.mark.parametrize(
    ("argument", "kind", "nested"),
    [
        (Argument(Place.INPUT, 9), "INDEX_OUT_OF_BOUNDS", 9),
        (Argument(Place.RESULT, 1), "INDEX_OUT_OF_BOUNDS", 1),
        (Argument(Place.RESULT, 0), "INVALID_RESULT_ARITY", 0),
        (Argument(Place.NESTED_RESULT, 0, 7), "SECONDARY_INDEX_OUT_OF_BOUNDS", 7),
    ],
)
def test_arguments_must_name_something(
    chain: LocalChain, argument: Argument, kind: str, nested: int
) -> None:
    draft = Draft(chain)
    draft.split(draft.GAS, 1, 2)
    draft.merge(draft.GAS, argument)
    failure = failure_of(draft)
    assert (failure.argument_kind, failure.nested_index) == (kind, nested)
    assert (failure.command, failure.argument_index) == (1, 1)


@pytest.mark.parametrize("content", [b"", b"\1", bytes(7), bytes(9)])
def test_pure_bytes_must_be_a_value_of_the_type(chain: LocalChain, content: bytes) -> None:
    draft = Draft(chain)
    draft.framework("coin::split", draft.GAS, draft.pure(content), wal=False)
    argument_fails(draft, "INVALID_BCS_BYTES", 1)


def test_objects_are_not_given_as_bytes(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.framework("coin::value", draft.pure(bytes(40)), wal=False)
    argument_fails(draft, "INVALID_USAGE_OF_PURE_ARGUMENT")


def test_types_must_match(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.framework("coin::value", draft.GAS, wal=True)
    argument_fails(draft, "TYPE_MISMATCH")
    draft = Draft(chain)
    draft.merge(draft.GAS, draft.wal())
    argument_fails(draft, "TYPE_MISMATCH", 1)


def test_calls_must_name_functions_with_their_arity(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.call("system::no_such_function")
    assert failure_of(draft).kind == "FUNCTION_NOT_FOUND"
    draft = Draft(chain)
    draft.call("metadata::new", draft.GAS)
    assert failure_of(draft).kind == "ARITY_MISMATCH"
    draft = Draft(chain)
    draft.call("metadata::new", types=("u8",))
    assert failure_of(draft).kind == "TYPE_ARITY_MISMATCH"
    draft = Draft(chain)
    draft.call("coin::zero", types=("u8",), package=FRAMEWORK)
    assert failure_of(draft).kind == "TYPE_ARGUMENT_ERROR"


def test_what_has_no_store_is_not_transferred(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(draft.call("auth::authenticate_sender"))
    argument_fails(draft, "TYPE_MISMATCH")


def test_the_old_package_is_out_of_date(chain: LocalChain) -> None:
    draft = Draft(chain)
    old = chain.ids.walrus_original
    draft.call("system::epoch", draft.system(mutable=False), package=old)
    failure = failure_of(draft)
    assert (failure.abort_module, failure.abort_name) == ("system", "EWrongVersion")
    draft = Draft(chain)
    draft.call("metadata::new", package=old)
    draft.succeed()


def test_zero_coins_are_made_and_destroyed(chain: LocalChain) -> None:
    draft = Draft(chain)
    for wal in (True, False):
        draft.framework("coin::destroy_zero", draft.framework("coin::zero", wal=wal), wal=wal)
    draft.succeed()
    draft = Draft(chain)
    draft.framework("coin::destroy_zero", draft.split(draft.GAS, 1)[0], wal=False)
    failure = failure_of(draft)
    assert (failure.abort_module, failure.abort_name) == ("balance", "ENonZero")


def test_balances_come_from_coins_and_return(chain: LocalChain) -> None:
    for wal in (True, False):
        draft = Draft(chain)
        [coin] = draft.split(draft.wal() if wal else draft.GAS, 10)
        balance = draft.framework("coin::into_balance", coin, wal=wal)
        part = draft.framework("balance::split", balance, draft.u64(4), wal=wal)
        draft.framework("balance::join", balance, part, wal=wal)
        draft.transfer(draft.framework("coin::from_balance", balance, wal=wal))
        assert created(draft.succeed(), "Coin").balance == 10


def test_subsidies_are_a_vector_of_balances(chain: LocalChain) -> None:
    before = chain.world.ledger.state.system.ring[1].rewards
    draft = Draft(chain)
    parts = draft.split(draft.wal(), 10, 20)
    kind = chain.world.catalogue.type("Balance<WAL>")
    balances = [draft.framework("coin::into_balance", part) for part in parts]
    vector = draft.vector(*balances, of=kind)
    draft.call("system::add_per_epoch_subsidies", draft.system(), vector)
    draft.succeed()
    assert chain.world.ledger.state.system.ring[1].rewards == before + 20


def test_attributes_are_a_field_of_the_blob(chain: LocalChain) -> None:
    draft = Draft(chain)
    blob = register(draft, Content(root=501))
    metadata = draft.call("metadata::new")
    draft.call("blob::add_metadata", blob, metadata)
    key, value = draft.pure(bcs.text("name")), draft.pure(bcs.text("Ångström"))
    draft.call("blob::insert_or_update_metadata_pair", blob, key, value)
    draft.transfer(blob)
    record = created(draft.succeed(), "Blob")
    [field] = chain.dynamic_fields(record.id)
    assert field.name == b"\10metadata"
    assert field.value == bcs.vector([bcs.text("name") + bcs.text("Ångström")])
    draft = Draft(chain)
    key = draft.pure(bcs.text("name"))
    draft.call("blob::remove_metadata_pair", draft.owned(record.id), key)
    draft.succeed()
    [field] = chain.dynamic_fields(record.id)
    assert field.value == b"\0"
    draft = Draft(chain)
    draft.call("blob::burn", draft.owned(record.id))
    draft.succeed()
    assert chain.dynamic_fields(record.id) == []


def test_a_shared_blob_is_funded_and_extended_by_anyone(chain: LocalChain) -> None:
    blob = registered(chain, Content(root=502))
    draft = Draft(chain)
    draft.call("shared_blob::new", draft.owned(blob.id))
    executed = draft.succeed()
    shared = created(executed, "SharedBlob")
    assert shared.owner.kind is OwnerKind.SHARED
    assert shared.owner.initial_shared_version == executed.effects.lamport_version
    assert shared.contents[32:64] == blob.id
    draft = Draft(chain, BOB)
    draft.call("shared_blob::fund", draft.shared(shared.id), draft.split(draft.wal(), 50)[0])
    draft.succeed()
    now = chain.get_object(shared.id)
    assert now is not None
    assert now.contents[-8:] == bcs.u64(50)


def test_pools_hold_blobs_as_objects(chain: LocalChain) -> None:
    content = Content(root=503)
    draft = Draft(chain)
    payment = draft.split(draft.wal(), 100_000)[0]
    system = draft.system()
    size = draft.u64(content.encoded * 2)
    pool = draft.call("system::create_storage_pool", system, size, draft.u32(2), payment)
    numbers = [draft.pure(bcs.u256(value)) for value in (content.blob_id, content.root)]
    tail = [draft.u64(content.size), draft.pure(b"\1"), draft.pure(b"\1"), payment]
    draft.call("system::register_pooled_blob", system, pool, *numbers, *tail)
    draft.transfer(pool, payment)
    executed = draft.succeed()
    record, blob = created(executed, "StoragePool"), created(executed, "PooledBlob")
    assert [field.name for field in chain.dynamic_fields(record.id)] == [bcs.u64(1)]
    draft = Draft(chain)
    blob_id = draft.pure(bcs.u256(content.blob_id))
    draft.call("system::delete_pooled_blob", draft.system(False), draft.owned(record.id), blob_id)
    draft.succeed()
    assert chain.get_object(blob.id) is None


def test_thousands_of_uses_of_one_large_input_are_bounded(chain: LocalChain) -> None:
    draft = Draft(chain)
    large = draft.pure(bcs.vector([bytes(32)] * 500))
    manager, staking = draft.shared(chain.ids.slashing_manager), draft.shared(chain.ids.staking)
    for _ in range(100):
        draft.call("slashing::cleanup_slashing_proposals", manager, staking, large)
    assert failure_of(draft).kind == "MOVE_RAW_VALUE_TOO_BIG"


def test_new_objects_are_bounded(chain: LocalChain) -> None:
    draft = Draft(chain)
    one = draft.u64(1)
    for _ in range(5):
        draft.commands.append(SplitCoins(draft.GAS, (one,) * 500))
    assert failure_of(draft).kind == "EFFECTS_TOO_LARGE"


def test_every_function_is_carried_out_by_something(chain: LocalChain) -> None:
    """Each declared function is the ledger's, or native."""
    world = chain.world
    for function in world.catalogue.functions.values():
        face: object = getattr(world.ledger, function.module, None)
        known: Callable[..., object] | None = getattr(face, function.name, None)
        native = (function.module, function.name) in NATIVE
        assert native or callable(known), f"{function.module}::{function.name}"


def test_calls_of_unknown_modules_of_known_packages(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.commands.append(MoveCall(FRAMEWORK, "no_module", "f", (), ()))
    assert failure_of(draft).kind == "FUNCTION_NOT_FOUND"


def test_numbers_that_do_not_fit_are_errors_of_arithmetic(chain: LocalChain) -> None:
    """They have no code; they are said to have happened where the call went."""
    draft = Draft(chain)
    storage, other = (_space(draft) for _ in range(2))
    draft.transfer(storage, other)
    executed = draft.succeed()
    ids = [
        change.id
        for change in executed.effects.changes
        if change.type and change.type.name == "Storage"
    ]
    ledger = chain.world.ledger
    for object_id in ids:
        held = ledger.objects[object_id]
        assert isinstance(held, Storage)
        with ledger.transaction():
            held.storage_size = 2**63
    draft = Draft(chain)
    draft.call("storage_resource::fuse", *map(draft.owned, ids))
    failure = failure_of(draft)
    assert failure.kind == "MOVE_PRIMITIVE_RUNTIME_ERROR"
    assert (failure.abort_module, failure.abort_code) == ("storage_resource", None)
    assert (failure.abort_function, failure.command) == ("fuse", 0)


def _space(draft: Draft) -> Argument:
    [payment] = draft.split(draft.wal(), 100)
    size, epochs = draft.u64(1), draft.u32(1)
    space = draft.call("system::reserve_space", draft.system(), size, epochs, payment)
    draft.framework("coin::destroy_zero", payment)
    return space
