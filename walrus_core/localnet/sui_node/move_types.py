"""Move's types: as text (`0x2::coin::Coin<0x…::wal::WAL>`), as BCS (Sui's TypeTag), as values.

Two spellings of one type parse to equal values; `str` writes addresses with all their digits.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TypeAlias

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.ids import address_text, parse_address

__all__ = [
    "COIN_MODULE",
    "FRAMEWORK",
    "MOVE_STDLIB",
    "MoveType",
    "Struct",
    "Vector",
    "coin_type",
    "decode_type",
    "encode_type",
    "field_type",
    "is_identifier",
    "parse_type",
]

MOVE_STDLIB = bytes(31) + b"\x01"
FRAMEWORK = bytes(31) + b"\x02"
COIN_MODULE = "coin"

MAX_DEPTH = 16
MAX_PARAMETERS = 16
MAX_IDENTIFIER = 128

_SCALARS = ["bool", "u8", "u64", "u128", "address", "signer", None, None, "u16", "u32", "u256"]
"""By the number of their variant in TypeTag; 6 is vector, 7 a struct."""

_VECTOR, _STRUCT = 6, 7
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*|_[A-Za-z0-9_]+", re.ASCII)
_TOKEN = re.compile(r"\s*(::|[<>,]|[A-Za-z0-9_]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Struct:
    """`address::module::name<parameters>`; `address` is the package where it was first defined."""

    address: bytes
    module: str
    name: str
    parameters: tuple[MoveType, ...] = ()

    def __str__(self) -> str:
        return _text(self)


@dataclass(frozen=True, slots=True)
class Vector:
    """`vector<item>`."""

    item: MoveType

    def __str__(self) -> str:
        return f"vector<{self.item}>"


MoveType: TypeAlias = str | Vector | Struct
"""A scalar is its name: bool, u8, u16, u32, u64, u128, u256, address, signer."""

SCALARS = frozenset(name for name in _SCALARS if name is not None)


@functools.lru_cache(maxsize=1024)
def _text(struct: Struct) -> str:
    head = f"{address_text(struct.address)}::{struct.module}::{struct.name}"
    if not struct.parameters:
        return head
    return f"{head}<{', '.join(map(str, struct.parameters))}>"


def coin_type(of: MoveType) -> Struct:
    """`0x2::coin::Coin<of>`."""
    return Struct(FRAMEWORK, COIN_MODULE, "Coin", (of,))


def field_type(key: MoveType, value: MoveType) -> Struct:
    """`0x2::dynamic_field::Field<key, value>`."""
    return Struct(FRAMEWORK, "dynamic_field", "Field", (key, value))


def is_identifier(text: str) -> bool:
    """Whether Move could name something so."""
    return len(text) <= MAX_IDENTIFIER and _IDENTIFIER.fullmatch(text) is not None


@functools.lru_cache(maxsize=1024)
def encode_type(type_: MoveType) -> bytes:
    """The BCS of its TypeTag."""
    if isinstance(type_, str):
        return bcs.variant(_SCALARS.index(type_))
    if isinstance(type_, Vector):
        return bcs.variant(_VECTOR) + encode_type(type_.item)
    return bcs.variant(_STRUCT) + encode_struct(type_)


def encode_struct(struct: Struct) -> bytes:
    """The BCS of its StructTag."""
    parameters = bcs.vector(map(encode_type, struct.parameters))
    return struct.address + bcs.text(struct.module) + bcs.text(struct.name) + parameters


def decode_type(reader: bcs.Reader, depth: int = 1) -> MoveType:
    """The inverse of `encode_type`, for types no deeper than Sui accepts."""
    if depth > MAX_DEPTH:
        raise reader.fault(f"a type nested deeper than {MAX_DEPTH}")
    number = reader.variant(len(_SCALARS))
    if number == _VECTOR:
        return Vector(decode_type(reader, depth + 1))
    if number == _STRUCT:
        address, module, name = reader.address(), identifier(reader), identifier(reader)
        return Struct(
            address,
            module,
            name,
            reader.vector(lambda: decode_type(reader, depth + 1), most=MAX_PARAMETERS),
        )
    scalar = _SCALARS[number]
    assert scalar is not None  # the two without a name are the two above
    return scalar


def identifier(reader: bcs.Reader) -> str:
    """The name of a module, function or struct."""
    name = reader.text()
    if not is_identifier(name):
        raise reader.fault(f"{name[:MAX_IDENTIFIER]!r} is no identifier")
    return name


@functools.lru_cache(maxsize=1024)
def parse_type(text: str) -> MoveType:
    """A type from its text; InvalidEncodingError if it is none."""
    parser = _Parser(text)
    type_ = parser.type(1)
    parser.end()
    return type_


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._offset = 0

    def fault(self) -> InvalidEncodingError:
        return InvalidEncodingError(f"{self._text[:200]!r} is no Move type, from {self._offset} on")

    def token(self) -> str:
        found = _TOKEN.match(self._text, self._offset)
        if found is None:
            raise self.fault()
        self._offset = found.end()
        return found[1]

    def expect(self, wanted: str) -> None:
        if self.token() != wanted:
            raise self.fault()

    def follows(self, wanted: str) -> bool:
        """Whether the next token is this one, which is then read."""
        found = _TOKEN.match(self._text, self._offset)
        if found is None or found[1] != wanted:
            return False
        self._offset = found.end()
        return True

    def end(self) -> None:
        if self._text[self._offset :].strip():
            raise self.fault()

    def type(self, depth: int) -> MoveType:
        if depth > MAX_DEPTH:
            raise self.fault()
        head = self.token()
        if head in SCALARS:
            return head
        if head == "vector":
            self.expect("<")
            item = self.type(depth + 1)
            self.expect(">")
            return Vector(item)
        return self._struct(head, depth)

    def _struct(self, head: str, depth: int) -> Struct:
        address = parse_address(head)
        self.expect("::")
        module = self.token()
        self.expect("::")
        name = self.token()
        if not (is_identifier(module) and is_identifier(name)):
            raise self.fault()
        parameters: list[MoveType] = []
        if self.follows("<"):
            parameters.append(self.type(depth + 1))
            while self.follows(","):
                parameters.append(self.type(depth + 1))
            self.expect(">")
        return Struct(address, module, name, tuple(parameters))
