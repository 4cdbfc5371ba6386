"""Reading the bytes of messages and certificates: Binary Canonical Serialization.

Integers are little-endian; the length of a vector is a ULEB128 number, at most u32, without
superfluous groups. Every value has one encoding, all others are InvalidEncodingError, and nothing
is allocated for what is announced but not there. (`codec.bcs` does the same for views of slivers of
many megabytes; rooms on one floor do not share.)
"""

from __future__ import annotations

from walrus_core.errors import InvalidEncodingError
from walrus_core.types import checked_bytes

__all__ = ["Reader", "byte_vector", "uint", "vector_length"]

_MOST_GROUPS = 5  # of seven bits, for 32 bits


def uint(value: int, size: int) -> bytes:
    """An unsigned integer of `size` bytes."""
    return value.to_bytes(size, "little")


def vector_length(length: int) -> bytes:
    """Groups of seven bits, lowest first, all but the last with the high bit set."""
    result = bytearray()
    while length >= 0x80:
        result.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(result) + bytes([length])


def byte_vector(data: bytes) -> bytes:
    """Bytes with their number in front."""
    return vector_length(len(data)) + data


class Reader:
    """Reads one value of type `what`, field by field; `finish` demands its end."""

    __slots__ = ("_data", "_offset", "_what")

    def __init__(self, what: str, data: bytes) -> None:
        self._what = what
        self._data = checked_bytes(what, data)
        self._offset = 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._offset

    def fault(self, reason: str) -> InvalidEncodingError:
        """The error for `reason`, with the type being read and the place."""
        return InvalidEncodingError(
            f"{self._what}: {reason} (at byte {self._offset:,} of {len(self._data):,})"
        )

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > self.left:
            raise self.fault(f"truncated: {size:,} bytes expected, {self.left:,} left")
        self._offset += size
        return self._data[self._offset - size : self._offset]

    def uint(self, size: int) -> int:
        """An unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def expect(self, name: str, value: int, size: int) -> None:
        """The field `name`, an integer that can only be `value`."""
        found = self.uint(size)
        if found != value:
            raise self.fault(f"{name} {found:,}, not {value:,}")

    def vector_length(self, item_size: int) -> int:
        """The number of items of `item_size` bytes, which must be there."""
        length = self._uleb128()
        if length * item_size > self.left:
            raise self.fault(
                f"announces {length:,} items of {item_size} bytes, {self.left:,} bytes left"
            )
        return length

    def byte_vector(self) -> bytes:
        return self.take(self.vector_length(1))

    def finish(self) -> None:
        if self.left:
            raise self.fault(f"over-long: {self.left:,} bytes follow the value")

    def _uleb128(self) -> int:
        value = 0
        for group in range(_MOST_GROUPS):
            byte = self.uint(1)
            value |= (byte & 0x7F) << 7 * group
            if byte < 0x80:
                if value >> 32 or (byte == 0 and group):
                    raise self.fault("a length above u32, or with a superfluous zero group")
                return value
        raise self.fault(f"a length of more than {_MOST_GROUPS} bytes")
