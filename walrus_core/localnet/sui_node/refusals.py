"""What the chain answers to a request that it does not carry out; nothing happened.

A transaction that was carried out and failed is another thing: that is an ExecutedTransaction with
a failure in its effects, and paid for.
"""

from __future__ import annotations

import enum

from walrus_core.errors import WalrusCoreError

__all__ = ["Reason", "RefusedError"]


class Reason(enum.StrEnum):
    """The names of gRPC's status codes, as far as the chain has use for them."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"


class RefusedError(WalrusCoreError):
    """A request refused; the message says why and what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.args[1])


def invalid(message: str) -> RefusedError:
    return RefusedError(Reason.INVALID_ARGUMENT, message)


def stale(message: str) -> RefusedError:
    """The request was right once, or will be: look again and retry."""
    return RefusedError(Reason.FAILED_PRECONDITION, message)


def missing(message: str) -> RefusedError:
    return RefusedError(Reason.NOT_FOUND, message)
