"""Ids and addresses as text, and the ids of fields."""

from __future__ import annotations

import re
from hashlib import blake2b

from walrus_core.errors import InvalidEncodingError

__all__ = ["ADDRESS_SIZE", "address_text", "field_id", "normal_type", "parse_address"]

ADDRESS_SIZE = 32
U64_TAG = b"\x02"
BYTE_VECTOR_TAG = b"\x06\x01"

_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}")


def parse_address(text: str, what: str = "an address") -> bytes:
    """32 bytes from `0x` and up to 64 hexadecimal digits; InvalidEncodingError."""
    if not _HEX.fullmatch(text):
        raise InvalidEncodingError(
            f"{text[:100]!r} is not {what}; give 0x and up to 64 hexadecimal digits"
        )
    return bytes.fromhex(text[2:].zfill(2 * ADDRESS_SIZE))


def address_text(address: bytes) -> str:
    """`0x` and 64 digits."""
    return f"0x{address.hex()}"


def normal_type(text: str) -> str:
    """A type with each of its addresses in full, to be compared as text."""
    return _HEX.sub(lambda match: address_text(parse_address(match[0])), text.replace(" ", ""))


def field_id(parent: bytes, key: bytes, tag: bytes) -> bytes:
    """The id of the dynamic field `key` (BCS) of type `tag` (BCS of its TypeTag)."""
    length = len(key).to_bytes(8, "little")
    return blake2b(b"\xf0" + parent + length + key + tag, digest_size=ADDRESS_SIZE).digest()
