"""What `store` tells: people, and scripts as the official command does (spec, chapter 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walrus_core.cli.event_ids import event_values
from walrus_core.cli.money import epochs_text, gas_text
from walrus_core.cli.objects import object_text
from walrus_core.cli.output import Values
from walrus_core.cli.quantities import count_text, duration_text, rate_text, size_text, wal_text
from walrus_core.services.uploader.outcome import NodeState, Operation
from walrus_core.types import EncodingType

if TYPE_CHECKING:
    from walrus_core.services.ports import BlobObject
    from walrus_core.services.uploader.outcome import Seconds, StoreOutcome

EXTENSIONS = (Operation.EXTENDED, Operation.CERTIFIED_EXTENDED)
STAGES = ("encode", "chain", "upload", "confirm", "tail", "certify")


def store_values(outcome: StoreOutcome, path: str) -> Values:
    """One element of the array that `store --json` prints."""
    return {"blobStoreResult": _result(outcome), "path": path}


def _result(outcome: StoreOutcome) -> Values:
    if outcome.already_certified or outcome.blob is None:
        return {"alreadyCertified": _known(outcome)}
    operation: Values = {"encodedLength": outcome.encoded_size}
    if outcome.operation is Operation.REGISTERED:
        operation["epochsAhead"] = outcome.epochs
    if outcome.operation in EXTENSIONS:
        operation["epochsExtended"] = outcome.extended
    return {
        "newlyCreated": {
            "blobObject": _object_values(outcome.blob),
            "resourceOperation": {str(outcome.operation): operation},
            "cost": outcome.cost.total,
        }
    }


def _known(outcome: StoreOutcome) -> Values:
    """Of a blob that was certified before: by which event, or in which object of the wallet's."""
    values: Values = {"blobId": str(outcome.blob_id)}
    if outcome.event is not None:
        values["event"] = event_values(outcome.event)
    elif outcome.object_id is not None:
        values["object"] = object_text(outcome.object_id)
    return values | {"endEpoch": outcome.end_epoch}


def _object_values(blob: BlobObject) -> Values:
    storage = blob.storage
    return {
        "id": object_text(blob.object_id),
        "registeredEpoch": blob.registered_epoch,
        "blobId": str(blob.blob_id),
        "size": blob.size,
        "encodingType": EncodingType(blob.encoding_type).name,
        "certifiedEpoch": blob.certified_epoch,
        "storage": {
            "id": object_text(storage.object_id),
            "startEpoch": storage.start_epoch,
            "endEpoch": storage.end_epoch,
            "storageSize": storage.size,
        },
        "deletable": blob.deletable,
    }


def store_facts(outcome: StoreOutcome) -> dict[str, str]:
    """The same for people, and how it went."""
    kind = "deletable" if outcome.deletable else "permanent"
    facts = {"blob ID": str(outcome.blob_id)}
    if outcome.object_id is not None:
        facts["object"] = object_text(outcome.object_id)
    facts |= {
        "size": f"{size_text(outcome.size)}, {size_text(outcome.encoded_size)} encoded",
        "stored": f"until epoch {outcome.end_epoch} begins, {kind}",
    }
    if outcome.already_certified:
        whose = "" if outcome.object_id else " by somebody else's registration"
        return facts | {"paid": f"nothing: certified in epoch {outcome.certified_epoch}{whose}"}
    facts["paid"] = cost_text(outcome)
    if outcome.nodes:
        confirmed = [node for node in outcome.nodes if node.state is NodeState.CONFIRMED]
        shards = sum(node.weight for node in confirmed)
        nodes = f"{len(confirmed)} of {count_text(len(outcome.nodes), 'node')}"
        facts["confirmed"] = f"by {nodes}, which hold {count_text(shards, 'shard')}"
    return facts | {"time": time_text(outcome.seconds, outcome.size)}


def cost_text(outcome: StoreOutcome) -> str:
    """What it took, and when that was paid."""
    cost, gas = outcome.cost, gas_text(outcome.gas)
    if outcome.operation is Operation.REUSED:
        return f"nothing for the registration, which was there; gas {gas}"
    write = f"{wal_text(cost.write)} to write"
    if outcome.operation is Operation.ON_STORAGE:
        what = f"{write}; the storage was there"
    elif outcome.operation in EXTENSIONS:
        added = f"{epochs_text(outcome.extended)} more"
        what = f"to store for {added}; the registration was there"
    else:
        what = f"{wal_text(cost.storage)} to store for {epochs_text(outcome.epochs)}, {write}"
    paid = f"{wal_text(cost.total)} ({what}), gas {gas}"
    return f"{paid}; in an earlier run" if outcome.resumed else paid


def time_text(seconds: Seconds, size: int) -> str:
    """The stages that took any, and all of it."""
    stages = [(stage, getattr(seconds, stage)) for stage in STAGES]
    told = ", ".join(f"{stage} {duration_text(spent)}" for stage, spent in stages if spent > 0)
    return f"{duration_text(seconds.total)} ({told}); {rate_text(size, seconds.total)}"
