"""Binary Canonical Serialization: just what the encoding's wire types need (spec, chapter 3).

Integers are little-endian, lengths and enum variants are ULEB128 (at most u32, no superfluous
groups), structs are the concatenation of their fields. Every value has exactly one encoding, and
`Reader` refuses all others with InvalidEncodingError; it never allocates more than the bytes it was
given announce *and* hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from walrus_core.codec.buffers import stable_view
from walrus_core.errors import InvalidArgumentError, InvalidEncodingError

if TYPE_CHECKING:
    from typing_extensions import Buffer

P = ParamSpec("P")
T = TypeVar("T")

U32_MAX = 2**32 - 1
ULEB_MAX_GROUPS = 5


def u16(value: int) -> bytes:
    return value.to_bytes(2, "little")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "little")


def byte_vector(data: bytes) -> bytes:
    """Bytes with their number in front."""
    return uleb128(len(data)) + data


def uleb128(value: int) -> bytes:
    """Groups of seven bits, lowest first, all but the last with the high bit set."""
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


class Reader:
    """Reads one value of type `what` from `data`, field by field; `finish` demands its end.

    What it returns are views: of `data` if that is, or views, `bytes` or a mapped file; else of one
    copy made at the start.
    """

    __slots__ = ("_data", "_offset", "_what")

    def __init__(self, what: str, data: Buffer) -> None:
        self._what = what
        self._data = stable_view(what, data)
        self._offset = 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._offset

    @property
    def rest(self) -> memoryview:
        """The bytes not yet read, which stay unread."""
        return self._data[self._offset :]

    def fault(self, reason: str) -> InvalidEncodingError:
        """The error for `reason`, with the type being read and the place."""
        return InvalidEncodingError(
            f"{self._what}: {reason} (at byte {self._offset:,} of {len(self._data):,})"
        )

    def take(self, size: int) -> memoryview:
        """The next `size` bytes."""
        end = self._offset + size
        if end > len(self._data):
            raise self.fault(f"truncated: {size:,} bytes expected, {self.left:,} left")
        view = self._data[self._offset : end]
        self._offset = end
        return view

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def uleb128(self) -> int:
        """A canonical ULEB128 number that fits in 32 bits."""
        value = 0
        for group in range(ULEB_MAX_GROUPS):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << 7 * group
            if byte < 0x80:
                if value > U32_MAX:
                    raise self.fault(f"ULEB128 number {value:,} > {U32_MAX:,}")
                if byte == 0 and group > 0:
                    raise self.fault("ULEB128 number with a superfluous zero group")
                return value
        raise self.fault(f"ULEB128 number longer than {ULEB_MAX_GROUPS} bytes")

    def count(self, item_size: int) -> int:
        """The length of a vector of items of at least `item_size` bytes, which must be there."""
        count = self.uleb128()
        if count * item_size > self.left:
            raise self.fault(
                f"announces {count:,} items of at least {item_size} bytes, {self.left:,} bytes left"
            )
        return count

    def byte_vector(self) -> memoryview:
        return self.take(self.count(1))

    def construct(self, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`make` of fields read; what it refuses as an argument is a fault of the encoding here."""
        try:
            return make(*args, **kwargs)
        except InvalidArgumentError as error:
            raise self.fault(str(error)) from None

    def finish(self) -> None:
        if self.left:
            raise self.fault(f"over-long: {self.left:,} bytes follow the value")
