"""The contract's events: their fields with the types of these, in order (contract.md, section 21).

`u16s` is a vector of u16; `id` an object id, `bytes` a vector of u8.
"""

from __future__ import annotations

__all__ = ["EVENTS_MODULE", "FIELDS"]

EVENTS_MODULE = "events"
"""The Move module that they are declared in."""

_TABLE = """
BlobRegistered: epoch u32, blob_id u256, size u64, encoding_type u8, end_epoch u32, deletable bool,
    object_id id
BlobCertified: epoch u32, blob_id u256, end_epoch u32, deletable bool, object_id id,
    is_extension bool
BlobDeleted: epoch u32, blob_id u256, end_epoch u32, object_id id, was_certified bool
InvalidBlobID: epoch u32, blob_id u256
EpochChangeStart: epoch u32
EpochChangeDone: epoch u32
ShardsReceived: epoch u32, shards u16s
EpochParametersSelected: next_epoch u32
ShardRecoveryStart: epoch u32, shards u16s
ContractUpgraded: epoch u32, package_id id, version u64
RegisterDenyListUpdate: epoch u32, root u256, sequence_number u64, node_id id
DenyListUpdate: epoch u32, root u256, sequence_number u64, node_id id
DenyListBlobDeleted: epoch u32, blob_id u256
ContractUpgradeProposed: epoch u32, package_digest bytes
ContractUpgradeQuorumReached: epoch u32, package_digest bytes
ProtocolVersionUpdated: epoch u32, start_epoch u32, protocol_version u64
PricesUpdated: epoch u32, storage_price u64, write_price u64
StoragePoolCreated: epoch u32, storage_pool_id id, reserved_encoded_capacity_bytes u64,
    start_epoch u32, end_epoch u32
PooledBlobRegistered: epoch u32, blob_id u256, unencoded_size u64, encoding_type u8,
    deletable bool, object_id id, storage_pool_id id
PooledBlobCertified: epoch u32, blob_id u256, deletable bool, object_id id, storage_pool_id id
PooledBlobDeleted: epoch u32, blob_id u256, object_id id, was_certified bool, storage_pool_id id
StoragePoolExtended: epoch u32, storage_pool_id id, new_end_epoch u32
"""


def _fields(table: str) -> dict[str, list[tuple[str, str]]]:
    fields = {}
    for line in table.replace(",\n    ", ", ").strip().splitlines():
        name, _, entries = line.partition(": ")
        pairs = (entry.rsplit(" ", 1) for entry in entries.split(", "))
        fields[name] = [(field, kind) for field, kind in pairs]
    return fields


FIELDS = _fields(_TABLE)
"""Event -> (field, type) of each."""
