"""A whole store as one stream of bytes, to move a node to another disk or another kind of store.

The stream starts with the line "walrus-core export 1"; frames follow, integers little-endian:

    kind u8 | size of the body u64 | body | CRC-32 of kind, size and body, u32

    N  note        length of the name u16, name UTF-8, value
    R  record      blob ID, BlobRecord
    M  metadata    BCS of BlobMetadataWithId
    S  sliver      shard u16, axis u8 (0 primary), blob ID, BCS of SliverData
    C  cursor      the event cursor
    E  end         number of frames before it, u64

A blob's record comes first, then its metadata, then its slivers. The cursor is next to last, so
that after an import that was cut short the events are followed again from before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from walrus_core.codec.metadata import UnverifiedMetadata
from walrus_core.codec.slivers import Sliver, verify_sliver
from walrus_core.errors import InvalidEncodingError
from walrus_core.storage.blob_record import BlobRecord
from walrus_core.storage.store import Changes, SliverKey, SliverStore
from walrus_core.types import Axis, BlobId, ShardIndex

HEADER = b"walrus-core export 1\n"
NOTE, RECORD, METADATA, SLIVER, CURSOR, END = b"N", b"R", b"M", b"S", b"C", b"E"

LARGEST = 1 << 30
"""More than any body has; nothing longer is read into memory."""

_FRAME = struct.Struct("<cQ")
_U16, _U32, _U64 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<Q")
_PLACE = struct.Struct("<HB32s")
_AXES = (Axis.PRIMARY, Axis.SECONDARY)


@dataclass(frozen=True, slots=True)
class Transferred:
    """What went from or to a stream. `left_out`: slivers that could not be verified on arrival,
    because their metadata are missing.
    """

    frames: int
    left_out: int = 0


def export_store(store: SliverStore, stream: BinaryIO) -> Transferred:
    """Write all that `store` holds and can still read to `stream`. What changes meanwhile is
    exported as it is found, so stop the node first.
    """
    stream.write(HEADER)
    frames = 0
    for kind, body in _bodies(store):
        _write_frame(stream, kind, body)
        frames += 1
    _write_frame(stream, END, _U64.pack(frames))
    return Transferred(frames)


def import_store(stream: BinaryIO, store: SliverStore) -> Transferred:
    """Put all that a stream holds into `store`, beside what is there.

    Metadata and slivers are verified, as from anyone. InvalidEncodingError for a stream that is
    none of ours, cut or damaged; VerificationError; what `store` raises. What came before the
    error is kept, and may come again.
    """
    if stream.read(len(HEADER)) != HEADER:
        raise InvalidEncodingError(
            f"this is no export of a node: one starts with the line {HEADER.decode().strip()!r}"
        )
    frames = left_out = 0
    while True:
        kind, body = _read_frame(stream, frames)
        if kind == END:
            if body != _U64.pack(frames):
                raise InvalidEncodingError(f"the export ends after {frames:,} frames, some missing")
            return Transferred(frames, left_out)
        left_out += not _import_frame(store, kind, body)
        frames += 1


def _bodies(store: SliverStore) -> Iterator[tuple[bytes, bytes]]:
    cursor = store.cursor()
    for name, note in store.notes():
        yield NOTE, _U16.pack(len(name.encode())) + name.encode() + note
    for blob_id, record in store.records():
        yield RECORD, blob_id.digest + record.to_bytes()
        if record.is_kept:
            yield from _items(store, blob_id)
    if cursor is not None:
        yield CURSOR, cursor


def _items(store: SliverStore, blob_id: BlobId) -> Iterator[tuple[bytes, bytes]]:
    """The metadata and slivers of one blob."""
    if (metadata := store.metadata(blob_id)) is not None:
        yield METADATA, metadata.to_bcs_with_id()
    for shard in store.usage().shards:
        for axis in Axis:
            if (sliver := store.sliver(SliverKey(shard, axis, blob_id))) is not None:
                yield SLIVER, _PLACE.pack(shard, axis.number, blob_id.digest) + sliver.to_bcs()


def _import_frame(store: SliverStore, kind: bytes, body: bytes) -> bool:
    """Put one frame's content into the store; False if it had to be left out."""
    if kind == SLIVER:
        return _import_sliver(store, body)
    if kind == METADATA:
        store.put_metadata(UnverifiedMetadata.from_bcs_with_id(body).verify())
    elif kind == RECORD:
        blob_id = BlobId(body[: BlobId.SIZE])
        store.commit(Changes({blob_id: BlobRecord.from_bytes(body[BlobId.SIZE :])}))
    elif kind == NOTE:
        (length,) = _U16.unpack_from(body)
        name = body[_U16.size : _U16.size + length].decode()
        store.commit(Changes(notes={name: body[_U16.size + length :]}))
    elif kind == CURSOR:
        store.commit(Changes(cursor=body))
    else:
        raise InvalidEncodingError(f"frames of kind 0x{kind.hex()} are not known")
    return True


def _import_sliver(store: SliverStore, body: bytes) -> bool:
    shard, axis, digest = _PLACE.unpack_from(body)
    if (metadata := store.metadata(BlobId(digest))) is None:
        return False
    sliver = verify_sliver(metadata, Sliver.from_bcs(_AXES[axis], body[_PLACE.size :]))
    store.put_slivers([(ShardIndex(shard), sliver)])
    return True


def _write_frame(stream: BinaryIO, kind: bytes, body: bytes) -> None:
    head = _FRAME.pack(kind, len(body))
    stream.write(head)
    stream.write(body)
    stream.write(_U32.pack(zlib.crc32(body, zlib.crc32(head))))


def _read_frame(stream: BinaryIO, number: int) -> tuple[bytes, bytes]:
    """Kind and body of the next frame, its checksum checked. InvalidEncodingError."""
    head = stream.read(_FRAME.size)
    if len(head) == _FRAME.size:
        kind, size = _FRAME.unpack(head)
        if size <= LARGEST:
            body, checksum = stream.read(size), stream.read(_U32.size)
            if checksum == _U32.pack(zlib.crc32(body, zlib.crc32(head))) and len(body) == size:
                return kind, body
    raise InvalidEncodingError(f"frame {number:,} of the export is cut or damaged")
