"""What the contract tells the world: events, from their bytes (contract.md, section 21)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.protocol.wire import Reader
from walrus_core.services.ports import ChainEvent
from walrus_core.sui.addresses import ADDRESS_SIZE

__all__ = ["FIELDS", "read_event"]

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
"""The fields of each event of the contract, with their types, in order."""

_READ: dict[str, Callable[[Reader], Any]] = {
    "u8": lambda reader: reader.uint(1),
    "u32": lambda reader: reader.uint(4),
    "u64": lambda reader: reader.uint(8),
    "u256": lambda reader: reader.uint(32),
    "bool": lambda reader: bool(reader.uint(1)),
    "id": lambda reader: reader.take(ADDRESS_SIZE),
    "bytes": Reader.byte_vector,
    "u16s": lambda reader: tuple(reader.uint(2) for _ in range(reader.vector_length(2))),
}


def read_event(event: v2.Event, cursor: bytes = b"", transaction: str = "") -> ChainEvent:
    """An event of any contract: fields only where it is one of ours."""
    name = str(event.event_type or "").rsplit("::", 1)[-1].partition("<")[0]
    contents = (event.contents and event.contents.value) or b""
    reader = Reader(name, contents)
    fields = {field: _READ[kind](reader) for field, kind in FIELDS.get(name, ())}
    return ChainEvent(cursor, str(event.transaction_digest or transaction), name, fields)
