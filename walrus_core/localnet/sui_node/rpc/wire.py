"""Whether bytes are a message of some type, checked before they are parsed.

betterproto's parser takes an integer where a message belongs, nests as deep as it is told, and
keeps what it does not know at a price that grows with its square. Here each byte is looked at once.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import get_type_hints

import betterproto2

from walrus_core.localnet.sui_node.rpc.masks import message_in

__all__ = ["check"]

_DEEPEST = 32
_MOST_UNKNOWN = 4096
"""Bytes of fields that this chain does not know, in one message."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_WIRE_TYPES = {
    betterproto2.TYPE_DOUBLE: _FIXED64,
    betterproto2.TYPE_STRING: _BYTES,
    betterproto2.TYPE_BYTES: _BYTES,
    betterproto2.TYPE_MESSAGE: _BYTES,
    betterproto2.TYPE_MAP: _BYTES,
}
"""Of the types in this API; all others are varints."""

_MAX = 2**64 - 1


def check(message: type[betterproto2.Message], data: bytes) -> None:
    """Raise ValueError unless `data` is a `message`, perhaps with some fields of later versions."""
    _check(message, data, 0, len(data), 1)


def _check(
    message: type[betterproto2.Message], data: bytes, offset: int, end: int, depth: int
) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"nested deeper than {_DEEPEST}")
    shape, unknown = _shape(message), 0
    while offset < end:
        first = offset
        number, wire_type, start, offset = _field(data, first, end)
        if number in shape:
            name, expected, packed, inner = shape[number]
            if wire_type != expected and not (packed and wire_type == _BYTES):
                raise ValueError(f"{name} with wire type {wire_type}")
            if inner is not None:
                _check(inner, data, start, offset, depth + 1)
        else:
            unknown += offset - first
            if unknown > _MOST_UNKNOWN:
                raise ValueError(f"more than {_MOST_UNKNOWN} bytes of unknown fields")


def _field(data: bytes, first: int, end: int) -> tuple[int, int, int, int]:
    """The number and wire type of the field at `first`, and where its value starts and ends."""
    tag, start = _varint(data, first, end)
    wire_type = tag & 7
    if wire_type == _VARINT:
        _, stop = _varint(data, start, end)
    elif wire_type == _BYTES:
        size, start = _varint(data, start, end)
        stop = start + size
    elif wire_type in _FIXED:
        stop = start + _FIXED[wire_type]
    else:
        raise ValueError(f"wire type {wire_type} at byte {first}")
    if stop > end:
        raise ValueError(f"a field at byte {first} that is longer than what is left")
    return tag >> 3, wire_type, start, stop


@functools.cache
def _shape(
    message: type[betterproto2.Message],
) -> dict[int, tuple[str, int, bool, type[betterproto2.Message] | None]]:
    """For each number: the field's name, its wire type, whether it may be packed, its message."""
    hints = get_type_hints(message)
    shape = {}
    for field in dataclasses.fields(message):  # type: ignore[arg-type]  # they all are
        meta = field.metadata["betterproto"]
        wire_type = _WIRE_TYPES.get(meta.proto_type, _VARINT)
        packed = meta.repeated and wire_type != _BYTES
        inner = (
            message_in(hints[field.name]) if meta.proto_type == betterproto2.TYPE_MESSAGE else None
        )
        shape[meta.number] = field.name, wire_type, packed, inner
    return shape


def _varint(data: bytes, offset: int, end: int) -> tuple[int, int]:
    """An integer of at most 64 bits, and where it ends."""
    value = shift = 0
    while offset < end:
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > _MAX:
                break
            return value, offset
        shift += 7
        if shift > 63:
            break
    raise ValueError(f"no integer before byte {offset}")
