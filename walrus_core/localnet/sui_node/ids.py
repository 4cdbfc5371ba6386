"""How Sui names things: digests, object ids, addresses, and their text.

Every name is Blake2b-256 over a prefix that says of what: a struct's name and `::` for digests, one
byte for ids (ts-client.md, section 4).
"""

from __future__ import annotations

import hashlib

from walrus_core.errors import InvalidEncodingError

__all__ = [
    "ID_SIZE",
    "address_of_key",
    "address_text",
    "blake2b",
    "digest_of",
    "digest_text",
    "dynamic_field_id",
    "parse_address",
    "parse_digest",
]

ID_SIZE = 32
"""Of object ids, addresses and digests."""

_DYNAMIC_FIELD = b"\xf0"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(_BASE58)}
_LONGEST_DIGEST = 44
_HEX = frozenset("0123456789abcdefABCDEF")


def blake2b(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=ID_SIZE).digest()


def digest_of(kind: str, content: bytes) -> bytes:
    """Of the BCS of a struct with that name: `TransactionData`, `TransactionEffects`, ..."""
    return blake2b(kind.encode() + b"::" + content)


def dynamic_field_id(parent: bytes, key_type: bytes, key: bytes) -> bytes:
    """The id of a parent's field with this key; the type of the key as BCS of its tag."""
    return blake2b(_DYNAMIC_FIELD + parent + len(key).to_bytes(8, "little") + key + key_type)


def address_of_key(flag: int, public_key: bytes) -> bytes:
    """The address that belongs to a public key of the scheme with this flag."""
    return blake2b(bytes([flag]) + public_key)


def address_text(address: bytes) -> str:
    """All 64 digits, as full nodes write them."""
    return "0x" + address.hex()


def parse_address(text: str) -> bytes:
    """An address or object id, with or without 0x and its leading zeros."""
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if not 1 <= len(digits) <= 2 * ID_SIZE or not _HEX.issuperset(digits):
        raise InvalidEncodingError(f"{text[:80]!r} is no address: 0x and up to 64 hex digits")
    return bytes.fromhex(digits.zfill(2 * ID_SIZE))


def digest_text(digest: bytes) -> str:
    """Base58, as Sui writes digests."""
    number, characters = int.from_bytes(digest, "big"), []
    while number:
        number, rest = divmod(number, 58)
        characters.append(_BASE58[rest])
    zeros = len(digest) - len(digest.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(characters))


def parse_digest(text: str) -> bytes:
    """The 32 bytes of a digest's text."""
    number = 0
    for character in text[: _LONGEST_DIGEST + 1]:
        if character not in _DIGITS:
            raise InvalidEncodingError(f"{text[:80]!r} is no digest: {character!r} is not base58")
        number = number * 58 + _DIGITS[character]
    body = number.to_bytes((number.bit_length() + 7) // 8, "big")
    digest = bytes(len(text) - len(text.lstrip("1"))) + body
    if len(digest) != ID_SIZE:
        raise InvalidEncodingError(f"{text[:80]!r} is no digest: not base58 of 32 bytes")
    return digest
