"""Atomicity: what a transaction changed can be undone.

State is made of `Record`s and of the containers next door. While a transaction is open each change
notes how to undo it; a savepoint that is left by an exception undoes its notes, newest first. A
change outside of any transaction is refused, so nothing can alter a ledger's state unnoticed.

The open journal is found through the running thread, not through the record: records stay plain
data that can be made, nested and moved freely.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, TypeVar

from walrus_core.errors import InvalidArgumentError

__all__ = ["Note", "Record", "Savepoint", "note", "stored"]

Note = tuple[Any, ...]
"""A function and its arguments: calling it undoes one change."""


N = TypeVar("N", bound=tuple[Any, ...])


class _Open(threading.local):
    """The notes of the transaction that this thread has open."""

    notes: list[Note] | None = None


_open = _Open()
_UNSET = object()


def note(undo: Callable[..., object], *arguments: object) -> None:
    """Remember how to undo the change that follows."""
    if _open.notes is None:
        raise InvalidArgumentError("a ledger's state changes only through the ledger's calls")
    _open.notes.append((undo, *arguments))


class Record:
    """A mutable struct of the state; compared by identity, as it is owned in one place.

    Subclasses are slotted dataclasses with `eq=False`. Fields hold None, bool, int, str, bytes,
    tuples of these (`stored` if named), records and containers: all that a snapshot writes down.
    """

    __slots__ = ()

    KINDS: ClassVar[dict[str, type]] = {}
    """Every class of the state by its name: snapshots name classes."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        Record.KINDS[cls.__name__] = cls  # the slotted copy, which dataclass makes last, stays

    def __setattr__(self, name: str, value: object) -> None:
        old = getattr(self, name, _UNSET)
        if old is not _UNSET:  # a field's first value needs no undoing: the record is new
            note(object.__setattr__, self, name, old)
        object.__setattr__(self, name, value)


def stored(named_tuple: type[N]) -> type[N]:
    """Let records hold values of this named tuple (a decorator)."""
    Record.KINDS[named_tuple.__name__] = named_tuple
    return named_tuple


class Savepoint:
    """`with Savepoint():` a block whose changes stay only if no exception leaves it.

    The outermost one opens the thread's journal; one inside another undoes its own part alone.
    A savepoint given `notes` of its own is outermost whatever else is open: another ledger's.
    """

    __slots__ = ("_mark", "_notes", "_outer")

    def __init__(self, notes: list[Note]) -> None:
        self._notes = notes

    def __enter__(self) -> Savepoint:
        self._outer = _open.notes
        self._mark = len(self._notes)
        _open.notes = self._notes
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _open.notes = self._outer
        if kind is not None:
            self.undo()
        if self._outer is not self._notes:
            self._notes.clear()

    def undo(self) -> None:
        """Take back every change since the savepoint was entered."""
        notes = self._notes
        while len(notes) > self._mark:
            undo, *arguments = notes.pop()
            undo(*arguments)
