"""Snapshots: canonical, complete, and of known things only."""

from dataclasses import dataclass

import pytest
from localnet.ledger.network import Network

from walrus_core.localnet.ledger import Ledger, LedgerConfig, SnapshotError, snapshots
from walrus_core.localnet.ledger.containers import Table, VecMap, Vector
from walrus_core.localnet.ledger.journal import Record


def resealed(content: bytes) -> bytes:
    """With the digest that belongs to it, as one would who knows how."""
    return content + snapshots._digest(content)


def test_a_restored_ledger_goes_on_the_same_way() -> None:
    network = Network.of([10, 20, 30])
    network.next_epoch()
    config = network.ledger.config
    copy = Ledger.restore(network.ledger.snapshot())
    assert copy.config == config
    assert copy.events.end == network.ledger.events.end
    other = Network(copy, [copy.objects[cap.id] for cap in network.caps])  # type: ignore[misc]
    for one in (network, other):
        one.stake(1, 10**9)
        one.next_epoch()
    assert copy.digest() == network.ledger.digest()
    assert [event for _, event in copy.events] == [
        event for _, event in network.ledger.events.since(copy.events.first)
    ]


def test_configurations_are_part_of_the_digest() -> None:
    digests = {
        Ledger(LedgerConfig(n_shards=n, contract_version=version)).digest()
        for n in (10, 20)
        for version in (3, 4)
    }
    assert len(digests) == 4


@pytest.mark.parametrize(
    "value",
    [
        None,
        False,
        True,
        0,
        1,
        255,
        256,
        2**256 - 1,
        b"",
        b"\0" * 200,
        "",
        "ж",
        (),
        (1, (b"", None)),
    ],
    ids=repr,
)
def test_values_come_back(value: object) -> None:
    [found] = snapshots.read(snapshots.write(value))
    assert found == value
    assert type(found) is type(value)


def test_only_the_order_of_tables_does_not_count() -> None:
    forth, back = [(1, "a"), (2, "b")], [(2, "b"), (1, "a")]
    assert snapshots.write(Table(forth)) == snapshots.write(Table(back))
    assert snapshots.write(VecMap(forth)) != snapshots.write(VecMap(back))
    assert snapshots.write(Vector(forth)) != snapshots.write(Vector(back))


def test_what_the_state_cannot_hold() -> None:
    for value in (1.5, [1], {1}, object()):
        with pytest.raises(TypeError):
            snapshots.write(value)


@pytest.mark.parametrize("data", [b"", b"x" * 31, b"x" * 200, snapshots.MAGIC], ids=len)
def test_other_bytes(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        Ledger.restore(data)


@pytest.mark.parametrize(
    "values",
    [b"", b"\xff", b"\x03", b"\x05\x01\xff", b"\x0b\x03Foo", b"\x0b\x04Coin\x00", b"\x06\x80"],
    ids=bytes.hex,
)
def test_values_that_are_none(values: bytes) -> None:
    """Sealed well, but nothing that a ledger writes."""
    with pytest.raises(SnapshotError):
        Ledger.restore(resealed(snapshots.MAGIC + values))


def test_a_class_of_another_version() -> None:
    @dataclass(slots=True, eq=False)
    class Changed(Record):
        before: int

    written = snapshots.write(Changed(1))

    @dataclass(slots=True, eq=False)
    class Changed(Record):  # type: ignore[no-redef]
        after: int

    with pytest.raises(SnapshotError, match="has fields"):
        snapshots.read(written)
    del Record.KINDS["Changed"]
