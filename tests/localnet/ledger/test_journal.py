"""Whatever a failed transaction did to records and containers is undone, and only that."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import given, strategies as st
from localnet.ledger.network import refused

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger import Abort
from walrus_core.localnet.ledger.containers import Table, VecMap, Vector
from walrus_core.localnet.ledger.journal import Note, Record, Savepoint


@dataclass(slots=True, eq=False)
class Everything(Record):
    """One of each."""

    number: int
    table: Table[int, int]
    pairs: VecMap[int, int]
    vector: Vector[int]

    def seen(self) -> Any:
        """All that can be observed, order included where it is state."""
        table = sorted(self.table.items())
        return self.number, table, self.pairs.items(), list(self.vector)


def everything() -> Everything:
    start = [(key, key * 10) for key in range(3)]
    return Everything(0, Table(start), VecMap(start), Vector(range(4)))


keys = st.integers(0, 4)
CHANGES: list[Callable[[Everything, int], object]] = [
    lambda it, key: setattr(it, "number", key),
    lambda it, key: it.table.insert(key, 1),
    lambda it, key: it.table.remove(key),
    lambda it, key: it.table.__setitem__(key, 2),
    lambda it, key: it.pairs.insert(key, 1),
    lambda it, key: it.pairs.remove(key),
    lambda it, key: it.pairs.__setitem__(key, 2),
    lambda it, key: it.pairs.clear() if key == 4 else None,
    lambda it, key: it.vector.append(key),
    lambda it, key: it.vector.pop() if key < len(it.vector) else None,
    lambda it, key: it.vector.pop_front() if key < len(it.vector) else None,
    lambda it, key: it.vector.swap_remove(key) if key < len(it.vector) else None,
    lambda it, key: it.vector.__setitem__(key, 9) if key < len(it.vector) else None,
]
changes = st.lists(st.tuples(st.sampled_from(CHANGES), keys))


class FailedError(Exception):
    """Nothing else raises it."""


@contextlib.contextmanager
def failing(notes: list[Note]) -> Iterator[None]:
    """A savepoint that something goes wrong in, at the end."""
    with contextlib.suppress(FailedError), Savepoint(notes):
        yield
        raise FailedError


def make(state: Everything, wanted: list[tuple[Callable[[Everything, int], object], int]]) -> None:
    """Those of the changes that are possible."""
    for change, key in wanted:
        with contextlib.suppress(Abort):
            change(state, key)


@given(kept=changes, inner=changes, after=changes)
def test_each_savepoint_takes_back_its_own_changes(kept: Any, inner: Any, after: Any) -> None:
    state, notes = everything(), list[Note]()
    before = state.seen()
    with failing(notes):
        make(state, kept)
        middle = state.seen()
        with failing(notes):
            make(state, inner)
        assert state.seen() == middle
        make(state, after)
    assert state.seen() == before
    assert not notes


@given(outer=changes, inner=changes)
def test_what_succeeds_stays(outer: Any, inner: Any) -> None:
    state, twin, notes = everything(), everything(), list[Note]()
    with Savepoint(notes):
        make(state, outer)
        with Savepoint(notes):
            make(state, inner)
    with Savepoint(notes):
        make(twin, outer + inner)
    assert state.seen() == twin.seen()
    assert not notes


def test_nothing_changes_outside_of_a_transaction() -> None:
    state = everything()
    before = state.seen()
    for change in CHANGES:
        for key in range(4):
            with contextlib.suppress(InvalidArgumentError, Abort):
                change(state, key)
    assert state.seen() == before


def test_a_transaction_belongs_to_one_thread() -> None:
    state, notes, errors = everything(), list[Note](), []

    def intrude() -> None:
        try:
            state.number = 1
        except InvalidArgumentError as error:
            errors.append(error)

    with Savepoint(notes):
        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert state.number == 0


def test_maps_have_the_frameworks_order_and_aborts() -> None:
    state = everything()
    with Savepoint([]):
        with refused("vec_map", 0):
            state.pairs.insert(1, 0)
        with refused("vec_map", 1):
            state.pairs.remove(7)
        with refused("vec_map", 1):
            state.pairs[7]
        with refused("dynamic_field", 0):
            state.table.insert(1, 0)
        with refused("dynamic_field", 1):
            state.table.remove(7)
        with refused("dynamic_field", 1):
            state.table[7]
        state.pairs[0] = 5
        assert state.pairs.remove(1) == 10
        state.pairs.insert(1, 6)
        assert state.pairs.items() == [(0, 5), (2, 20), (1, 6)]
        assert state.vector.swap_remove(1) == 1
        assert list(state.vector) == [0, 3, 2]
        assert state.vector.swap_remove(2) == 2
        assert list(state.vector) == [0, 3]
