"""Answers as bytes.

The same bytes that betterproto makes of its messages, nine times as fast: it looks every field's
default up again, each time, and that was a quarter of all that the server did. (And where a list
holds an empty message, it writes the number of another field.)
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

import betterproto2
from pysui.sui.sui_grpc.suimsgs.google.protobuf import Timestamp

__all__ = ["encode"]

_VARINT, _SIZED = 0, 2
_ONCE, _EACH, _PACKED = range(3)
_U64 = 2**64
_Write = Callable[[Any], bytes]


def encode(message: betterproto2.Message) -> bytes:
    """The message in protobuf's format."""
    parts = []
    for name, key, write, times, optional in _plan(type(message)):
        value = getattr(message, name)
        if value is None or (not optional and not value):
            continue
        if times == _ONCE:
            parts += [key, write(value)]
        elif times == _EACH:
            for item in value.items() if isinstance(value, dict) else value:
                parts += [key, write(item)]
        else:
            parts += [key, _sized(b"".join(map(write, value)))]
    return b"".join(parts)


@functools.cache
def _plan(
    message: type[betterproto2.Message],
) -> tuple[tuple[str, bytes, _Write, int, bool], ...]:
    """For each field: its name, tag, and how to write it; whether zero is a value."""
    plan = []
    for field in dataclasses.fields(message):  # type: ignore[arg-type]  # they all are
        meta = field.metadata["betterproto"]
        write = _WRITERS.get(meta.proto_type, _unknown)
        is_map = meta.proto_type == betterproto2.TYPE_MAP
        packed = meta.repeated and write is _integer
        times = _PACKED if packed else _EACH if meta.repeated or is_map else _ONCE
        wire_type = _VARINT if write is _integer and not packed else _SIZED
        key = _integer(meta.number << 3 | wire_type)
        plan.append((field.name, key, write, times, meta.optional))
    return tuple(plan)


def _integer(value: int) -> bytes:
    """Also flags and enums."""
    if 0 <= value < 0x80:
        return _SMALL[value]
    value %= _U64  # negative ones are written as their complement
    low = []
    while value >= 0x80:
        low.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*low, value])


_SMALL = [bytes([value]) for value in range(0x80)]


def _sized(value: bytes) -> bytes:
    return _integer(len(value)) + value


def _text(value: str) -> bytes:
    return _sized(value.encode())


def _message(value: betterproto2.Message | datetime) -> bytes:
    if isinstance(value, datetime):
        value = Timestamp.from_datetime(value)
    return _sized(encode(value))


def _text_pair(item: tuple[str, str]) -> bytes:
    """An entry of a map."""
    key, value = item
    return _sized(b"\x0a" + _text(key) + b"\x12" + _text(value))


def _unknown(_: object) -> NoReturn:
    raise TypeError("a field of a type that no answer of this chain has")


_WRITERS: dict[str, _Write] = {
    betterproto2.TYPE_BOOL: _integer,
    betterproto2.TYPE_ENUM: _integer,
    betterproto2.TYPE_INT32: _integer,
    betterproto2.TYPE_INT64: _integer,
    betterproto2.TYPE_UINT32: _integer,
    betterproto2.TYPE_UINT64: _integer,
    betterproto2.TYPE_STRING: _text,
    betterproto2.TYPE_BYTES: _sized,
    betterproto2.TYPE_MESSAGE: _message,
    betterproto2.TYPE_MAP: _text_pair,
}
