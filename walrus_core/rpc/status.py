"""One table between errors and what travels in their place: a gRPC status with rich details.

An error becomes a `google.rpc.Status`: its code, its message, an ErrorInfo whose reason is the
official one where there is one (spec, chapter 7), and whose metadata are the constructor's
arguments, and a RetryInfo where trying again helps. The other end makes the same error of it.

Two arguments are special: `message` is the status' own, and a `path` is nobody else's business:
who reads the status finds the node's address there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import grpc
from google.rpc import error_details_pb2, status_pb2

from walrus_core import errors
from walrus_core.errors import NodeUnavailableError, WalrusCoreError

__all__ = ["DETAILS_KEY", "DOMAIN", "TABLE", "Row", "error_from", "row_of", "to_status"]

DOMAIN = "walrus-core"
DETAILS_KEY = "grpc-status-details-bin"
"""The trailer that holds the serialized Status, as gRPC's own libraries have it."""

_CLASS_KEY = "error"
"""Metadata entry with the error's class: one reason may stand for several."""

_LONGEST_TEXT = 600
_MOST_FAILURES = 8
"""Trailers are refused above 8 KiB, so texts and batches are cut."""

_LONGEST_WAIT = 86_400.0

_Code = grpc.StatusCode


class _Field(NamedTuple):
    """How an argument becomes text, and back; ValueError if the text is none."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= _LONGEST_WAIT:  # not a number, too
        raise ValueError(f"{text} is no time to wait")
    return value


def _cut(text: object) -> str:
    return str(text)[:_LONGEST_TEXT]


def _write_failures(failures: Mapping[int, str]) -> str:
    some = list(failures.items())[:_MOST_FAILURES]
    return "\n".join(f"{position} {' '.join(reason.split())}"[:100] for position, reason in some)


def _read_failures(text: str) -> dict[int, str]:
    parts = [line.partition(" ") for line in text.splitlines()]
    return {int(position): reason for position, _, reason in parts}


INT = _Field(str, int)
SECONDS = _Field(repr, _seconds)
TEXT = _Field(_cut, str)
HEX = _Field(bytes.hex, bytes.fromhex)
NAMES = _Field(", ".join, lambda text: tuple(text.split(", ")))
CODE = _Field(str, lambda text: None if text == "None" else int(text))
FAILURES = _Field(_write_failures, _read_failures)


@dataclass(frozen=True, slots=True)
class Row:
    """How a class of errors travels: `fields` are its constructor's arguments, in order; `retry` is
    in seconds, after which trying again may help.
    """

    code: grpc.StatusCode
    reason: str
    fields: Mapping[str, _Field] = field(default_factory=dict)
    retry: float | None = None


MESSAGE = {"message": TEXT}
BLOB_ID = {"blob_id": TEXT}
UPLOAD_ID = {"upload_id": TEXT}
NEEDED_GOT = {"needed": INT, "got": INT}
NEEDED_FREE = {"needed": INT, "free": INT}

TABLE: Mapping[type[WalrusCoreError], Row] = {
    # What the caller said.
    errors.InvalidArgumentError: Row(_Code.INVALID_ARGUMENT, "INVALID_ARGUMENT", MESSAGE),
    errors.BlobTooLargeError: Row(
        _Code.INVALID_ARGUMENT, "BLOB_TOO_LARGE", {"size": INT, "max_size": INT}
    ),
    errors.InvalidRangeError: Row(
        _Code.OUT_OF_RANGE, "RANGE_NOT_SATISFIABLE", {"start": INT, "end": INT, "size": INT}
    ),
    errors.WrongOffsetError: Row(
        _Code.INVALID_ARGUMENT, "WRONG_OFFSET", {"expected": INT, "got": INT}
    ),
    errors.ChecksumError: Row(
        _Code.INVALID_ARGUMENT,
        "CHECKSUM_MISMATCH",
        {"offset": INT, "expected": INT, "got": INT},
    ),
    errors.InvalidEncodingError: Row(_Code.INVALID_ARGUMENT, "INVALID_ENCODING", MESSAGE),
    errors.VerificationError: Row(
        _Code.INVALID_ARGUMENT, "VERIFICATION_FAILED", {**MESSAGE, "failures": FAILURES}
    ),
    errors.SignatureError: Row(
        _Code.INVALID_ARGUMENT, "MESSAGE_VERIFICATION_FAILED", {**MESSAGE, "failures": FAILURES}
    ),
    errors.NotEnoughWeightError: Row(_Code.FAILED_PRECONDITION, "NOT_ENOUGH_WEIGHT", NEEDED_GOT),
    errors.NotEnoughSliversError: Row(_Code.FAILED_PRECONDITION, "NOT_ENOUGH_SLIVERS", NEEDED_GOT),
    errors.NotEnoughSymbolsError: Row(_Code.FAILED_PRECONDITION, "NOT_ENOUGH_SYMBOLS", NEEDED_GOT),
    errors.InconsistentBlobError: Row(_Code.DATA_LOSS, "INCONSISTENT_BLOB", MESSAGE),
    errors.UnknownEngineError: Row(
        _Code.INVALID_ARGUMENT, "UNKNOWN_ENGINE", {"name": TEXT, "available": NAMES}
    ),
    errors.OperationCancelledError: Row(_Code.CANCELLED, "CANCELLED", MESSAGE),
    # What a storage node refuses.
    errors.NotRegisteredError: Row(_Code.FAILED_PRECONDITION, "NOT_REGISTERED", BLOB_ID),
    errors.NodeError: Row(_Code.FAILED_PRECONDITION, "REFUSED", MESSAGE),
    errors.MetadataNotFoundError: Row(_Code.NOT_FOUND, "METADATA_NOT_FOUND", BLOB_ID),
    errors.SliverNotFoundError: Row(
        _Code.NOT_FOUND, "SLIVER_NOT_FOUND", {**BLOB_ID, "axis": TEXT, "count": INT}
    ),
    errors.ShardNotAssignedError: Row(
        _Code.FAILED_PRECONDITION, "SHARD_NOT_ASSIGNED", {"shard": INT, "epoch": INT}
    ),
    errors.MissingSliversError: Row(
        _Code.FAILED_PRECONDITION, "MISSING_SLIVERS", {**BLOB_ID, "missing": INT}
    ),
    errors.InvalidBlobIdError: Row(_Code.FAILED_PRECONDITION, "INVALID_BLOB", BLOB_ID),
    errors.BufferFullError: Row(
        _Code.FAILED_PRECONDITION, "CACHE_SATURATED", NEEDED_FREE, retry=2.0
    ),
    errors.WrongEpochError: Row(
        _Code.INVALID_ARGUMENT, "INVALID_EPOCH", {"expected": INT, "got": INT}
    ),
    errors.UnauthorizedError: Row(_Code.PERMISSION_DENIED, "REQUEST_UNAUTHORIZED", MESSAGE),
    errors.UnauthenticatedError: Row(_Code.UNAUTHENTICATED, "UNAUTHENTICATED", MESSAGE),
    errors.QuotaExceededError: Row(
        _Code.RESOURCE_EXHAUSTED,
        "QUOTA_EXCEEDED",
        {"what": TEXT, "needed": INT, "limit": INT, "retry_after": SECONDS},
    ),
    errors.OverloadedError: Row(
        _Code.RESOURCE_EXHAUSTED, "OVERLOADED", {"retry_after": SECONDS}, retry=1.0
    ),
    errors.ServerStoppingError: Row(
        _Code.UNAVAILABLE, "SERVER_STOPPING", {"retry_after": SECONDS}, retry=1.0
    ),
    # What the machine behind it lacks.
    errors.OutOfMemoryError: Row(
        _Code.RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", {"needed": INT}, retry=5.0
    ),
    errors.StorageError: Row(_Code.INTERNAL, "STORAGE_FAILED", {"path": TEXT, "reason": TEXT}),
    errors.StorageFullError: Row(
        _Code.RESOURCE_EXHAUSTED, "STORAGE_FULL", {"path": TEXT, **NEEDED_FREE}, retry=60.0
    ),
    errors.MissingDependencyError: Row(
        _Code.UNIMPLEMENTED,
        "MISSING_DEPENDENCY",
        {"package": TEXT, "extra": TEXT, "reason": TEXT},
    ),
    # What a server says of uploads.
    errors.UploadError: Row(_Code.FAILED_PRECONDITION, "UPLOAD_REFUSED", UPLOAD_ID),
    errors.UploadNotFoundError: Row(_Code.NOT_FOUND, "UPLOAD_NOT_FOUND", UPLOAD_ID),
    errors.UploadInUseError: Row(_Code.ABORTED, "UPLOAD_IN_USE", UPLOAD_ID, retry=2.0),
    errors.UploadInterruptedError: Row(
        _Code.UNAVAILABLE, "UPLOAD_INTERRUPTED", UPLOAD_ID, retry=2.0
    ),
    errors.UploadMismatchError: Row(
        _Code.INVALID_ARGUMENT,
        "UPLOAD_MISMATCH",
        {**UPLOAD_ID, "name": TEXT, "expected": TEXT, "got": TEXT},
    ),
    errors.UploadLimitError: Row(
        _Code.RESOURCE_EXHAUSTED,
        "UPLOAD_LIMIT",
        {"what": TEXT, "needed": INT, "limit": INT},
        retry=30.0,
    ),
    # What the network and the chain behind it refuse.
    errors.NodeUnavailableError: Row(
        _Code.UNAVAILABLE, "NODE_UNAVAILABLE", {"address": TEXT, "reason": TEXT}, retry=2.0
    ),
    errors.BlobNotFoundError: Row(_Code.NOT_FOUND, "BLOB_NOT_FOUND", BLOB_ID),
    errors.BlobUnavailableError: Row(
        _Code.UNAVAILABLE, "BLOB_UNAVAILABLE", {**BLOB_ID, **NEEDED_GOT}, retry=5.0
    ),
    errors.QuorumUnreachableError: Row(
        _Code.UNAVAILABLE, "QUORUM_UNREACHABLE", NEEDED_GOT, retry=5.0
    ),
    errors.RegistrationEndedError: Row(
        _Code.FAILED_PRECONDITION,
        "REGISTRATION_ENDED",
        {**BLOB_ID, "object_id": TEXT, "end_epoch": INT},
    ),
    errors.NotEnoughConfirmationsError: Row(
        _Code.UNAVAILABLE,
        "NOT_ENOUGH_CONFIRMATIONS",
        {**BLOB_ID, "object_id": TEXT, **NEEDED_GOT},
        retry=5.0,
    ),
    errors.Abort: Row(
        _Code.ABORTED, "CONTRACT_ABORT", {"module": TEXT, "code": CODE, "name": TEXT}
    ),
    errors.UnknownObjectError: Row(
        _Code.NOT_FOUND, "UNKNOWN_OBJECT", {"kind": TEXT, "object_id": HEX}
    ),
    errors.ChainUnavailableError: Row(
        _Code.UNAVAILABLE, "CHAIN_UNAVAILABLE", {"url": TEXT, "reason": TEXT}, retry=2.0
    ),
    errors.InsufficientFundsError: Row(
        _Code.FAILED_PRECONDITION, "INSUFFICIENT_FUNDS", {"coin": TEXT, **NEEDED_GOT}
    ),
    errors.TransactionRejectedError: Row(
        _Code.FAILED_PRECONDITION, "TRANSACTION_REJECTED", {"status": TEXT, "reason": TEXT}
    ),
    errors.TransactionFailedError: Row(
        _Code.ABORTED,
        "TRANSACTION_FAILED",
        {"transaction": TEXT, "kind": TEXT, "reason": TEXT},
    ),
    errors.TransactionUnknownError: Row(
        _Code.UNKNOWN, "TRANSACTION_UNKNOWN", {"transaction": TEXT, "reason": TEXT}
    ),
}
"""An error is looked up by its class, then its base classes; what is in none is INTERNAL_ERROR."""

INTERNAL = Row(_Code.INTERNAL, "INTERNAL_ERROR")

OFFICIAL: Mapping[tuple[str, type[WalrusCoreError]], tuple[grpc.StatusCode, str]] = {
    ("PutMetadata", errors.InvalidEncodingError): (_Code.INVALID_ARGUMENT, "INVALID_METADATA"),
    ("PutMetadata", errors.VerificationError): (_Code.INVALID_ARGUMENT, "INVALID_METADATA"),
    ("PutSlivers", errors.MetadataNotFoundError): (
        _Code.FAILED_PRECONDITION,
        "METADATA_NOT_FOUND",
    ),
    ("PutSlivers", errors.VerificationError): (_Code.INVALID_ARGUMENT, "INVALID_SLIVER"),
    ("GetRecoverySymbols", errors.SliverNotFoundError): (
        _Code.FAILED_PRECONDITION,
        "SYMBOL_NOT_PRESENT_AT_SHARDS",
    ),
    ("AttestInconsistency", errors.MetadataNotFoundError): (
        _Code.FAILED_PRECONDITION,
        "METADATA_NOT_FOUND",
    ),
    ("AttestInconsistency", errors.InvalidEncodingError): (_Code.INVALID_ARGUMENT, "INVALID_PROOF"),
    ("AttestInconsistency", errors.VerificationError): (_Code.INVALID_ARGUMENT, "INVALID_PROOF"),
}
"""Where a method has a code or a reason of its own (spec, chapter 7)."""

_CLASSES = {kind.__name__: kind for kind in TABLE}


def row_of(error: BaseException, method: str = "") -> Row:
    """How `error`, raised by `method` (a name without its service), travels."""
    for kind in type(error).__mro__:
        if (row := TABLE.get(kind)) is not None:
            code, reason = OFFICIAL.get((method, kind), (row.code, row.reason))
            return Row(code, reason, row.fields, row.retry)
    return INTERNAL


def to_status(error: BaseException, method: str = "") -> status_pb2.Status:
    """The status that stands for `error`. Of one that is in no row it says nothing: what went wrong
    inside is for this side's log.
    """
    row = row_of(error, method)
    number: int = row.code.value[0]
    info = error_details_pb2.ErrorInfo(domain=DOMAIN, reason=row.reason)
    status = status_pb2.Status(code=number, message=_public_message(error, row))
    if row is not INTERNAL:
        info.metadata[_CLASS_KEY] = _class_of(error).__name__
        for name, argument in row.fields.items():
            if name not in ("message", "path"):
                info.metadata[name] = argument.write(getattr(error, name))
    status.details.add().Pack(info)
    if (wait := getattr(error, "retry_after", row.retry)) is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(round(1000 * wait))
        status.details.add().Pack(retry)
    return status


def error_from(status: status_pb2.Status, address: str) -> WalrusCoreError:
    """The error that the server at `address` stated, with its numbers; NodeUnavailableError if what
    it said cannot be understood.
    """
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if not detail.Is(info.DESCRIPTOR) or not detail.Unpack(info) or info.domain != DOMAIN:
            continue
        if (kind := _CLASSES.get(info.metadata[_CLASS_KEY])) is not None:
            return _rebuilt(kind, status.message, info.metadata, address)
    return NodeUnavailableError(address, _cut(status.message) or "failed and does not say why")


def _rebuilt(
    kind: type[WalrusCoreError], message: str, metadata: Mapping[str, str], address: str
) -> WalrusCoreError:
    special = {"message": _cut(message), "path": address}
    try:
        arguments = [
            special[name] if name in special else argument.read(metadata[name])
            for name, argument in TABLE[kind].fields.items()
        ]
    except (KeyError, ValueError):
        return NodeUnavailableError(address, f"states a {kind.__name__} without its numbers")
    return kind(*arguments)


def _public_message(error: BaseException, row: Row) -> str:
    """The error's own words, but for where on this machine something is."""
    if row is INTERNAL:
        return "an internal error, which the log of the server explains"
    if "path" in row.fields:
        hidden = ["the store" if name == "path" else getattr(error, name) for name in row.fields]
        error = _class_of(error)(*hidden)
    return _cut(error)


def _class_of(error: BaseException) -> type[WalrusCoreError]:
    """The class under which `error` is in the table."""
    return next(kind for kind in type(error).__mro__ if kind in TABLE)
