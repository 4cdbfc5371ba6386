"""The contract's events as BCS of their Move structs (walrus.md, section 11.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from walrus_core.localnet.ledger import Event
from walrus_core.localnet.sui_node import bcs

__all__ = ["EVENTS_MODULE", "encode_event"]

EVENTS_MODULE = "events"

_FIELDS = """
BlobRegistered: epoch u32, blob_id u256, size u64, encoding_type u8, end_epoch u32, deletable bool,
    object_id id
BlobCertified: epoch u32, blob_id u256, end_epoch u32, deletable bool, object_id id,
    is_extension bool
BlobDeleted: epoch u32, blob_id u256, end_epoch u32, object_id id, was_certified bool
InvalidBlobID: epoch u32, blob_id u256
EpochParametersSelected: next_epoch u32
EpochChangeStart: epoch u32
EpochChangeDone: epoch u32
ShardsReceived: epoch u32, shards shards
PricesUpdated: epoch u32, storage_price u64, write_price u64
RegisterDenyListUpdate: epoch u32, root u256, sequence_number u64, node_id id
DenyListUpdate: epoch u32, root u256, sequence_number u64, node_id id
DenyListBlobDeleted: epoch u32, blob_id u256
ProtocolVersionUpdated: epoch u32, start_epoch u32, protocol_version u64
StoragePoolCreated: epoch u32, storage_pool_id id, reserved_encoded_capacity_bytes u64,
    start_epoch u32, end_epoch u32
StoragePoolExtended: epoch u32, storage_pool_id id, new_end_epoch u32
PooledBlobRegistered: epoch u32, blob_id u256, unencoded_size u64, encoding_type u8, deletable bool,
    object_id id, storage_pool_id id
PooledBlobCertified: epoch u32, blob_id u256, deletable bool, object_id id, storage_pool_id id
PooledBlobDeleted: epoch u32, blob_id u256, object_id id, was_certified bool, storage_pool_id id
ContractUpgradeProposed: epoch u32, package_digest bytes
ContractUpgradeQuorumReached: epoch u32, package_digest bytes
ContractUpgraded: epoch u32, package_id id, version u64
"""

_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "u8": bcs.u8,
    "u32": bcs.u32,
    "u64": bcs.u64,
    "u256": bcs.u256,
    "bool": bcs.boolean,
    "id": bytes,
    "bytes": bcs.byte_vector,
    "shards": lambda shards: bcs.vector(map(bcs.u16, shards)),
}


def _schemas() -> dict[str, list[tuple[str, Callable[[Any], bytes]]]]:
    """Event -> its fields in order, each with what writes it."""
    schemas = {}
    for line in _FIELDS.replace(",\n    ", ", ").strip().splitlines():
        name, _, fields = line.partition(": ")
        pairs = [field.split() for field in fields.split(", ")]
        schemas[name] = [(field, _ENCODERS[kind]) for field, kind in pairs]
    return schemas


_SCHEMAS = _schemas()


def encode_event(event: Event) -> bytes:
    """The contents of an event; its type is named as its class."""
    schema = _SCHEMAS[type(event).__name__]
    return b"".join([encode(getattr(event, field)) for field, encode in schema])
