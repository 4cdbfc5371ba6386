"""Blobs of events, attested on chain by the nodes themselves (contract.md, section 18)."""

from __future__ import annotations

from walrus_core.localnet.ledger import blob as blobs
from walrus_core.localnet.ledger.encoding import encoded_length
from walrus_core.localnet.ledger.integers import u16, u32
from walrus_core.localnet.ledger.objects import StorageNodeCap
from walrus_core.localnet.ledger.storage_resource import new_storage
from walrus_core.localnet.ledger.system_state import SystemState, use_for_event_blob
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort
from walrus_core.protocol.quorum import Threshold

__all__ = ["attest"]


def attest(
    system: SystemState,
    cap: StorageNodeCap,
    blob_id: int,
    root_hash: int,
    size: int,
    encoding_type: int,
    checkpoint: int,
    epoch: int,
    tx: Transaction,
) -> None:
    """Count a node's word for the blob that ends with `checkpoint`; a quorum certifies it."""
    weight = system.require_member(cap.node_id)
    if epoch != system.epoch:
        raise abort("system_state_inner", "EInvalidIdEpoch")
    _check_order(system, cap, checkpoint)
    cap.last_event_blob_attestation = checkpoint, epoch
    if system.certified_event_blob is not None and system.certified_event_blob[0] >= checkpoint:
        return  # late, but not wrong
    key = blob_id, checkpoint
    weight = u16((system.event_blob_weights.get(key) or 0) + weight)
    system.event_blob_weights[key] = weight
    if Threshold.QUORUM.reached(weight, system.n_shards):
        _register_and_certify(system, blob_id, root_hash, size, encoding_type, tx)
        system.certified_event_blob = checkpoint, blob_id
        system.event_blob_weights.clear()


def _check_order(system: SystemState, cap: StorageNodeCap, checkpoint: int) -> None:
    """A node has one attestation open at a time: until its blob succeeds, or the epoch ends."""
    if cap.last_event_blob_attestation is None:
        return
    last_checkpoint, last_epoch = cap.last_event_blob_attestation
    if last_epoch >= system.epoch and checkpoint <= last_checkpoint:
        raise abort("system_state_inner", "ERepeatedAttestation")
    certified = system.certified_event_blob
    settled = certified is not None and last_checkpoint <= certified[0]
    if last_epoch >= system.epoch and not settled:
        raise abort("system_state_inner", "EIncorrectAttestation")


def _register_and_certify(
    system: SystemState,
    blob_id: int,
    root_hash: int,
    size: int,
    encoding_type: int,
    tx: Transaction,
) -> None:
    """Store as long as can be, free of charge and above all capacity; nobody holds the object."""
    encoded = encoded_length(size, system.n_shards, encoding_type)
    use_for_event_blob(system, encoded)
    storage = new_storage(system.epoch, u32(system.epoch + len(system.ring)), encoded, tx)
    blob = blobs.new_blob(
        system, storage, blob_id, root_hash, size, encoding_type, deletable=False, tx=tx
    )
    blobs.certify(blob, system.epoch, blob_id, None, tx)
