"""What a transaction did, as Sui's BCS: TransactionEffects version 2, and TransactionEvents."""

from __future__ import annotations

from collections.abc import Sequence

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.ids import digest_of
from walrus_core.localnet.sui_node.move_types import encode_struct
from walrus_core.localnet.sui_node.store import owner_bytes
from walrus_core.localnet.sui_node.values import (
    Change,
    Event,
    Failure,
    GasUsed,
    ObjectRecord,
    UnchangedShared,
)

__all__ = ["encode_effects", "encode_event", "events_digest", "status_bytes"]

_KINDS = [
    "INSUFFICIENT_GAS",
    "INVALID_GAS_OBJECT",
    "INVARIANT_VIOLATION",
    "FEATURE_NOT_YET_SUPPORTED",
    "OBJECT_TOO_BIG",
    "PACKAGE_TOO_BIG",
    "CIRCULAR_OBJECT_OWNERSHIP",
    "INSUFFICIENT_COIN_BALANCE",
    "COIN_BALANCE_OVERFLOW",
    "PUBLISH_ERROR_NON_ZERO_ADDRESS",
    "SUI_MOVE_VERIFICATION_ERROR",
    "MOVE_PRIMITIVE_RUNTIME_ERROR",
    "MOVE_ABORT",
    "VM_VERIFICATION_OR_DESERIALIZATION_ERROR",
    "VM_INVARIANT_VIOLATION",
    "FUNCTION_NOT_FOUND",
    "ARITY_MISMATCH",
    "TYPE_ARITY_MISMATCH",
    "NON_ENTRY_FUNCTION_INVOKED",
    "COMMAND_ARGUMENT_ERROR",
    "TYPE_ARGUMENT_ERROR",
    "UNUSED_VALUE_WITHOUT_DROP",
    "INVALID_PUBLIC_FUNCTION_RETURN_TYPE",
    "INVALID_TRANSFER_OBJECT",
    "EFFECTS_TOO_LARGE",
]
"""ExecutionFailureStatus by the number of its variant, as far as this chain fails so."""

_ARGUMENT_KINDS = [
    "TYPE_MISMATCH",
    "INVALID_BCS_BYTES",
    "INVALID_USAGE_OF_PURE_ARGUMENT",
    "INVALID_ARGUMENT_TO_PRIVATE_ENTRY_FUNCTION",
    "INDEX_OUT_OF_BOUNDS",
    "SECONDARY_INDEX_OUT_OF_BOUNDS",
    "INVALID_RESULT_ARITY",
    "INVALID_GAS_COIN_USAGE",
    "INVALID_VALUE_USAGE",
    "INVALID_OBJECT_BY_VALUE",
    "INVALID_OBJECT_BY_MUT_REF",
    "CONSENSUS_OBJECT_OPERATION_NOT_ALLOWED",
    "INVALID_ARGUMENT_ARITY",
    "INVALID_TRANSFER_OBJECT",
    "INVALID_MAKE_MOVE_VEC_NON_OBJECT_ARGUMENT",
]

_LATER_KINDS = {"MOVE_RAW_VALUE_TOO_BIG": 38}
"""Variants behind the gap of those that this chain has no use for."""

_V2 = 1
_READ_ONLY = 0
MAX_EFFECTS_SIZE = 512 * 1024


def encode_effects(
    failure: Failure | None,
    sui_epoch: int,
    gas: GasUsed,
    transaction: bytes,
    gas_object: bytes | None,
    events: bytes | None,
    dependencies: Sequence[bytes],
    lamport_version: int,
    changes: Sequence[Change],
    unchanged: Sequence[UnchangedShared],
) -> bytes:
    """`changes` are sorted by id, and the gas coin is among them; `events` is their digest."""
    ids = [change.id for change in changes]
    gas_index = None if gas_object is None else bcs.u32(ids.index(gas_object))
    gas_numbers = (gas.computation, gas.storage, gas.rebate, gas.non_refundable)
    return b"".join(
        [
            bcs.variant(_V2),
            status_bytes(failure),
            bcs.u64(sui_epoch),
            b"".join(map(bcs.u64, gas_numbers)),
            bcs.byte_vector(transaction),
            bcs.option(gas_index),
            bcs.option(None if events is None else bcs.byte_vector(events)),
            bcs.vector(map(bcs.byte_vector, dependencies)),
            bcs.u64(lamport_version),
            bcs.vector(map(_change, changes)),
            bcs.vector(map(_unchanged, unchanged)),
            bcs.option(None),
        ]
    )


def status_bytes(failure: Failure | None) -> bytes:
    """ExecutionStatus."""
    return bcs.variant(0) if failure is None else bcs.variant(1) + _failure(failure)


def events_digest(events: Sequence[Event]) -> bytes | None:
    """Of the events of one transaction; None if there are none."""
    if not events:
        return None
    return digest_of("TransactionEvents", bcs.vector(map(encode_event, events)))


def encode_event(event: Event) -> bytes:
    """With its place, as in TransactionEvents."""
    place = event.package + bcs.text(event.module) + event.sender
    return place + encode_struct(event.type) + bcs.byte_vector(event.contents)


def _change(change: Change) -> bytes:
    return change.id + _before(change.before) + _after(change.after) + bcs.variant(change.operation)


def _before(record: ObjectRecord | None) -> bytes:
    if record is None:
        return bcs.variant(0)
    version = bcs.u64(record.version) + bcs.byte_vector(record.digest)
    return bcs.variant(1) + version + owner_bytes(record.owner)


def _after(record: ObjectRecord | None) -> bytes:
    if record is None:
        return bcs.variant(0)
    return bcs.variant(1) + bcs.byte_vector(record.digest) + owner_bytes(record.owner)


def _unchanged(value: UnchangedShared) -> bytes:
    version = bcs.u64(value.version) + bcs.byte_vector(value.digest)
    return value.id + bcs.variant(_READ_ONLY) + version


def _failure(failure: Failure) -> bytes:
    """ExecutionFailureStatus, and the command if one is to blame."""
    kind = failure.kind
    number = _KINDS.index(kind) if kind in _KINDS else _LATER_KINDS[kind]
    command = None if failure.command is None else bcs.u64(failure.command)
    return bcs.variant(number) + _details(failure) + bcs.option(command)


def _details(failure: Failure) -> bytes:
    match failure.kind:
        case "MOVE_ABORT":
            return _location(failure) + bcs.u64(failure.abort_code or 0)
        case "MOVE_PRIMITIVE_RUNTIME_ERROR":
            return bcs.option(_location(failure))
        case "COMMAND_ARGUMENT_ERROR":
            return bcs.u16(failure.argument_index or 0) + _argument_kind(failure)
        case "TYPE_ARGUMENT_ERROR":
            return bcs.u16(failure.argument_index or 0) + bcs.variant(0)
        case "UNUSED_VALUE_WITHOUT_DROP":
            return bcs.u16(failure.argument_index or 0) + bcs.u16(failure.nested_index or 0)
        case "EFFECTS_TOO_LARGE":
            return bcs.u64(MAX_EFFECTS_SIZE) * 2
        case "MOVE_RAW_VALUE_TOO_BIG":
            return bcs.u64(0) * 2
    return b""


def _argument_kind(failure: Failure) -> bytes:
    kind = failure.argument_kind or _ARGUMENT_KINDS[0]
    place = bcs.u16(failure.nested_index or 0)
    number = bcs.variant(_ARGUMENT_KINDS.index(kind))
    match kind:
        case "INDEX_OUT_OF_BOUNDS" | "INVALID_RESULT_ARITY":
            return number + place
        case "SECONDARY_INDEX_OUT_OF_BOUNDS":
            return number + place + place
    return number


def _location(failure: Failure) -> bytes:
    """MoveLocation: module, number of the function, instruction, name of the function.

    The first number and the instruction are of compiled code, which there is none of.
    """
    package, module = failure.abort_package or bytes(32), failure.abort_module or ""
    function = bcs.option(bcs.text(failure.abort_function or ""))
    return package + bcs.text(module) + bcs.u16(0) + bcs.u16(0) + function
