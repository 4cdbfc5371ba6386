"""Blob metadata: what a blob ID commits to (spec, chapters 2 and 3).

Bytes from elsewhere become `UnverifiedMetadata`; only `verify`, which recomputes the blob ID, and
encoding make `VerifiedMetadata`, the one type that the rest of the codec accepts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from walrus_core import kernel
from walrus_core.codec import bcs
from walrus_core.codec.buffers import bytes_of
from walrus_core.codec.config import DIGEST_SIZE, EncodingConfig
from walrus_core.codec.merkle import NODE_DIGEST, NODE_EMPTY
from walrus_core.errors import InvalidArgumentError, VerificationError
from walrus_core.types import Axis, BlobId, EncodingType

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from walrus_core.codec.memory import ByteArray

PAIR_SIZE = 2 * DIGEST_SIZE
"""Bytes of one sliver pair's hashes: primary, then secondary."""

VERSION_V1 = 0
"""The only variant of BlobMetadata."""

DEPRECATED_RAPTORQ = 0
NODE_SIZE = 1 + DIGEST_SIZE


# Verifying one sliver asks for these several times, and is done in less than 0.1 ms.
_config = lru_cache(maxsize=64)(EncodingConfig)


@lru_cache(maxsize=1024)
def _symbol_size(n_shards: int, unencoded_length: int) -> int:
    return _config(n_shards).symbol_size(unencoded_length)


@dataclass(frozen=True, slots=True, repr=False)
class BlobMetadata:
    """What both kinds of metadata have in common; make one of the two subclasses.

    `pair_hashes`: n_shards * 64 bytes, the primary and the secondary sliver's hash of each pair in
    pair order. InvalidArgumentError if the number of pairs is no number of shards, or the length
    more than they can hold.
    """

    blob_id: BlobId
    unencoded_length: int
    pair_hashes: bytes

    def __post_init__(self) -> None:
        _require_blob_id(self.blob_id)
        object.__setattr__(self, "pair_hashes", bytes_of("pair_hashes", self.pair_hashes))
        if len(self.pair_hashes) % PAIR_SIZE:
            raise InvalidArgumentError(
                f"{len(self.pair_hashes):,} bytes of hashes are no multiple of {PAIR_SIZE}"
            )
        self.config.symbol_size(self.unencoded_length)  # checks both numbers

    @property
    def n_shards(self) -> int:
        return len(self.pair_hashes) // PAIR_SIZE

    @property
    def config(self) -> EncodingConfig:
        return _config(self.n_shards)

    @property
    def encoding_type(self) -> EncodingType:
        return EncodingType.RS2

    @property
    def symbol_size(self) -> int:
        """Bytes per symbol of this blob's slivers."""
        return _symbol_size(self.n_shards, self.unencoded_length)

    @property
    def sliver_pair_hashes(self) -> ByteArray:
        """Read-only uint8 array (n_shards, 2, 32): pair; primary or secondary; byte of the hash."""
        return np.frombuffer(self.pair_hashes, dtype=np.uint8).reshape(-1, 2, DIGEST_SIZE)

    def sliver_hash(self, axis: Axis | str, sliver_index: int) -> bytes:
        """The hash of a sliver, given by its index on its own axis, which must be in range."""
        primary = Axis(axis) is Axis.PRIMARY
        pair = sliver_index if primary else self.n_shards - 1 - sliver_index
        start = pair * PAIR_SIZE + (0 if primary else DIGEST_SIZE)
        return self.pair_hashes[start : start + DIGEST_SIZE]

    def to_bcs(self) -> bytes:
        """BCS of BlobMetadata, without the blob ID."""
        nodes = np.empty((2 * self.n_shards, NODE_SIZE), dtype=np.uint8)
        nodes[:, 0] = NODE_DIGEST
        nodes[:, 1:] = self.sliver_pair_hashes.reshape(-1, DIGEST_SIZE)
        head = bytes([VERSION_V1, self.encoding_type]) + bcs.u64(self.unencoded_length)
        return head + bcs.uleb128(self.n_shards) + nodes.tobytes()

    def to_bcs_with_id(self) -> bytes:
        """BCS of BlobMetadataWithId: the blob ID, then BlobMetadata."""
        return bytes(self.blob_id) + self.to_bcs()

    def __repr__(self) -> str:
        size, n_shards = self.unencoded_length, self.n_shards
        return f"{type(self).__name__}({self.blob_id}, {size:,} bytes, {n_shards} shards)"


class UnverifiedMetadata(BlobMetadata):
    """Well-formed metadata that claims to belong to `blob_id`; see `verify`."""

    __slots__ = ()

    @classmethod
    def from_bcs_with_id(cls, data: Buffer) -> Self:
        """Parse BlobMetadataWithId; InvalidEncodingError for anything but its canonical form."""
        reader = bcs.Reader("metadata with ID", data)
        return cls._read(reader, BlobId(bytes(reader.take(BlobId.SIZE))))

    @classmethod
    def from_bcs(cls, data: Buffer, blob_id: BlobId) -> Self:
        """Parse BlobMetadata, which claims to belong to `blob_id`. InvalidEncodingError."""
        _require_blob_id(blob_id)
        return cls._read(bcs.Reader("metadata", data), blob_id)

    @classmethod
    def _read(cls, reader: bcs.Reader, blob_id: BlobId) -> Self:
        if (version := reader.uleb128()) != VERSION_V1:
            raise reader.fault(f"version variant {version} is not known; V1 is {VERSION_V1}")
        encoding_type = reader.uleb128()
        if encoding_type == DEPRECATED_RAPTORQ:
            raise reader.fault(
                f"encoding type {encoding_type} (RaptorQ) is deprecated; only RS2 can be read"
            )
        if encoding_type != EncodingType.RS2:
            raise reader.fault(
                f"encoding type {encoding_type} is not known; RS2 is {EncodingType.RS2:d}"
            )
        unencoded_length = reader.u64()
        pair_hashes = _read_pair_hashes(reader)
        return reader.construct(cls, blob_id, unencoded_length, pair_hashes)

    def verify(self) -> VerifiedMetadata:
        """The same metadata, verified; VerificationError if they make another blob ID."""
        root_hash = kernel.merkle_tree(self.pair_hashes, PAIR_SIZE)
        blob_id = derive_blob_id(self.unencoded_length, root_hash)
        if blob_id != self.blob_id:
            raise VerificationError(f"the metadata belong to blob {blob_id}, not {self.blob_id}")
        return VerifiedMetadata(blob_id, self.unencoded_length, self.pair_hashes, root_hash)


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedMetadata(BlobMetadata):
    """Metadata whose blob ID was recomputed: from `UnverifiedMetadata.verify`, or encoding.

    `root_hash`: the 32-byte Merkle root over the pairs of sliver hashes.
    """

    root_hash: bytes

    @classmethod
    def of(cls, unencoded_length: int, pair_hashes: bytes) -> Self:
        """The metadata, and so the blob ID, that these hashes make."""
        root_hash = kernel.merkle_tree(pair_hashes, PAIR_SIZE)
        return cls(
            derive_blob_id(unencoded_length, root_hash), unencoded_length, pair_hashes, root_hash
        )


def derive_blob_id(unencoded_length: int, root_hash: bytes) -> BlobId:
    """Blake2b-256 of encoding type (u8), unencoded length (u64, little-endian) and root hash."""
    message = bytes([EncodingType.RS2]) + bcs.u64(unencoded_length) + root_hash
    return BlobId(hashlib.blake2b(message, digest_size=DIGEST_SIZE).digest())


def require_verified(metadata: object) -> None:
    """InvalidArgumentError unless these are verified metadata: a claim cannot check anything."""
    if not isinstance(metadata, VerifiedMetadata):
        name = type(metadata).__name__
        raise InvalidArgumentError(
            f"metadata must be VerifiedMetadata, not {name}; call verify() on UnverifiedMetadata"
        )


def _require_blob_id(blob_id: object) -> None:
    if not isinstance(blob_id, BlobId):
        raise InvalidArgumentError(f"blob_id must be a BlobId, not {type(blob_id).__name__}")


def _read_pair_hashes(reader: bcs.Reader) -> bytes:
    """The vector of SliverPairMetadata, each two digest nodes, which ends the data."""
    n_nodes = 2 * reader.count(2)  # an Empty node takes one byte
    if reader.left == n_nodes * NODE_SIZE:
        nodes = np.frombuffer(reader.rest, dtype=np.uint8).reshape(-1, NODE_SIZE)
        if (nodes[:, 0] == NODE_DIGEST).all():
            return nodes[:, 1:].tobytes()
    # Node by node, to tell what is wrong and where.
    digests = b"".join(_read_digest(reader) for _ in range(n_nodes))
    reader.finish()
    return digests


def _read_digest(reader: bcs.Reader) -> memoryview:
    variant = reader.uleb128()
    if variant == NODE_EMPTY:
        raise reader.fault("the Empty node stands where a sliver's digest belongs")
    if variant != NODE_DIGEST:
        raise reader.fault(f"node variant {variant} is not known")
    return reader.take(DIGEST_SIZE)
