"""Binary Canonical Serialization, as far as Sui's transactions and Move's values need it.

`Reader` adds to that of `protocol.wire` what these have beyond messages: small integers by name,
flags, options, variants of enums, and vectors of items of any size. Nothing is looped over before
it is known to fit into the bytes that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from walrus_core.protocol import wire
from walrus_core.protocol.wire import byte_vector, uint, vector_length

__all__ = [
    "Reader",
    "boolean",
    "byte_vector",
    "option",
    "text",
    "u8",
    "u16",
    "u32",
    "u64",
    "u256",
    "uint",
    "variant",
    "vector",
    "vector_length",
]

T = TypeVar("T")

ADDRESS_SIZE = 32


class Reader(wire.Reader):
    """Reads one value of type `what`, field by field; `finish` demands its end."""

    __slots__ = ()

    def u8(self) -> int:
        return self.uint(1)

    def u16(self) -> int:
        return self.uint(2)

    def u32(self) -> int:
        return self.uint(4)

    def u64(self) -> int:
        return self.uint(8)

    def address(self) -> bytes:
        """An address or an object id: 32 bytes."""
        return self.take(ADDRESS_SIZE)

    def boolean(self) -> bool:
        value = self.uint(1)
        if value > 1:
            raise self.fault(f"a flag of {value}, neither 0 nor 1")
        return value == 1

    def text(self) -> str:
        """A string: UTF-8 with its number of bytes in front."""
        try:
            return self.byte_vector().decode("utf-8")
        except UnicodeDecodeError:
            raise self.fault("a string that is not UTF-8") from None

    def variant(self, count: int) -> int:
        """The number of a variant of an enum that has `count` of them."""
        number = self.vector_length(0)
        if number >= count:
            raise self.fault(f"variant {number:,} of an enum that has {count}")
        return number

    def option(self, read: Callable[[], T]) -> T | None:
        return read() if self.boolean() else None

    def vector(self, read: Callable[[], T], *, most: int) -> tuple[T, ...]:
        """At most `most` items, each of at least one byte."""
        count = self.vector_length(1)
        if count > most:
            raise self.fault(f"{count:,} items where {most:,} are allowed")
        return tuple([read() for _ in range(count)])


def u8(value: int) -> bytes:
    return value.to_bytes(1, "little")


def u16(value: int) -> bytes:
    return value.to_bytes(2, "little")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "little")


def u256(value: int) -> bytes:
    return value.to_bytes(32, "little")


def boolean(value: bool) -> bytes:
    return b"\1" if value else b"\0"


def text(value: str) -> bytes:
    return byte_vector(value.encode("utf-8"))


variant = vector_length
"""The number of an enum's variant: written as a length is."""


def option(value: bytes | None) -> bytes:
    """Of a value's bytes."""
    return b"\0" if value is None else b"\1" + value


def vector(items: Iterable[bytes]) -> bytes:
    """Of its items' bytes."""
    listed = list(items)
    return vector_length(len(listed)) + b"".join(listed)
