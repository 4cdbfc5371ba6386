"""Who accompanies the calls of a server: counts them, logs them, traces them, lets them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

__all__ = [
    "REQUEST_ID",
    "Allowance",
    "Attend",
    "Attendant",
    "Gate",
    "Method",
    "Traffic",
    "Visit",
    "attend_all",
    "caller_name",
    "open_gate",
    "request_id",
]

REQUEST_ID = "x-request-id"
"""The metadata with which a caller names a call, and the trailer that says how it is named."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the call that is being answered; for what is logged on the way."""

caller_name: ContextVar[str] = ContextVar("caller_name", default="anonymous")
"""Of who makes the call that is being answered."""

LONGEST_ID = 128


class Method(NamedTuple):
    """A method of a service by its full name; the `kind` of its calls is that of `CallRules`, the
    `form` is unary, client_stream, server_stream or bidi_stream, as metrics of gRPC have it.
    """

    service: str
    name: str
    kind: str
    form: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One call that has come; `metadata`: what its caller sent with it, lower-case."""

    method: Method
    request_id: str
    metadata: Mapping[str, str | bytes]


class Attendant(Protocol):
    """Accompanies one call. Sizes are those of messages, in bytes."""

    def received(self, size: int) -> None: ...

    def sent(self, size: int) -> None: ...

    def ended(self, code: str, seconds: float) -> None:
        """With the gRPC status of this name; before its caller knows."""
        ...


class Traffic:
    """What an attendant counts who wants to know how many bytes came and went in all."""

    def __init__(self) -> None:
        self.bytes_received = 0
        self.bytes_sent = 0

    def received(self, size: int) -> None:
        self.bytes_received += size

    def sent(self, size: int) -> None:
        self.bytes_sent += size


Attend = Callable[[Visit], Attendant]
"""Called when a call has come."""


class Allowance(Protocol):
    """What a call may still send and be sent; either raises the error to end it with."""

    def received(self, size: int) -> None: ...

    def sent(self, size: int) -> None: ...


Gate = Callable[[Visit, Any], AbstractAsyncContextManager[Allowance | None]]
"""Lets a call in, or raises the error to refuse it with; knows it by gRPC's own context, too."""


class _Open:
    """Lets everybody in."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        return None


def open_gate(_visit: Visit, _context: Any) -> AbstractAsyncContextManager[Allowance | None]:
    """The gate of servers that know no callers."""
    return _Open()


class _Group:
    """Several who accompany one call."""

    def __init__(self, members: Sequence[Attendant]) -> None:
        self._members = members

    def received(self, size: int) -> None:
        for member in self._members:
            member.received(size)

    def sent(self, size: int) -> None:
        for member in self._members:
            member.sent(size)

    def ended(self, code: str, seconds: float) -> None:
        for member in self._members:
            member.ended(code, seconds)


def attend_all(visit: Visit, attending: Sequence[Attend]) -> Attendant:
    """One attendant that stands for all."""
    return _Group([attend(visit) for attend in attending])


def named(metadata: Mapping[str, str | bytes], make: Callable[[], str]) -> str:
    """What the caller calls its call, if that can stand in a log; else a name of our own."""
    name = metadata.get(REQUEST_ID)
    if isinstance(name, str) and 0 < len(name) <= LONGEST_ID and set(name) <= _PLAIN:
        return name
    return make()


_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/+=@")
