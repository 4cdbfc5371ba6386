"""Move values as BCS: pure inputs read as the type that a command wants, results written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import Object
from walrus_core.localnet.sui_node import bcs, layout
from walrus_core.localnet.sui_node.move_types import MoveType, Struct, Vector
from walrus_core.localnet.sui_node.slots import Opaque, SuiCoin

__all__ = ["decode_pure", "encode_value", "is_pure"]

_WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16, "u256": 32}
_TRANSPARENT = {("string", "String"): Vector("u8"), ("object", "ID"): "address"}
MOST_ITEMS = 16 * 1024


def is_pure(type_: MoveType) -> bool:
    """Whether bytes may be given for a value of this type."""
    if isinstance(type_, str):
        return type_ != "signer"
    if isinstance(type_, Vector):
        return is_pure(type_.item)
    if (type_.module, type_.name) == ("option", "Option"):
        return is_pure(type_.parameters[0])
    return (type_.module, type_.name) in _TRANSPARENT


def decode_pure(type_: MoveType, content: bytes) -> Any:
    """The value that the bytes are; InvalidEncodingError if they are none of this type."""
    reader = bcs.Reader(f"a value of type {type_}", content)
    value = _reading(type_, reader)()
    reader.finish()
    return value


def _reading(type_: MoveType, reader: bcs.Reader) -> Callable[[], Any]:
    """What reads one value of a type."""
    if isinstance(type_, str):
        if type_ == "bool":
            return reader.boolean
        if type_ == "address":
            return reader.address
        return lambda: reader.uint(_WIDTHS[type_])
    if isinstance(type_, Vector):
        if type_.item == "u8":
            return reader.byte_vector
        item = _reading(type_.item, reader)
        return lambda: list(reader.vector(item, most=MOST_ITEMS))
    if type_.name == "Option":
        return lambda: reader.option(_reading(type_.parameters[0], reader))
    return reader.address if type_.name == "ID" else reader.text


def encode_value(type_: MoveType, payload: Any) -> bytes:
    """A value that a command gave back, as a client reads it."""
    if isinstance(type_, str):
        return _scalar(type_, payload)
    if isinstance(type_, Vector):
        if type_.item == "u8":
            return bcs.byte_vector(payload)
        return bcs.vector(encode_value(type_.item, item) for item in payload)
    return _struct(type_, payload)


def _scalar(name: str, payload: Any) -> bytes:
    if name == "bool":
        return bcs.boolean(payload)
    return bytes(payload) if name == "address" else bcs.uint(payload, _WIDTHS[name])


def _struct(type_: Struct, payload: Any) -> bytes:
    match payload:
        case SuiCoin():
            return layout.coin(payload.id, payload.value)
        case Object():
            return layout.encode(payload)
        case Opaque():
            return payload.contents
        case NodeMetadata():
            texts = (payload.image_url, payload.project_url, payload.description)
            extra = layout.attributes(payload.extra_fields)
            return b"".join(map(bcs.text, texts)) + extra
        case dict():
            return bcs.vector(bcs.text(key) + bcs.text(value) for key, value in payload.items())
        case str():
            return bcs.text(payload)
        case bytes():
            return payload
        case (str(kind), bytes(id_)):
            return bcs.variant(0 if kind == "address" else 1) + id_
    if type_.name == "Option":
        inner = None if payload is None else encode_value(type_.parameters[0], payload)
        return bcs.option(inner)
    raise InvalidEncodingError(f"a value of type {type_} has no bytes to show")
