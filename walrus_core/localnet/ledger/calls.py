"""The boundary of the ledger: what Move's type system and object runtime do for the contract.

A face groups the public functions of one Move module as methods marked `@call`. The annotations of
such a method are checked on each call, before the contract's own rules run: integers by width, ids
and addresses by length, objects by being at large in this ledger. `Taken[Blob]` is an object taken
by value: it leaves the ledger's objects; a plain `Blob` is a reference. Returned objects become at
large. Every call is atomic, and is a transaction of its own unless one is open.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger.integers import (
    U8_MAX,
    U16_MAX,
    U32_MAX,
    U64_MAX,
    U256_MAX,
)
from walrus_core.localnet.ledger.objects import Object
from walrus_core.types import checked_int

if TYPE_CHECKING:
    from walrus_core.localnet.ledger.ledger import Ledger

__all__ = ["U8", "U16", "U32", "U64", "U256", "Face", "Id", "Taken", "call", "checked_text"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

Check = Callable[["Ledger", str, Any], Any]
"""(ledger, name of an argument, argument) -> what the method gets; raises what is wrong."""


@dataclass(frozen=True, slots=True)
class _UpTo:
    """An unsigned integer of a given width."""

    maximum: int

    def __call__(self, ledger: Ledger, name: str, value: Any) -> int:  # noqa: ARG002
        if type(value) is int and 0 <= value <= self.maximum:
            return value
        return checked_int(name, value, 0, self.maximum)


@dataclass(frozen=True, slots=True)
class _OfClass:
    """A plain value: bool, str, bytes, or a class of the ledger that is no object."""

    kind: type

    def __call__(self, ledger: Ledger, name: str, value: Any) -> Any:  # noqa: ARG002
        if not isinstance(value, self.kind):
            wanted, got = self.kind.__name__, type(value).__name__
            raise InvalidArgumentError(f"{name} must be of type {wanted}, not {got}")
        return value


class _Text:
    """A string of the chain: UTF-8, so no half surrogates."""

    def __call__(self, ledger: Ledger, name: str, value: Any) -> str:  # noqa: ARG002
        return checked_text(name, value)


class _Id:
    """An object id or address."""

    def __call__(self, ledger: Ledger, name: str, value: Any) -> bytes:  # noqa: ARG002
        if not isinstance(value, bytes) or len(value) != 32:
            raise InvalidArgumentError(f"{name} must be 32 bytes")
        return value


@dataclass(frozen=True, slots=True)
class _Reference:
    """An object at large."""

    kind: type[Object]

    def __call__(self, ledger: Ledger, name: str, value: Any) -> Object:
        if type(value) is not self.kind:
            wanted, got = self.kind.__name__, type(value).__name__
            raise InvalidArgumentError(f"{name} must be a {wanted}, not {got}")
        ledger.objects.require(value)
        return value


class _ByValue(_Reference):
    """An object at large, taken from there."""

    __slots__ = ()

    def __call__(self, ledger: Ledger, name: str, value: Any) -> Object:
        taken = _Reference.__call__(self, ledger, name, value)
        ledger.objects.take(taken)
        return taken


_BY_VALUE = object()

U8 = Annotated[int, _UpTo(U8_MAX)]
U16 = Annotated[int, _UpTo(U16_MAX)]
U32 = Annotated[int, _UpTo(U32_MAX)]
U64 = Annotated[int, _UpTo(U64_MAX)]
U256 = Annotated[int, _UpTo(U256_MAX)]
Id = Annotated[bytes, _Id()]
Taken = Annotated[T, _BY_VALUE]


class Face:
    """The public functions of one Move module, bound to a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def check_version(self) -> None:
        """What a call checks first: only shells with a version of their own do."""


F = TypeVar("F", bound=Face)


def call(method: Callable[Concatenate[F, P], R]) -> Callable[Concatenate[F, P], R]:
    """Make a method of a face one call of the contract: checked, versioned, atomic."""
    checks = _checks(method)
    by_value = [check for check in checks if isinstance(check[2], _ByValue)]
    others = [check for check in checks if not isinstance(check[2], _ByValue)]
    ordered = by_value + others  # what was taken is not at large for a reference beside it

    @functools.wraps(method)
    def checked(self: F, /, *args: P.args, **kwargs: P.kwargs) -> R:
        ledger = self._ledger
        with ledger.transaction():
            values: list[Any] = list(args)
            for position, name, check in ordered:
                if position < len(values):
                    values[position] = check(ledger, name, values[position])
                elif name in kwargs:
                    kwargs[name] = check(ledger, name, kwargs[name])
            self.check_version()
            result = method(self, *values, **kwargs)
            if isinstance(result, Object):
                ledger.objects.add(result)
            return result

    return checked


def _checks(method: Callable[..., Any]) -> list[tuple[int, str, Check]]:
    """(position, name, check) of each parameter after self whose annotation says how."""
    hints = get_type_hints(method, include_extras=True)
    names = list(inspect.signature(method).parameters)[1:]
    found = []
    for position, name in enumerate(names):
        check = _check(hints[name])
        if check is not None:
            found.append((position, name, check))
    return found


def _check(hint: Any) -> Check | None:
    extras = getattr(hint, "__metadata__", ())
    if extras == (_BY_VALUE,):
        return _ByValue(hint.__origin__)
    if extras:
        check: Check = extras[0]
        return check
    if not isinstance(hint, type) or getattr(hint, "__origin__", None):
        return None  # sequences and optional values: the method's own business
    if hint is str:
        return _Text()
    return _Reference(hint) if issubclass(hint, Object) else _OfClass(hint)


def checked_text(name: str, value: object) -> str:
    """`value` if it is text that has a UTF-8 form, as all strings on chain."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} must be of type str, not {type(value).__name__}")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(f"{name} is no text that UTF-8 can hold: {error}") from None
    return value
