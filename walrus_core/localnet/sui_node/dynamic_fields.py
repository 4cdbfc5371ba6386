"""Dynamic fields as clients list them."""

from __future__ import annotations

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.ids import ID_SIZE
from walrus_core.localnet.sui_node.move_types import MoveType, Struct, Vector
from walrus_core.localnet.sui_node.store import ObjectStore
from walrus_core.localnet.sui_node.values import FieldInfo, ObjectRecord

__all__ = ["field_info"]

_U64_SIZE = 8


def field_info(store: ObjectStore, record: ObjectRecord) -> FieldInfo | None:
    """An object as a field of its parent; None if it is no Field."""
    kind, parent = record.type, record.owner.address
    if kind is None or kind.name != "Field" or parent is None:
        return None
    key_type, value_type = kind.parameters
    size = _key_size(key_type, record.contents[ID_SIZE:])
    name = record.contents[ID_SIZE : ID_SIZE + size]
    value = record.contents[ID_SIZE + size :]
    if not (isinstance(key_type, Struct) and key_type.name == "Wrapper"):
        return FieldInfo(parent, record.id, key_type, name, value_type, value)
    child = store[value]
    assert child.type is not None  # tables hold objects
    return FieldInfo(
        parent, record.id, key_type.parameters[0], name, child.type, child.contents, child.id
    )


def _key_size(key_type: MoveType, content: bytes) -> int:
    """How many bytes of a field are its key; keys here are numbers, ids, or bytes."""
    if key_type == "u64":
        return _U64_SIZE
    if isinstance(key_type, Vector):
        reader = bcs.Reader("the key of a field", content)
        reader.byte_vector()
        return len(content) - reader.left
    return ID_SIZE
