"""What became of a transaction: a receipt, or the exception that says why it failed."""

from __future__ import annotations

from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.errors import TransactionFailedError, WalrusCoreError
from walrus_core.protocol.aborts import abort_of_code
from walrus_core.services.ports import ChainEvent, Receipt
from walrus_core.sui.addresses import address_text, normal_type, parse_address
from walrus_core.sui.contract import contents_of
from walrus_core.sui.events import read_event

__all__ = ["budget_for", "event_of", "failure_of", "is_gas_failure", "receipt_of"]

SUI_TYPE = normal_type("0x2::sui::SUI")

SAFETY = 1000
"""Units of gas beyond what the simulation took, as the official client adds."""


def failure_of(executed: v2.ExecutedTransaction) -> WalrusCoreError | None:
    """The exception for a failed transaction: an Abort with its name, if the contract refused."""
    status = executed.effects.status if executed.effects else None
    if status and status.success:
        return None
    error = (status and status.error) or v2.ExecutionError()
    location = error.abort.location if error.abort else None
    if error.abort and location and location.module:
        return abort_of_code(location.module, int(error.abort.abort_code or 0))
    kind = v2.ExecutionErrorExecutionErrorKind(error.kind or 0).name or "UNKNOWN"
    return TransactionFailedError(str(executed.digest or ""), kind, error.description or "")


def is_gas_failure(error: WalrusCoreError) -> bool:
    return isinstance(error, TransactionFailedError) and error.kind == "INSUFFICIENT_GAS"


def budget_for(executed: v2.ExecutedTransaction, price: int) -> int:
    """MIST to allow a transaction that took what its simulation did."""
    used = (executed.effects and executed.effects.gas_used) or v2.GasCostSummary()
    computation = (used.computation_cost or 0) + SAFETY * price
    storage = (used.storage_cost or 0) - (used.storage_rebate or 0)
    return computation + max(storage, 0)


def receipt_of(
    executed: v2.ExecutedTransaction, sender: bytes, wal_type: str, *, dry_run: bool
) -> Receipt:
    """The receipt of a successful transaction."""
    effects = executed.effects or v2.TransactionEffects()
    used = effects.gas_used or v2.GasCostSummary()
    digest = str(executed.digest or effects.transaction_digest or "")
    gas = (used.computation_cost or 0) + (used.storage_cost or 0) - (used.storage_rebate or 0)
    events = executed.events.events if executed.events else []
    return Receipt(
        transaction=digest,
        gas=gas,
        wal=_gained(executed, sender, normal_type(wal_type)),
        sui=_gained(executed, sender, SUI_TYPE),
        created=_created(effects),
        events=tuple(event_of(event, digest) for event in events),
        dry_run=dry_run,
    )


def event_of(event: v2.Event, transaction: str = "", cursor: bytes = b"") -> ChainEvent:
    """An event of this transaction, if it does not name its own."""
    digest = str(event.transaction_digest or transaction)
    return read_event(str(event.event_type or ""), contents_of(event), digest, cursor)


def _gained(executed: v2.ExecutedTransaction, owner: bytes, coin: str) -> int:
    address = address_text(owner)
    return sum(
        int(change.amount or 0)
        for change in executed.balance_changes
        if normal_type(str(change.address)) == address
        and normal_type(str(change.coin_type)) == coin
    )


def _created(effects: v2.TransactionEffects) -> dict[bytes, str]:
    """The struct of each object that was made for somebody, by its id."""
    owners = {v2.OwnerOwnerKind.ADDRESS, v2.OwnerOwnerKind.SHARED}
    return {
        parse_address(str(change.object_id)): _struct(str(change.object_type))
        for change in effects.changed_objects
        if change.id_operation == v2.ChangedObjectIdOperation.CREATED
        and change.output_owner
        and change.output_owner.kind in owners
    }


def _struct(object_type: str) -> str:
    return object_type.partition("<")[0].rsplit("::", 1)[-1]
