"""Fields of requests as values: text that names something, or a refusal that names the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.sui_node import ids
from walrus_core.localnet.sui_node.move_types import MoveType, is_identifier, parse_type
from walrus_core.localnet.sui_node.rpc.statuses import invalid, missing

__all__ = ["address", "digest", "identifier", "move_type", "required"]

_Value = TypeVar("_Value")


def required(field: str, value: _Value | None) -> _Value:
    """`value`, if the request has it."""
    if value is None:
        raise missing(field)
    return value


def address(field: str, text: str | None) -> bytes:
    """32 bytes of an address or object id."""
    return _read(ids.parse_address, field, text)


def digest(field: str, text: str | None) -> bytes:
    """32 bytes from their base58."""
    return _read(ids.parse_digest, field, text)


def move_type(field: str, text: str | None) -> MoveType:
    return _read(parse_type, field, text)


def identifier(field: str, text: str | None) -> str:
    """The name of a module, function or struct."""
    if not text:
        raise missing(field)
    if not is_identifier(text):
        raise invalid(field, f"{text[:80]!r} is no identifier")
    return text


def _read(parse: Callable[[str], _Value], field: str, text: str | None) -> _Value:
    if not text:
        raise missing(field)
    try:
        return parse(text)
    except InvalidEncodingError as error:
        raise invalid(field, str(error)) from error
