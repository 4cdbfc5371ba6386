"""Many objects as bytes, quick to read: a table of their types, and a fixed head for each."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.move_types import Struct, decode_type, encode_type
from walrus_core.localnet.sui_node.values import ObjectRecord, Owner, OwnerKind

__all__ = ["pack_records", "unpack_records"]

_HEAD = struct.Struct("<32sQ32sB32sQHB32sQI")
"""id, version, digest, owner (kind, address, first shared version), type, public transfer, previous
transaction, storage rebate, size of the contents.
"""

_NOBODY = bytes(32)
_MANY = 2**32


def pack_records(records: Iterable[ObjectRecord]) -> bytes:
    """The inverse of `unpack_records`."""
    types: dict[Struct, int] = {}
    parts: list[bytes] = []
    for record in records:
        kind, owner = record.type, record.owner
        assert kind is not None  # packages are not stored
        head = _HEAD.pack(
            record.id,
            record.version,
            record.digest,
            owner.kind,
            owner.address or _NOBODY,
            owner.initial_shared_version or 0,
            types.setdefault(kind, len(types)),
            record.public_transfer,
            record.previous_transaction,
            record.storage_rebate,
            len(record.contents),
        )
        parts += (head, record.contents)
    return bcs.vector(map(encode_type, types)) + b"".join(parts)


def unpack_records(content: bytes) -> list[ObjectRecord]:
    """Objects with the same owner share it, as most do."""
    reader = bcs.Reader("objects", content)
    types = reader.vector(lambda: decode_type(reader), most=_MANY)
    body, offset, found = reader.take(reader.left), 0, []
    owners: dict[tuple[int, bytes, int], Owner] = {}
    while offset < len(body):
        values = _HEAD.unpack_from(body, offset)
        offset += _HEAD.size + values[-1]
        owner = owners.get(values[3:6])
        if owner is None:
            owner = owners[values[3:6]] = _owner(*values[3:6])
        kind = types[values[6]]
        assert isinstance(kind, Struct)  # as it was packed
        found.append(
            ObjectRecord(
                values[0],
                values[1],
                values[2],
                owner,
                kind,
                body[offset - values[-1] : offset],
                values[8],
                values[9],
                bool(values[7]),
            )
        )
    return found


def _owner(kind: int, address: bytes, shared_version: int) -> Owner:
    match OwnerKind(kind):
        case OwnerKind.SHARED:
            return Owner(OwnerKind.SHARED, None, shared_version)
        case OwnerKind.IMMUTABLE:
            return Owner(OwnerKind.IMMUTABLE)
        case found:
            return Owner(found, address)
