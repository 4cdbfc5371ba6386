"""Who calls, what for, and how much: tokens, certificates, scopes and quotas."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from walrus_core.errors import UnauthenticatedError, UnauthorizedError
from walrus_core.rpc.attendants import Allowance, Method, Visit, caller_name
from walrus_core.rpc.blob_servicer import BLOB_SERVICE
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE

__all__ = ["ANYBODY", "Caller", "CallerBook", "CallerGate", "Quotas", "Scope", "Tallies"]

TOKEN_KEY, TOKEN_KIND = "authorization", "bearer "
LONGEST_TOKEN = 4096
LONGEST_NAME = 128


class Scope(enum.StrEnum):
    """What a caller may do: have things computed, store blobs at the server's cost, read them."""

    ENCODE = "encode"
    STORE = "store"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Quotas:
    """What a caller may have, None for all: `bytes_per_day` of messages, both ways together;
    `streams` at once; `frost_per_day` of the server's money. Days are those of UTC.
    """

    bytes_per_day: int | None = None
    streams: int | None = None
    frost_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody known."""

    name: str
    scopes: frozenset[Scope] = frozenset(Scope)
    quotas: Quotas = Quotas()


ANYBODY = Caller("anonymous")
"""Who calls a server that asks nobody who it is."""


@dataclass(frozen=True, slots=True)
class CallerBook:
    """Those who may call: by the SHA-256 of their tokens (hexadecimal), and by a name in their
    certificates.
    """

    by_token: Mapping[str, Caller] = field(default_factory=dict)
    by_certificate: Mapping[str, Caller] = field(default_factory=dict)

    def named(self, name: str) -> Caller | None:
        everybody = (*self.by_token.values(), *self.by_certificate.values())
        return next((caller for caller in everybody if caller.name == name), None)


class Tallies(Protocol):
    """Counts what callers have."""

    def call(self, caller: Caller) -> AbstractContextManager[Allowance]:
        """One call, whose messages are told to the allowance.

        Entering it, and any message, may be a QuotaExceededError.
        """
        ...


class CallerGate:
    """Lets those in whom the book knows, for what they may do; everybody if there is no book.

    `book` is asked at each call. Without one, who shows a certificate is called by its name.
    """

    def __init__(self, book: Callable[[], CallerBook | None], tallies: Tallies) -> None:
        self._book = book
        self._tallies = tallies

    @asynccontextmanager
    async def __call__(self, visit: Visit, context: Any) -> AsyncIterator[Allowance]:
        caller = identified(self._book(), visit.metadata, certified_names(context))
        caller_name.set(caller.name)
        if (scope := scope_of(visit.method)) not in caller.scopes:
            raise UnauthorizedError(f"{caller.name} lacks the scope {scope} for this method")
        with self._tallies.call(caller) as allowance:
            yield allowance


def scope_of(method: Method) -> Scope:
    """What the caller of a method has to be allowed."""
    return _SCOPES.get((method.service, method.name)) or _SERVICE_SCOPES[method.service]


_SCOPES = {
    (BLOB_SERVICE, "Store"): Scope.STORE,
    (BLOB_SERVICE, "GetUploadStatus"): Scope.STORE,
}
_SERVICE_SCOPES = {ENCODING_SERVICE: Scope.ENCODE, BLOB_SERVICE: Scope.READ}


def identified(
    book: CallerBook | None, metadata: Mapping[str, str | bytes], certified: Iterable[str]
) -> Caller:
    """Who calls, by a token, else by the names in a certificate. UnauthenticatedError."""
    if book is None:
        name = next(iter(certified), None)
        return ANYBODY if name is None else Caller(name[:LONGEST_NAME])
    sent = metadata.get(TOKEN_KEY)
    if sent is not None:
        known = book.by_token.get(_digest(sent))
    else:
        known = next(filter(None, map(book.by_certificate.get, certified)), None)
    if known is None:
        raise UnauthenticatedError(
            "the server knows no caller with this token"
            if sent is not None
            else "the server wants to know who calls; send `authorization: Bearer TOKEN`"
        )
    return known


def certified_names(context: Any) -> list[str]:
    """The names in the certificate that the caller has shown, if any; gRPC has verified it."""
    shown: Mapping[str, Iterable[bytes]] = context.auth_context() or {}
    keys = ("x509_common_name", "x509_subject_alternative_name")
    names = [name.decode("utf-8", "replace") for key in keys for name in shown.get(key, ())]
    return [name for name in dict.fromkeys(names) if name]


def _digest(sent: str | bytes) -> str:
    """Of the token in a header; of nothing for what is none."""
    if not isinstance(sent, str) or not sent.lower().startswith(TOKEN_KIND):
        return ""
    token = sent[len(TOKEN_KIND) :].strip()
    return hashlib.sha256(token.encode()).hexdigest() if 0 < len(token) <= LONGEST_TOKEN else ""
