"""The kinds of fields that messages are made of: what they hold, and their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from walrus_core.protocol.wire import Reader, uint
from walrus_core.types import Axis, BlobId, checked_bytes, checked_instance, checked_int

__all__ = ["AXIS", "BLOB_ID", "ID", "OPTIONAL_ID", "U16", "U32", "U64", "U256", "Field", "Fixed"]


class Field(Protocol):
    """One kind. `check` returns the value in the form that messages keep, or raises
    InvalidArgumentError; `write` takes checked values only; `read` raises InvalidEncodingError.
    """

    def check(self, name: str, value: Any) -> Any: ...

    def write(self, value: Any) -> bytes: ...

    def read(self, reader: Reader) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Unsigned:
    """An integer of `size` bytes."""

    size: int

    def check(self, name: str, value: Any) -> int:
        return checked_int(name, value, 0, 256**self.size - 1)

    def write(self, value: int) -> bytes:
        return uint(value, self.size)

    def read(self, reader: Reader) -> int:
        return reader.uint(self.size)


@dataclass(frozen=True, slots=True)
class Fixed:
    """`size` bytes, without their number in front."""

    size: int

    def check(self, name: str, value: Any) -> bytes:
        return checked_bytes(name, value, self.size)

    def write(self, value: bytes) -> bytes:
        return value

    def read(self, reader: Reader) -> bytes:
        return reader.take(self.size)


class _Optional:
    """None, or 32 bytes: a zero, or a one and the bytes."""

    def check(self, name: str, value: Any) -> bytes | None:
        return None if value is None else ID.check(name, value)

    def write(self, value: bytes | None) -> bytes:
        return b"\0" if value is None else b"\1" + value

    def read(self, reader: Reader) -> bytes | None:
        variant = reader.uint(1)
        if variant > 1:
            raise reader.fault(f"variant {variant} is neither 0 (none) nor 1")
        return ID.read(reader) if variant else None


class _BlobId:
    def check(self, name: str, value: Any) -> BlobId:
        return checked_instance(name, value, BlobId)

    def write(self, value: BlobId) -> bytes:
        return value.digest

    def read(self, reader: Reader) -> BlobId:
        return BlobId(reader.take(BlobId.SIZE))


class _Axis:
    def check(self, name: str, value: Any) -> Axis:  # noqa: ARG002 - an Axis names itself
        return Axis(value)

    def write(self, value: Axis) -> bytes:
        return bytes([value.number])

    def read(self, reader: Reader) -> Axis:
        number = reader.uint(1)
        for axis in Axis:
            if axis.number == number:
                return axis
        raise reader.fault(f"axis {number} is neither 0 (primary) nor 1 (secondary)")


U16, U32, U64, U256 = _Unsigned(2), _Unsigned(4), _Unsigned(8), _Unsigned(32)
ID = Fixed(32)
OPTIONAL_ID = _Optional()
BLOB_ID = _BlobId()
AXIS = _Axis()
