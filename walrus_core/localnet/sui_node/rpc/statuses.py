"""Refusals: a gRPC code, a message for people, and the machine-readable details beside it.

The details travel as `google.rpc.Status` with a `BadRequest` in it, in the trailing metadata
`grpc-status-details-bin`, as every gRPC client that reads details expects them.
"""

from __future__ import annotations

from dataclasses import dataclass

import betterproto2
import grpc
import pysui.sui.sui_grpc.suimsgs.google.protobuf as wellknown
from pysui.sui.sui_grpc.suimsgs.google.rpc import Status
from pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 import ErrorReason

__all__ = ["RpcError", "invalid", "missing", "not_found"]

_LONGEST_MESSAGE = 1000
"""Characters. A message is percent-encoded into headers, whose size clients limit to 8 KiB."""


@dataclass(eq=False, repr=False)
class _FieldViolation(betterproto2.Message):
    """`google.rpc.BadRequest.FieldViolation`, which pysui's wheel does not hold."""

    field: str = betterproto2.field(1, betterproto2.TYPE_STRING)
    description: str = betterproto2.field(2, betterproto2.TYPE_STRING)
    reason: str = betterproto2.field(3, betterproto2.TYPE_STRING)


@dataclass(eq=False, repr=False)
class _BadRequest(betterproto2.Message):
    """`google.rpc.BadRequest`."""

    field_violations: list[_FieldViolation] = betterproto2.field(  # noqa: RUF009 (as they do)
        1, betterproto2.TYPE_MESSAGE, repeated=True
    )


class RpcError(Exception):
    """A call is refused, with a message for its caller; `violation` if a field is to blame."""

    def __init__(
        self, code: grpc.StatusCode, message: str, violation: _FieldViolation | None = None
    ) -> None:
        if len(message) > _LONGEST_MESSAGE:
            message = message[:_LONGEST_MESSAGE] + "..."
        super().__init__(code, message, violation)
        self.code = code
        self.message = message
        self.violation = violation

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}"

    @property
    def status(self) -> Status:
        """The refusal as a message: what stands in the place of one item of a batch."""
        number: int = self.code.value[0]
        details = [] if self.violation is None else [_packed(self.violation)]
        return Status(code=number, message=self.message, details=details)


def _packed(violation: _FieldViolation) -> wellknown.Any:
    return wellknown.Any(
        type_url="type.googleapis.com/google.rpc.BadRequest",
        value=bytes(_BadRequest(field_violations=[violation])),
    )


def invalid(field: str, description: str) -> RpcError:
    """`field` of the request cannot be what it is."""
    return _bad_field(field, description, ErrorReason.FIELD_INVALID)


def missing(field: str) -> RpcError:
    """The request needs `field`."""
    return _bad_field(field, f"missing {field}", ErrorReason.FIELD_MISSING)


def not_found(message: str) -> RpcError:
    """What was asked for is not on this chain."""
    return RpcError(grpc.StatusCode.NOT_FOUND, message)


def _bad_field(field: str, description: str, reason: ErrorReason) -> RpcError:
    violation = _FieldViolation(field=field, description=description, reason=reason.name or "")
    return RpcError(grpc.StatusCode.INVALID_ARGUMENT, f"{field}: {description}", violation)
