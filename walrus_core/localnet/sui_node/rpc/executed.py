"""Executed transactions, their events and the checkpoints that hold them, as messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.ids import address_text, digest_text
from walrus_core.localnet.sui_node.rpc.effects import effects_message, gas_message
from walrus_core.localnet.sui_node.rpc.masks import Mask
from walrus_core.localnet.sui_node.rpc.objects import object_message
from walrus_core.localnet.sui_node.rpc.transactions import message_of_data, signature_message
from walrus_core.localnet.sui_node.values import Checkpoint, Event, ExecutedTransaction

__all__ = [
    "checkpoint_message",
    "event_message",
    "executed_message",
    "time_message",
]

_START_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def time_message(milliseconds: int) -> datetime:
    """A point in time, to the millisecond."""
    return _START_OF_TIME + timedelta(milliseconds=milliseconds)


def executed_message(executed: ExecutedTransaction, mask: Mask) -> v2.ExecutedTransaction:
    """A transaction, as far as it is wanted; `objects` are all that it read and wrote."""
    message = v2.ExecutedTransaction(
        digest=digest_text(executed.digest),
        checkpoint=executed.checkpoint,
        timestamp=time_message(executed.timestamp_ms),
        transaction_index=None if executed.checkpoint is None else 0,
    )
    if mask.wants("transaction"):
        message.transaction = transaction_message(executed)
    if mask.wants("signatures"):
        message.signatures = [signature_message(signature) for signature in executed.signatures]
    if mask.wants("effects"):
        message.effects = effects_message(executed.effects)
    if mask.wants("events") and executed.events:
        message.events = _events_message(executed)
    if mask.wants("balance_changes"):
        message.balance_changes = [
            v2.BalanceChange(
                address=address_text(change.address),
                coin_type=str(change.coin_type),
                amount=str(change.amount),
            )
            for change in executed.balance_changes
        ]
    if mask.wants("objects"):
        message.objects = _objects_message(executed)
    return mask.pruned(message)


def transaction_message(executed: ExecutedTransaction) -> v2.Transaction:
    message = message_of_data(executed.data)
    message.digest = digest_text(executed.digest)
    message.bcs = v2.Bcs(name="TransactionData", value=executed.bcs)
    return message


def _events_message(executed: ExecutedTransaction) -> v2.TransactionEvents:
    digest = executed.effects.events_digest
    return v2.TransactionEvents(
        digest=None if digest is None else digest_text(digest),
        events=[event_message(event) for event in executed.events],
    )


def event_message(event: Event) -> v2.Event:
    """Without its place in the chain."""
    return v2.Event(
        package_id=address_text(event.package),
        module=event.module,
        sender=address_text(event.sender),
        event_type=str(event.type),
        contents=v2.Bcs(name=str(event.type), value=event.contents),
    )


def _objects_message(executed: ExecutedTransaction) -> v2.ObjectSet:
    changes = executed.effects.changes
    records = [record for c in changes for record in (c.before, c.after) if record is not None]
    return v2.ObjectSet(objects=[object_message(record, Mask()) for record in records])


def checkpoint_message(
    checkpoint: Checkpoint, executed: ExecutedTransaction | None, mask: Mask
) -> v2.Checkpoint:
    """A checkpoint, as far as it is wanted, with its transaction (none in that of genesis)."""
    previous = checkpoint.previous_digest
    message = v2.Checkpoint(
        sequence_number=checkpoint.sequence_number,
        digest=digest_text(checkpoint.digest),
        summary=v2.CheckpointSummary(
            digest=digest_text(checkpoint.digest),
            epoch=checkpoint.sui_epoch,
            sequence_number=checkpoint.sequence_number,
            total_network_transactions=checkpoint.total_transactions,
            content_digest=digest_text(checkpoint.content_digest),
            previous_digest=None if previous is None else digest_text(previous),
            epoch_rolling_gas_cost_summary=gas_message(checkpoint.rolling_gas),
            timestamp=time_message(checkpoint.timestamp_ms),
        ),
        contents=v2.CheckpointContents(
            digest=digest_text(checkpoint.content_digest),
            version=1,
        ),
    )
    if executed is not None and message.contents is not None:
        message.contents.transactions = [
            v2.CheckpointedTransactionInfo(
                transaction=digest_text(executed.digest),
                effects=digest_text(executed.effects.digest),
                signatures=[signature_message(signature) for signature in executed.signatures],
            )
        ]
        if mask.wants("transactions"):
            below = mask.below("transactions")
            message.transactions = [executed_message(executed, below)]
        if mask.wants("objects"):
            message.objects = _objects_message(executed)
    return mask.pruned(message)
