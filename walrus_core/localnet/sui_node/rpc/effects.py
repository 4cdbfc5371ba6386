"""What a transaction did, as messages."""

from __future__ import annotations

from typing import Any

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.ids import address_text, digest_text
from walrus_core.localnet.sui_node.rpc.objects import owner_message, type_text
from walrus_core.localnet.sui_node.values import (
    Change,
    Effects,
    Failure,
    GasUsed,
    IdOperation,
    ObjectRecord,
    UnchangedShared,
)

__all__ = ["effects_message", "gas_message"]

_VERSION = 2
"""Of Sui's TransactionEffects."""

_ID_OPERATIONS = {
    IdOperation.NONE: v2.ChangedObjectIdOperation.NONE,
    IdOperation.CREATED: v2.ChangedObjectIdOperation.CREATED,
    IdOperation.DELETED: v2.ChangedObjectIdOperation.DELETED,
}
_In = v2.ChangedObjectInputObjectState
_Out = v2.ChangedObjectOutputObjectState


def effects_message(effects: Effects) -> v2.TransactionEffects:
    changed = [_changed_message(change) for change in effects.changes]
    gas_object = None
    if effects.gas_object is not None:
        paid = address_text(effects.gas_object)
        gas_object = next((change for change in changed if change.object_id == paid), None)
    return v2.TransactionEffects(
        bcs=v2.Bcs(name="TransactionEffects", value=effects.bcs),
        digest=digest_text(effects.digest),
        version=_VERSION,
        status=_status_message(effects.failure),
        epoch=effects.sui_epoch,
        gas_used=gas_message(effects.gas_used),
        transaction_digest=digest_text(effects.transaction_digest),
        gas_object=gas_object,
        events_digest=None if effects.events_digest is None else digest_text(effects.events_digest),
        dependencies=[digest_text(digest) for digest in effects.dependencies],
        lamport_version=effects.lamport_version,
        changed_objects=changed,
        unchanged_consensus_objects=[_read_message(read) for read in effects.unchanged_shared],
    )


def gas_message(gas: GasUsed) -> v2.GasCostSummary:
    """In MIST."""
    return v2.GasCostSummary(
        computation_cost=gas.computation,
        storage_cost=gas.storage,
        storage_rebate=gas.rebate,
        non_refundable_storage_fee=gas.non_refundable,
    )


def _changed_message(change: Change) -> v2.ChangedObject:
    message = v2.ChangedObject(
        object_id=address_text(change.id),
        input_state=_In.DOES_NOT_EXIST if change.before is None else _In.EXISTS,
        output_state=_Out.DOES_NOT_EXIST if change.after is None else _written(change.after),
        id_operation=_ID_OPERATIONS[change.operation],
    )
    if change.before is not None:
        message.input_version = change.before.version
        message.input_digest = digest_text(change.before.digest)
        message.input_owner = owner_message(change.before.owner)
    if change.after is not None:
        message.output_version = change.after.version
        message.output_digest = digest_text(change.after.digest)
        message.output_owner = owner_message(change.after.owner)
    if (known := change.after or change.before) is not None:
        message.object_type = type_text(known)
    return message


def _written(record: ObjectRecord) -> v2.ChangedObjectOutputObjectState:
    return _Out.PACKAGE_WRITE if record.type is None else _Out.OBJECT_WRITE


def _read_message(read: UnchangedShared) -> v2.UnchangedConsensusObject:
    return v2.UnchangedConsensusObject(
        kind=v2.UnchangedConsensusObjectUnchangedConsensusObjectKind.READ_ONLY_ROOT,
        object_id=address_text(read.id),
        version=read.version,
        digest=digest_text(read.digest),
        object_type=None if read.type is None else str(read.type),
    )


def _status_message(failure: Failure | None) -> v2.ExecutionStatus:
    if failure is None:
        return v2.ExecutionStatus(success=True)
    error = v2.ExecutionError(
        description=failure.description,
        command=failure.command,
        kind=v2.ExecutionErrorExecutionErrorKind.from_string(failure.kind),
    )
    if failure.abort_module is not None:
        error.abort = _abort_message(failure)
    elif failure.kind == "COMMAND_ARGUMENT_ERROR":
        error.command_argument_error = _argument_error(failure)
    elif failure.kind == "TYPE_ARGUMENT_ERROR":
        error.type_argument_error = v2.TypeArgumentError(
            type_argument=failure.argument_index,
            kind=v2.TypeArgumentErrorTypeArgumentErrorKind.from_string(
                failure.argument_kind or "TYPE_ARGUMENT_ERROR_KIND_UNKNOWN"
            ),
        )
    return v2.ExecutionStatus(success=False, error=error)


def _abort_message(failure: Failure) -> v2.MoveAbort:
    package = failure.abort_package
    location = v2.MoveLocation(
        package=None if package is None else address_text(package),
        module=failure.abort_module,
        function_name=failure.abort_function,
    )
    return v2.MoveAbort(abort_code=failure.abort_code, location=location)


def _argument_error(failure: Failure) -> v2.CommandArgumentError:
    kind = v2.CommandArgumentErrorCommandArgumentErrorKind.from_string(
        failure.argument_kind or "COMMAND_ARGUMENT_ERROR_KIND_UNKNOWN"
    )
    error = v2.CommandArgumentError(argument=failure.argument_index, kind=kind)
    if failure.nested_index is not None:
        nested: Any = v2.IndexError(
            index=failure.argument_index, subresult=failure.nested_index
        )  # pysui's annotation means Python's own IndexError
        error.index_error = nested
    return error
