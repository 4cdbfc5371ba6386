"""The words everyone shares: blob IDs, axes, encoding types, and the three kinds of index.

A sliver pair p holds primary sliver p and secondary sliver n-1-p (spec, chapter 1.4); shard h
holds, of each blob, the pair that the blob ID rotates to it (chapter 5). The functions at the end
are the only conversions.
"""

from __future__ import annotations

import binascii
import enum
import operator
from dataclasses import dataclass
from typing import NewType, TypeVar

from walrus_core.errors import InvalidArgumentError, InvalidEncodingError

__all__ = [
    "FROST_PER_WAL",
    "U16_MAX",
    "Axis",
    "BlobId",
    "EncodingType",
    "Epoch",
    "ShardIndex",
    "SliverIndex",
    "SliverPairIndex",
    "checked_bytes",
    "checked_instance",
    "checked_int",
    "pair_to_shard",
    "pair_to_sliver",
    "shard_to_pair",
    "sliver_to_pair",
]

T = TypeVar("T")

SliverIndex = NewType("SliverIndex", int)
"""Row of a primary sliver, column of a secondary one: counts on the sliver's own axis."""

SliverPairIndex = NewType("SliverPairIndex", int)
"""Position of a sliver pair within one blob; files and recovery targets are named by it."""

ShardIndex = NewType("ShardIndex", int)
"""A node's slice of all blobs, assigned per epoch."""

Epoch = NewType("Epoch", int)
"""A Walrus epoch (not a Sui epoch), u32."""

FROST_PER_WAL = 1_000_000_000
"""Amounts are in FROST; people count in WAL."""

U16_MAX = 65_535
"""Sliver indices and symbol sizes are u16 on the wire."""


def checked_int(name: str, value: object, low: int, high: int) -> int:
    """`value` as an int in low..high, or InvalidArgumentError; True and 1.0 are no integers."""
    if type(value) is not int:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise InvalidArgumentError(f"{name} must be an integer, not {type(value).__name__}")
        value = operator.index(value)
    if not low <= value <= high:
        raise InvalidArgumentError(
            f"{name} = {_short(value)} is outside {low:,} <= {name} <= {high:,}"
        )
    return value


def checked_bytes(name: str, value: object, size: int | None = None) -> bytes:
    """`value` as bytes, of this size if one is given, or InvalidArgumentError."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise InvalidArgumentError(f"{name} must be bytes, not {type(value).__name__}")
    data = bytes(value)
    if size is not None and len(data) != size:
        raise InvalidArgumentError(f"{name} has {len(data):,} bytes; it must have {size:,}")
    return data


def checked_instance(name: str, value: object, kind: type[T]) -> T:
    """`value`, or InvalidArgumentError unless it is of this class."""
    if not isinstance(value, kind):
        raise InvalidArgumentError(f"{name} must be a {kind.__name__}, not {type(value).__name__}")
    return value


def _short(value: int) -> str:
    """Decimal when readable; Python refuses to print integers of thousands of digits."""
    return (
        f"{value:,}" if value.bit_length() <= 128 else f"an integer of {value.bit_length():,} bits"
    )


class Axis(enum.StrEnum):
    """The direction of a sliver: primary slivers are rows of the matrix, secondary ones columns.

    `Axis("primary")` takes any spelling that compares equal, so that functions accept plain
    strings.
    """

    PRIMARY = "primary"
    SECONDARY = "secondary"

    @property
    def orthogonal(self) -> Axis:
        """The other axis: the one whose slivers rebuild a sliver of this one."""
        return Axis.SECONDARY if self is Axis.PRIMARY else Axis.PRIMARY

    @property
    def number(self) -> int:
        """0 for primary, 1 for secondary: as BCS, the hashes in metadata and the kernel count."""
        return 0 if self is Axis.PRIMARY else 1

    @classmethod
    def _missing_(cls, value: object) -> Axis:
        raise InvalidArgumentError(f"axis must be 'primary' or 'secondary', not {value!r}")


class EncodingType(enum.IntEnum):
    """How a blob is encoded, as BCS and the chain number it; 0 (RaptorQ) is deprecated."""

    RS2 = 1


@dataclass(frozen=True, slots=True, order=True, repr=False)
class BlobId:
    """The 32 bytes that name a blob and commit to every byte of its encoding.

    `str()` is the usual text, base64url without padding (43 characters, possibly starting with
    `-`).
    """

    digest: bytes

    SIZE = 32
    TEXT_LENGTH = 43

    def __post_init__(self) -> None:
        if not isinstance(self.digest, (bytes, bytearray, memoryview)):
            raise InvalidArgumentError(
                f"a blob ID is made of bytes, not {type(self.digest).__name__}"
            )
        digest = bytes(self.digest)
        if len(digest) != self.SIZE:
            raise InvalidEncodingError(f"a blob ID has {self.SIZE} bytes, not {len(digest)}")
        object.__setattr__(self, "digest", digest)

    @classmethod
    def from_str(cls, text: str) -> BlobId:
        """The inverse of `str()`; anything but its exact output is InvalidEncodingError."""
        if not isinstance(text, str):
            raise InvalidArgumentError(f"the text of a blob ID is a str, not {type(text).__name__}")
        if len(text) != cls.TEXT_LENGTH:
            raise InvalidEncodingError(
                f"a blob ID is {cls.TEXT_LENGTH} characters of base64url, not {len(text)}"
            )
        try:
            standard = text.translate({ord("-"): "+", ord("_"): "/"}) + "="
            blob_id = cls(binascii.a2b_base64(standard, strict_mode=True))
        except (binascii.Error, ValueError) as error:
            raise InvalidEncodingError(
                f"{text!r} is not the base64url text of a blob ID: {error}"
            ) from None
        if str(blob_id) != text:  # '+' and '/', or bits set beyond the 256th
            raise InvalidEncodingError(
                f"{text!r} is not canonical base64url; the canonical text is {blob_id}"
            )
        return blob_id

    @classmethod
    def from_u256(cls, value: int) -> BlobId:
        """The form used on chain: the bytes read as a little-endian integer."""
        return cls(checked_int("u256", value, 0, 2**256 - 1).to_bytes(cls.SIZE, "little"))

    def to_u256(self) -> int:
        """The form used on chain: the bytes read as a little-endian integer."""
        return int.from_bytes(self.digest, "little")

    def hex(self) -> str:
        """64 lower-case hexadecimal digits, in byte order."""
        return self.digest.hex()

    def __bytes__(self) -> bytes:
        return self.digest

    def __str__(self) -> str:
        standard = binascii.b2a_base64(self.digest, newline=False).decode("ascii")
        return standard.rstrip("=").translate({ord("+"): "-", ord("/"): "_"})

    def __repr__(self) -> str:
        return f"BlobId({self})"


def sliver_to_pair(axis: Axis | str, sliver_index: int, n_shards: int) -> SliverPairIndex:
    """The pair that holds a sliver: p itself for primary sliver p, n-1-q for secondary sliver q."""
    index = checked_int("sliver index", sliver_index, 0, n_shards - 1)
    return SliverPairIndex(index if Axis(axis) is Axis.PRIMARY else n_shards - 1 - index)


def pair_to_sliver(axis: Axis | str, pair: int, n_shards: int) -> SliverIndex:
    """The index of a pair's sliver on its own axis: p for primary, n-1-p for secondary."""
    index = checked_int("sliver pair index", pair, 0, n_shards - 1)
    return SliverIndex(index if Axis(axis) is Axis.PRIMARY else n_shards - 1 - index)


def pair_to_shard(blob_id: BlobId, pair: int, n_shards: int) -> ShardIndex:
    """The shard that holds a blob's pair: (pair + offset) mod n, offset as in `_rotation`."""
    index = checked_int("sliver pair index", pair, 0, n_shards - 1)
    return ShardIndex((index + _rotation(blob_id, n_shards)) % n_shards)


def shard_to_pair(blob_id: BlobId, shard: int, n_shards: int) -> SliverPairIndex:
    """The pair of a blob that a shard holds: (shard - offset) mod n, offset as in `_rotation`."""
    index = checked_int("shard index", shard, 0, n_shards - 1)
    return SliverPairIndex((index - _rotation(blob_id, n_shards)) % n_shards)


def _rotation(blob_id: BlobId, n_shards: int) -> int:
    """The blob ID, read big-endian unlike its u256 form, modulo n."""
    return int.from_bytes(blob_id.digest, "big") % n_shards
