"""What nodes attest beside blobs, most of it for the event alone (contract.md, section 19)."""

from __future__ import annotations

from walrus_core.localnet.ledger.certificates import Body
from walrus_core.localnet.ledger.events import (
    DenyListBlobDeleted,
    DenyListUpdate,
    InvalidBlobID,
    ProtocolVersionUpdated,
    RegisterDenyListUpdate,
)
from walrus_core.localnet.ledger.objects import StorageNodeCap
from walrus_core.localnet.ledger.system_state import SystemState
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort

__all__ = [
    "delete_deny_listed_blob",
    "invalidate_blob_id",
    "register_deny_list_update",
    "update_deny_list",
    "update_protocol_version",
]


def register_deny_list_update(
    system: SystemState, cap: StorageNodeCap, root: int, sequence: int, tx: Transaction
) -> None:
    """A node says which deny list it will have attested."""
    system.require_member(cap.node_id)
    _check_sequence(cap, sequence)
    tx.emit(RegisterDenyListUpdate(system.epoch, root, sequence, cap.node_id))


def update_deny_list(system: SystemState, cap: StorageNodeCap, body: Body, tx: Transaction) -> None:
    """A quorum attests a node's deny list; its size lowers what the node is paid for."""
    node_id, sequence, size, root = body.id(), body.u64(), body.u64(), body.u256()
    if node_id != cap.node_id:
        raise abort("system_state_inner", "EIncorrectDenyListNode")
    _check_sequence(cap, sequence)
    cap.deny_list_root = root
    cap.deny_list_sequence = sequence
    cap.deny_list_size = size
    system.deny_list_sizes[node_id] = size
    tx.emit(DenyListUpdate(system.epoch, root, sequence, node_id))


def _check_sequence(cap: StorageNodeCap, sequence: int) -> None:
    if sequence <= cap.deny_list_sequence:
        raise abort("system_state_inner", "EIncorrectDenyListSequence")


def delete_deny_listed_blob(system: SystemState, body: Body, tx: Transaction) -> None:
    tx.emit(DenyListBlobDeleted(system.epoch, body.u256()))


def invalidate_blob_id(system: SystemState, body: Body, tx: Transaction) -> int:
    """Tell the world; objects of that blob id stay as they are."""
    blob_id = body.u256()
    tx.emit(InvalidBlobID(system.epoch, blob_id))
    return blob_id


def update_protocol_version(system: SystemState, body: Body, tx: Transaction) -> None:
    start_epoch, version = body.u32(), body.u64()
    if start_epoch < system.epoch:
        raise abort("system_state_inner", "EInvalidStartEpoch")
    tx.emit(ProtocolVersionUpdated(system.epoch, start_epoch, version))
