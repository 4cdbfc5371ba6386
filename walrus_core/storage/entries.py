"""How the index of a store is laid out: on-disk format 1.

Keys start with a letter; integers in keys are big-endian, so that keys sort as their fields do.

    b BLOB_ID                     record     BlobRecord
    c                             cursor     bytes
    d ITEM                        damage     the reason, UTF-8
    m BLOB_ID                     item       Head of the metadata
    n NAME                        note       bytes
    s SHARD u16 AXIS u8 BLOB_ID   item       Head of the sliver
    v ITEM                        content    of an item that has no file of its own

ITEM is the whole key of an item. Every value but content has its own CRC-32, over key and value, in
front; content is covered by the checksums in the item's head.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from walrus_core.errors import InvalidEncodingError, MissingDependencyError
from walrus_core.storage.store import SliverKey
from walrus_core.types import Axis, BlobId, ShardIndex

try:
    from isal.isal_zlib import crc32  # zlib's, six times as fast
except ImportError as error:
    raise MissingDependencyError("isal", "storage", str(error)) from error

RECORD, CURSOR, DAMAGE, METADATA, NOTE, SLIVER, CONTENT = b"b", b"c", b"d", b"m", b"n", b"s", b"v"

BLOCK = 64 << 10
"""Bytes under one checksum: what a range read reads at least."""

_HEAD = struct.Struct("<QHHBQ")
_SLIVER_KEY = struct.Struct(">cHB32s")
_CHECKSUM = struct.Struct("<I")
_AXES = (Axis.PRIMARY, Axis.SECONDARY)


@dataclass(frozen=True, slots=True)
class Head:
    """What the index says of an item: its content's size, where it is, and its checksums.

    `file` is a random number that makes the name of its file unique, or None for content in the
    index. `checksums`: CRC-32 of each block of `BLOCK` bytes, u32 little-endian. Index and symbol
    size are the sliver's, and 0 for metadata.
    """

    size: int
    index: int
    symbol_size: int
    file: int | None
    checksums: bytes

    def to_bytes(self) -> bytes:
        """Size, index, symbol size, whether there is a file, its number, the checksums."""
        has_file, number = self.file is not None, self.file or 0
        head = _HEAD.pack(self.size, self.index, self.symbol_size, has_file, number)
        return head + self.checksums

    @classmethod
    def from_bytes(cls, data: bytes) -> Head:
        """The inverse of `to_bytes`. InvalidEncodingError."""
        if len(data) < _HEAD.size:
            raise InvalidEncodingError(f"an item's head has {len(data)} < {_HEAD.size} bytes")
        size, index, symbol_size, has_file, number = _HEAD.unpack_from(data)
        return cls(size, index, symbol_size, number if has_file else None, data[_HEAD.size :])

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """The whole blocks around bytes `start` to `stop`, cut to the content's size."""
        stop = min(stop, self.size)
        return start // BLOCK * BLOCK, min(-(-stop // BLOCK) * BLOCK, self.size)

    def fault(self, start: int, content: bytes, size: int) -> str | None:
        """What is wrong with `size` bytes of content read from block boundary `start` on."""
        if len(content) != size:
            return f"{len(content):,} bytes where {size:,} were stored"
        first = start // BLOCK * _CHECKSUM.size
        sums = block_checksums(memoryview(content))
        if self.checksums[first : first + len(sums)] != sums:
            return "its checksum is not that of what was stored"
        return None


def block_checksums(content: memoryview) -> bytes:
    """CRC-32 of each block: much faster than BLAKE2b, and this is no defence against people.

    Who wants to lie about a sliver has to deal with its hash in the metadata.
    """
    return b"".join(
        _CHECKSUM.pack(crc32(content[start : start + BLOCK]))
        for start in range(0, content.nbytes, BLOCK)
    )


def metadata_key(blob_id: BlobId) -> bytes:
    return METADATA + blob_id.digest


def sliver_key(key: SliverKey) -> bytes:
    return _SLIVER_KEY.pack(SLIVER, key.shard, key.axis.number, key.blob_id.digest)


def sliver_prefix(shard: int, axis: Axis) -> bytes:
    return sliver_key(SliverKey(ShardIndex(shard), axis, BlobId(bytes(32))))[: -BlobId.SIZE]


def parse_sliver_key(item: bytes) -> SliverKey:
    _, shard, axis, digest = _SLIVER_KEY.unpack(item)
    return SliverKey(ShardIndex(shard), _AXES[axis], BlobId(digest))


def blob_of(item: bytes) -> BlobId:
    """The blob that an item is of: all keys of items end with it."""
    return BlobId(item[-BlobId.SIZE :])


def file_name(item: bytes, number: int) -> str:
    """The name of a sliver's file: blob ID, shard and axis in hexadecimal, and the number."""
    return f"{item[-BlobId.SIZE :].hex()}-{item[1 : -BlobId.SIZE].hex()}-{number:016x}"


def parse_file_name(name: str) -> tuple[bytes, int] | None:
    """The item and the number that a file's name says, if it is one of ours."""
    try:
        digest, place, number = name.split("-")
        item = SLIVER + bytes.fromhex(place) + bytes.fromhex(digest)
        known = len(item) == _SLIVER_KEY.size and file_name(item, int(number, 16)) == name
    except ValueError:
        return None
    return (item, int(number, 16)) if known else None


def sealed(key: bytes, value: bytes) -> bytes:
    """`value` with its checksum in front."""
    return _CHECKSUM.pack(crc32(value, crc32(key))) + value


def unsealed(key: bytes, data: bytes) -> bytes:
    """The inverse of `sealed`. InvalidEncodingError."""
    value = data[_CHECKSUM.size :]
    if sealed(key, value) != data:
        raise InvalidEncodingError("its checksum is not that of what was stored")
    return value
