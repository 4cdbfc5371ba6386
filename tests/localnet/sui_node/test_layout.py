"""Objects laid out as the official client reads them (ts-client.md, section 4), field by field."""

import pytest
from localnet.sui_node.people import (
    ALICE,
    N_SHARDS,
    OPERATOR,
    STORAGE_PRICE,
    WRITE_PRICE,
    Content,
    Draft,
    created,
    genesis,
    new_chain,
    node_key,
    register,
)

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.ids import dynamic_field_id
from walrus_core.localnet.sui_node.move_types import encode_type, parse_type
from walrus_core.localnet.sui_node.values import ObjectRecord
from walrus_core.protocol.keys import PublicKey

KEY_SIZE = 96


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> LocalChain:
    return new_chain(tmp_path_factory.mktemp("chain"))


def inner(chain: LocalChain, parent: bytes, kind: str) -> bcs.Reader:
    """What a shell keeps in its field, behind the field's id and key."""
    shell = chain.get_object(parent)
    assert shell is not None
    version = shell.contents[32:40]
    field_id = dynamic_field_id(parent, encode_type("u64"), version)
    record = chain.get_object(field_id)
    assert record is not None
    assert record.type is not None
    assert str(record.type.parameters[1]).endswith(f"::{kind}")
    assert (record.owner.kind.name, record.owner.address) == ("OBJECT", parent)
    reader = bcs.Reader(kind, record.contents)
    assert reader.take(40) == field_id + version
    return reader


@pytest.mark.parametrize("name", ["system", "staking"])
def test_shells(chain: LocalChain, name: str) -> None:
    record = chain.get_object(getattr(chain.ids, name))
    assert record is not None
    assert str(record.type) == f"0x{chain.ids.walrus_original.hex()}::{name}::{name.capitalize()}"
    assert (record.owner.kind.name, record.owner.initial_shared_version) == ("SHARED", 1)
    reader = bcs.Reader(name, record.contents)
    assert reader.address() == record.id
    assert reader.u64() == 4
    assert reader.address() == chain.ids.walrus_package != chain.ids.walrus_original
    assert reader.option(reader.address) is None
    reader.finish()


def committee_of(reader: bcs.Reader) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    return reader.vector(
        lambda: (reader.address(), reader.vector(reader.u16, most=1000)), most=1000
    )


def test_system_inner(chain: LocalChain) -> None:
    reader = inner(chain, chain.ids.system, "system_state_inner::SystemStateInnerV1")
    members = reader.vector(
        lambda: (reader.byte_vector(), reader.u16(), reader.address()), most=1000
    )
    assert [node for _, _, node in members] == sorted(node for _, _, node in members)
    keys = {bytes(PublicKey.from_uncompressed(key)) for key, _, _ in members}
    assert keys == {bytes(node_key(number).public_key) for number in range(4)}
    assert sum(weight for _, weight, _ in members) == N_SHARDS
    assert (reader.u16(), reader.u32()) == (N_SHARDS, 1)
    assert len(reader.byte_vector()) == KEY_SIZE
    state = chain.world.ledger.state.system
    assert (reader.u64(), reader.u64()) == (state.total_capacity, state.used_capacity)
    assert (reader.u64(), reader.u64()) == (STORAGE_PRICE, WRITE_PRICE)
    assert (reader.u32(), reader.u32()) == (0, genesis().max_epochs_ahead)
    slots = reader.vector(lambda: (reader.u32(), reader.u64(), reader.u64()), most=1000)
    assert [epoch for epoch, _, _ in slots] == list(range(1, 54))
    assert reader.option(lambda: reader.take(40)) is None
    assert reader.vector(lambda: reader.take(42), most=0) == ()
    reader.address()
    reader.finish()


def test_staking_inner(chain: LocalChain) -> None:
    reader = inner(chain, chain.ids.staking, "staking_inner::StakingInnerV1")
    assert reader.u16() == N_SHARDS
    assert reader.u64() == genesis().epoch_duration_ms
    assert reader.u64() == genesis().start_ms
    reader.address()
    assert (reader.u64(), reader.u32()) == (4, 1)
    reader.address()
    assert reader.option(lambda: committee_of(reader)) is None
    committee, previous = committee_of(reader), committee_of(reader)
    assert previous == ()
    members = chain.world.ledger.state.system.committee.members
    assert [node for node, _ in committee] == [member.node_id for member in members]
    shards = [shard for _, held in committee for shard in held]
    assert sorted(shards) == list(range(N_SHARDS))
    assert reader.option(lambda: reader.take(24)) is None
    assert reader.variant(3) == 1
    assert reader.u64() == genesis().start_ms
    reader.address()
    reader.finish()


def test_a_pool_is_the_object_with_the_nodes_id(chain: LocalChain) -> None:
    node, known = next(iter(chain.world.ledger.state.staking.pools.items()))
    record = chain.get_object(node)
    assert record is not None
    assert str(record.type).endswith("::staking_pool::StakingPool")
    reader = bcs.Reader("pool", record.contents)
    assert reader.address() == node
    assert reader.variant(3) == 0
    assert (reader.u64(), reader.u64()) == (STORAGE_PRICE, WRITE_PRICE)
    reader.u64()
    assert reader.text() == known.node_info.name
    assert reader.address() == node
    assert reader.text() == known.node_info.network_address
    assert len(reader.byte_vector()) == KEY_SIZE
    assert reader.option(reader.byte_vector) is None
    assert len(reader.byte_vector()) == 33
    reader.address()
    assert (reader.u32(), reader.u32()) == (0, 1)
    assert (reader.u64(), reader.u64()) == (known.wal_balance, known.num_shares)
    for _ in range(3):
        reader.vector(lambda: reader.take(12), most=100)
    assert reader.u16() == known.commission.rate
    reader.address()
    assert reader.u64() == len(known.exchange_rates)
    reader.vector(lambda: reader.take(12), most=100)
    assert (reader.u64(), reader.u64()) == (0, 0)
    assert reader.variant(2) == 1
    reader.address()
    assert reader.variant(2) == 0
    assert reader.address() == OPERATOR.address
    reader.address()
    assert reader.u64() == 0
    reader.finish()


def test_pools_are_listed_in_their_table(chain: LocalChain) -> None:
    reader = inner(chain, chain.ids.staking, "staking_inner::StakingInnerV1")
    reader.take(2 + 8 + 8)
    fields = chain.dynamic_fields(reader.address())
    assert {field.child for field in fields} == set(chain.world.ledger.state.staking.pools)
    assert {str(field.value_type).split("::")[-1] for field in fields} == {"StakingPool"}
    assert all(field.name == field.child for field in fields)


def test_attributes_are_under_the_official_key(chain: LocalChain) -> None:
    draft = Draft(chain)
    blob = register(draft, Content(root=1))
    texts = [draft.pure(bcs.text(text)) for text in ("_walrusBlobType", "quilt")]
    draft.call("blob::insert_or_update_metadata_pair", blob, *texts)
    draft.transfer(blob)
    record = created(draft.succeed(), "Blob")
    key = b"\10metadata"
    field = chain.get_object(dynamic_field_id(record.id, b"\6\1", key))
    assert field is not None
    assert field.contents == field.id + key + b"\1" + bcs.text("_walrusBlobType") + bcs.text(
        "quilt"
    )


def test_the_clock_shows_the_chains_time(chain: LocalChain) -> None:
    record = chain.get_object(bytes(31) + b"\6")
    assert record is not None
    assert str(record.type).endswith("2::clock::Clock")
    shown = int.from_bytes(record.contents[32:], "little")
    assert genesis().start_ms <= shown <= chain.now_ms()


def test_the_wal_type_is_learnt_from_a_function(chain: LocalChain) -> None:
    """By the path that the official client takes."""
    function = chain.function(chain.ids.walrus_original, "staking", "stake_with_pool")
    assert function is not None
    coin = function.parameters[1].type
    assert coin == parse_type(f"0x2::coin::Coin<0x{chain.ids.wal_package.hex()}::wal::WAL>")
    assert chain.function(chain.ids.walrus_package, "staking", "stake_with_pool") == function
    assert chain.function(chain.ids.walrus_package, "staking", "nothing") is None


def test_owned_objects_in_pages(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(*draft.split(draft.GAS, *range(1, 24)))
    draft.succeed()
    everything = chain.owned_objects(ALICE.address, None, None, 1000)
    assert [each.id for each in everything] == sorted(each.id for each in everything)
    found: list[ObjectRecord] = []
    while page := chain.owned_objects(ALICE.address, None, found[-1].id if found else None, 7):
        found += page
    assert found == everything
    coins = chain.owned_objects(ALICE.address, parse_type("0x2::coin::Coin"), None, 1000)
    sui = chain.owned_objects(ALICE.address, parse_type("0x2::coin::Coin<0x2::sui::SUI>"), None, 99)
    assert len(coins) == len(sui) + 1
    total = sum(each.balance or 0 for each in sui)
    assert chain.balance(ALICE.address, parse_type("0x2::sui::SUI")) == total
    assert set(chain.balances(ALICE.address)) == {each.coin_type for each in coins}


def test_packages(chain: LocalChain) -> None:
    ids = chain.ids
    versions = chain.package_versions(ids.walrus_original)
    assert [each.id for each in versions] == [ids.walrus_original, ids.walrus_package]
    package = chain.package(ids.walrus_package)
    assert package is not None
    assert {"system", "staking", "blob"} <= set(package.modules)
    record = chain.get_object(ids.walrus_package)
    assert record is not None
    assert record.type is None
    assert chain.package(bytes(32)) is None


def test_coins_are_known(chain: LocalChain) -> None:
    wal = chain.coin_info(parse_type(f"0x{chain.ids.wal_package.hex()}::wal::WAL"))
    sui = chain.coin_info(parse_type("0x2::sui::SUI"))
    assert wal is not None
    assert sui is not None
    assert (wal.symbol, wal.decimals, wal.total_supply) == ("WAL", 9, 5 * 10**18)
    assert (sui.symbol, sui.decimals) == ("SUI", 9)
    assert chain.coin_info("u8") is None


def test_checkpoints_follow_each_other(chain: LocalChain) -> None:
    last = chain.service_info().checkpoint
    for number in range(1, last + 1):
        checkpoint, before = chain.checkpoint(number), chain.checkpoint(number - 1)
        assert checkpoint is not None
        assert before is not None
        assert checkpoint.previous_digest == before.digest
        assert chain.checkpoint(checkpoint.digest) == checkpoint
        assert chain.transaction(checkpoint.transactions[0]) is not None
    assert chain.checkpoint(last + 1) is None
    assert chain.checkpoint(bytes(32)) is None
    assert chain.checkpoint(-1) is None
