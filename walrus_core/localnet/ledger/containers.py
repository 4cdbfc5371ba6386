"""The containers of the state, with the framework's order and aborts (contract.md, section 1).

    Table    dynamic fields: no order
    VecMap   a list of pairs: inserting appends, removing closes the gap
    Vector   a list; its changes are the few that the contract makes

Small wrappers instead of subclasses of dict and list: no way around the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from walrus_core.localnet.ledger.journal import note
from walrus_core.protocol.aborts import Abort, abort

__all__ = ["Table", "VecMap", "Vector"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class _Map(Generic[K, V]):
    """What both maps share: reading, and changing a value in its place."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[tuple[K, V]] = ()) -> None:
        self._items = dict(items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def get(self, key: K) -> V | None:
        return self._items.get(key)

    def items(self) -> list[tuple[K, V]]:
        """The pairs as they are now; the map may change while the caller walks them."""
        return list(self._items.items())

    def values(self) -> list[V]:
        """The values as they are now."""
        return list(self._items.values())

    def __getitem__(self, key: K) -> V:
        try:
            return self._items[key]
        except KeyError:
            raise self._missing() from None

    def __setitem__(self, key: K, value: V) -> None:
        """Replace the value of a present key, or append."""
        if key in self._items:
            note(self._items.__setitem__, key, self._items[key])
        else:
            note(self._items.__delitem__, key)
        self._items[key] = value

    def insert(self, key: K, value: V) -> None:
        """Append a key that must be new."""
        if key in self._items:
            raise self._present()
        note(self._items.__delitem__, key)
        self._items[key] = value

    def _present(self) -> Abort:
        raise NotImplementedError

    def _missing(self) -> Abort:
        raise NotImplementedError


class Table(_Map[K, V]):
    """Dynamic fields, tables and object tables. Iteration has no meaning on chain; avoid it."""

    __slots__ = ()

    def remove(self, key: K) -> V:
        value = self[key]
        note(self._items.__setitem__, key, value)
        del self._items[key]
        return value

    def _present(self) -> Abort:
        return abort("dynamic_field", "EFieldAlreadyExists")

    def _missing(self) -> Abort:
        return abort("dynamic_field", "EFieldDoesNotExist")


class VecMap(_Map[K, V]):
    """The framework's VecMap: the order of its entries is state."""

    __slots__ = ()

    def remove(self, key: K) -> V:
        value = self[key]
        note(self._restore, dict(self._items))
        del self._items[key]
        return value

    def clear(self) -> None:
        note(self._restore, dict(self._items))
        self._items.clear()

    def _restore(self, items: dict[K, V]) -> None:
        """Put back the order that a removal closed; notes made earlier hold `_items` itself."""
        self._items.clear()
        self._items.update(items)

    def _present(self) -> Abort:
        return abort("vec_map", "EKeyAlreadyExists")

    def _missing(self) -> Abort:
        return abort("vec_map", "EKeyDoesNotExist")


class Vector(Generic[T]):
    """A vector whose order is state."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._items = list(items)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __getitem__(self, index: int) -> T:
        return self._items[index]

    def __setitem__(self, index: int, value: T) -> None:
        note(self._items.__setitem__, index, self._items[index])
        self._items[index] = value

    def append(self, value: T) -> None:
        note(self._items.pop)
        self._items.append(value)

    def pop(self) -> T:
        """Remove the last element and return it."""
        note(self._items.append, self._items[-1])
        return self._items.pop()

    def pop_front(self) -> T:
        """Remove the first element and return it."""
        note(self._items.insert, 0, self._items[0])
        return self._items.pop(0)

    def swap_remove(self, index: int) -> T:
        """Remove an element; the last one takes its place."""
        removed, last = self[index], self.pop()
        if index < len(self):
            self[index] = last
        return removed
