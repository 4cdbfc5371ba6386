"""The ledger's boundary: arguments, objects at large, transactions."""

import hashlib

import pytest
from localnet.ledger.network import Network, refused

from walrus_core.errors import InvalidArgumentError, UnknownObjectError
from walrus_core.localnet.ledger import Ledger, LedgerConfig
from walrus_core.localnet.ledger.objects import Coin, Storage
from walrus_core.types import FROST_PER_WAL

ENCODED = 6940


@pytest.fixture
def network() -> Network:
    """In epoch 1, with room to sell."""
    network = Network.of([10, 20])
    network.next_epoch()
    return network


def reserve(network: Network, size: int = ENCODED, epochs: int = 2) -> Storage:
    return network.ledger.system.reserve_space(size, epochs, network.coin(FROST_PER_WAL))


@pytest.mark.parametrize("size", [-1, 2**64, 1.0, "1", None, True], ids=repr)
def test_integers_have_widths(network: Network, size: object) -> None:
    digest = network.ledger.digest()
    coin = network.ledger.wal.genesis_coin
    with pytest.raises(InvalidArgumentError, match="storage_amount"):
        network.ledger.system.reserve_space(size, 1, coin)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="storage_amount"):
        network.ledger.system.reserve_space(
            payment=coin,
            epochs_ahead=1,
            storage_amount=size,  # type: ignore[arg-type]
        )
    assert network.ledger.digest() == digest


def test_objects_have_kinds_and_other_values_types(network: Network) -> None:
    system, coin = network.ledger.system, network.ledger.wal.genesis_coin
    storage = reserve(network)
    with pytest.raises(InvalidArgumentError, match="payment must be a Coin, not Storage"):
        system.reserve_space(1, 1, storage)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="deletable must be of type bool, not int"):
        system.register_blob(storage, 1, 1, 1, 1, 1, coin)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="node_id must be 32 bytes"):
        network.ledger.staking.stake_with_pool(network.coin(1), b"node")


def test_what_is_taken_is_gone(network: Network) -> None:
    storage = reserve(network)
    network.ledger.storage_resource.destroy(storage)
    assert storage.id not in network.ledger.objects
    with pytest.raises(UnknownObjectError) as caught:
        network.ledger.storage_resource.destroy(storage)
    assert (caught.value.kind, caught.value.object_id) == ("Storage", storage.id)
    with pytest.raises(UnknownObjectError):
        network.ledger.objects[storage.id]
    with pytest.raises(InvalidArgumentError):
        network.ledger.objects[storage.id.hex()]  # type: ignore[index]


def test_a_failed_call_gives_back_what_it_took(network: Network) -> None:
    first, second = reserve(network), reserve(network, size=2 * ENCODED)
    with refused("storage_resource", 2):
        network.ledger.storage_resource.fuse_periods(first, second)
    assert network.ledger.objects[second.id] is second


def test_nothing_is_given_twice_in_one_call(network: Network) -> None:
    storage = reserve(network)
    with pytest.raises(UnknownObjectError):
        network.ledger.storage_resource.fuse(storage, storage)
    coin = network.coin(5)
    with pytest.raises(UnknownObjectError):
        network.ledger.system.add_per_epoch_subsidies([coin, coin])
    assert network.ledger.objects[coin.id] is coin


def test_objects_of_another_ledger(network: Network) -> None:
    other = Ledger.restore(network.ledger.snapshot())
    with pytest.raises(UnknownObjectError):
        network.ledger.system.reserve_space(1, 1, other.wal.genesis_coin)


def test_state_is_not_to_be_written_to(network: Network) -> None:
    storage = reserve(network)
    with pytest.raises(InvalidArgumentError, match="only through the ledger's calls"):
        storage.storage_size = 2**40


def test_a_transaction_is_all_or_nothing(network: Network) -> None:
    ledger, storage = network.ledger, reserve(network)
    digest, seen = ledger.digest(), ledger.events.end
    with refused("storage_resource", 0), ledger.transaction() as tx:
        ledger.storage_resource.split_by_size(storage, 10)
        ledger.staking.update_prices()
        assert len(tx.events) == 1
        ledger.storage_resource.split_by_epoch(storage, 99)
    assert tx.events == []
    assert (ledger.digest(), ledger.events.end) == (digest, seen)
    assert storage.storage_size == ENCODED


def test_a_failure_that_is_caught_inside_takes_back_its_own_part(network: Network) -> None:
    ledger, storage = network.ledger, reserve(network)
    with ledger.transaction() as tx:
        rest = ledger.storage_resource.split_by_size(storage, 10)
        ids = tx.ids_created
        with refused("storage_resource", 0):
            ledger.storage_resource.split_by_epoch(storage, 99)
        with refused("storage_resource", 2), ledger.transaction() as inner:
            assert inner is tx
            ledger.storage_resource.split_by_size(storage, 5)
            ledger.storage_resource.split_by_size(storage, 6)
        assert tx.ids_created == ids
    assert (storage.storage_size, rest.storage_size) == (10, ENCODED - 10)


def test_ids_come_from_the_digest_and_a_count() -> None:
    ledger = Ledger(LedgerConfig(n_shards=10))
    digest = bytes(range(32))
    with ledger.transaction(digest=digest):
        coins = [ledger.coin.split(ledger.wal.genesis_coin, 1) for _ in range(2)]
    for count, coin in enumerate(coins):
        source = b"\xf1" + digest + count.to_bytes(8, "little")
        assert coin.id == hashlib.blake2b(source, digest_size=32).digest()


def test_the_clock_is_the_callers_and_never_goes_back() -> None:
    ledger = Ledger(LedgerConfig(n_shards=10, start_ms=5))
    with ledger.transaction(now_ms=10) as tx:
        assert (tx.now_ms, ledger.now_ms) == (10, 10)
        with (
            pytest.raises(InvalidArgumentError, match="outer block"),
            ledger.transaction(now_ms=11),
        ):
            pass
    with pytest.raises(InvalidArgumentError), ledger.transaction(now_ms=9):
        pass
    with pytest.raises(ZeroDivisionError), ledger.transaction(now_ms=20):
        1 / 0  # noqa: B018
    assert ledger.now_ms == 10


def test_senders_and_digests_have_32_bytes() -> None:
    ledger = Ledger(LedgerConfig(n_shards=10))
    for wrong in ({"sender": b""}, {"digest": bytes(31)}, {"sender": "0x0"}):
        with pytest.raises(InvalidArgumentError), ledger.transaction(**wrong):  # type: ignore[arg-type]
            pass


def test_a_digest_serves_one_transaction() -> None:
    ledger = Ledger(LedgerConfig(n_shards=10))
    with ledger.transaction(digest=bytes(32)):
        ledger.coin.zero()
    with (
        pytest.raises(InvalidArgumentError, match="a digest of its own"),
        ledger.transaction(digest=bytes(32)),
    ):
        ledger.coin.zero()


def test_transactions_of_two_ledgers_do_not_meet() -> None:
    one, other = (Ledger(LedgerConfig(n_shards=10)) for _ in range(2))
    digest = one.digest()
    with refused("balance", 2), one.transaction():
        one.coin.zero()
        kept = other.coin.zero()
        one.coin.zero()
        one.coin.split(one.coin.zero(), 1)
    assert one.digest() == digest
    assert other.objects[kept.id] is kept


def test_looking_changes_nothing(network: Network) -> None:
    digest = network.ledger.digest()
    system = network.ledger.system
    assert (system.epoch(), system.n_shards(), system.version()) == (1, 10, 4)
    assert system.total_capacity_size() > system.used_capacity_size() == 0
    assert len(system.future_accounting()) == 53
    assert network.ledger.digest() == digest


def test_events_are_read_from_a_cursor_and_forgotten(network: Network) -> None:
    events = network.ledger.events
    cursor = events.end
    network.ledger.staking.update_prices()
    [(number, event)] = events.since(cursor)
    assert (number, type(event).__name__) == (cursor, "PricesUpdated")
    events.forget(cursor)
    assert (events.first, list(events)) == (cursor, [(cursor, event)])
    assert events.since(0) == [(cursor, event)]
    events.forget(10**9)
    assert (len(events), events.end) == (0, cursor + 1)


def test_a_shell_of_another_version(network: Network) -> None:
    with network.ledger.transaction():
        network.ledger.state.system.version = 5
    with refused("system", 1):
        network.ledger.system.epoch()


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_shards": 0},
        {"n_shards": 65_536},
        {"contract_version": 2},
        {"epoch_duration_ms": -1},
        {"active_set_size": 0},
        {"max_epochs_ahead": 0},
    ],
    ids=repr,
)
def test_configurations(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidArgumentError):
        LedgerConfig(**{"n_shards": 10, **wrong})


def test_the_ring_has_a_limit() -> None:
    with refused("system_state_inner", 0):
        Ledger(LedgerConfig(n_shards=10, max_epochs_ahead=1001))


def test_coins_cover_what_they_pay(network: Network) -> None:
    coin = Coin(bytes(32), 10**18)
    with pytest.raises(UnknownObjectError):
        network.ledger.system.reserve_space(1, 1, coin)
