"""The encoding service's requests, as what the engine takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from walrus_core.codec.config import DEFAULT_SHARDS, DIGEST_SIZE, EncodingConfig
from walrus_core.codec.decoder import ConsistencyCheck
from walrus_core.codec.merkle import path_length
from walrus_core.codec.metadata import UnverifiedMetadata, VerifiedMetadata
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import ChecksumError, InvalidArgumentError
from walrus_core.rpc.chunks import content_of, crc32c
from walrus_core.rpc.convert import axis_of, pairs_of, symbol_of
from walrus_core.rpc.streams import MAX_DATA, MAX_ITEMS
from walrus_core.rpc.v1 import blob_pb2, chunk_pb2, encoding_pb2 as pb, node_pb2
from walrus_core.services.engine import Content, Piece, Wanted
from walrus_core.types import Axis, SliverPairIndex

__all__ = [
    "check_of",
    "chunks_in",
    "config_of",
    "content_in",
    "content_to_name",
    "first_of",
    "header_of",
    "metadata_of",
    "pieces_in",
    "symbols_in",
    "wanted_of",
]

_CHECKS: dict[int, ConsistencyCheck] = {
    pb.CONSISTENCY_CHECK_UNSPECIFIED: "default",
    pb.CONSISTENCY_CHECK_SKIP: "skip",
    pb.CONSISTENCY_CHECK_DEFAULT: "default",
    pb.CONSISTENCY_CHECK_STRICT: "strict",
}


async def first_of(requests: AsyncIterator[Any]) -> Any:
    """The message that begins a call, which has a header."""
    first = await anext(requests, None)
    if first is None:
        raise InvalidArgumentError("the request has no message; its first is the header")
    if not first.HasField("header"):
        raise InvalidArgumentError("the first message has no header")
    return first


async def header_of(requests: AsyncIterator[Any]) -> Any:
    """What is in the first message."""
    return (await first_of(requests)).header


def config_of(header: pb.EncodeHeader | pb.ComputeBlobIdHeader) -> EncodingConfig:
    return EncodingConfig(header.n_shards if header.HasField("n_shards") else DEFAULT_SHARDS)


def wanted_of(header: pb.EncodeHeader, n_shards: int) -> Wanted:
    pairs = pairs_of("sliver_pair_indices", header.sliver_pair_indices, n_shards)
    if len(header.axes) > len(Axis):
        raise InvalidArgumentError(f"{len(header.axes):,} axes; there are {len(Axis)}")
    axes = frozenset(axis_of(number) for number in header.axes)
    return Wanted(axes or frozenset(Axis), pairs or None)


def metadata_of(data: bytes) -> VerifiedMetadata:
    """InvalidEncodingError if they are none; VerificationError if they make another blob ID."""
    return UnverifiedMetadata.from_bcs_with_id(data).verify()


def check_of(number: int) -> ConsistencyCheck:
    check = _CHECKS.get(number)
    if check is None:
        raise InvalidArgumentError(f"consistency check {number} is not known")
    return check


def content_in(size: int, requests: AsyncIterator[pb.EncodeRequest]) -> Content:
    """The blob after its header."""
    return Content(size, content_of(chunks_in(requests), size))


async def chunks_in(
    requests: AsyncIterator[pb.EncodeRequest] | AsyncIterator[blob_pb2.StoreRequest],
) -> AsyncIterator[chunk_pb2.Chunk]:
    """What comes after the header, which must be chunks."""
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise InvalidArgumentError("a message without a chunk after the header")
        yield request.chunk


def content_to_name(
    first: pb.ComputeBlobIdRequest, rest: AsyncIterator[pb.ComputeBlobIdRequest]
) -> Content:
    """The blob whose first chunk may have come with its header."""

    async def chunks() -> AsyncIterator[chunk_pb2.Chunk]:
        if first.HasField("chunk"):
            yield first.chunk
        async for request in rest:
            if request.HasField("header") or not request.HasField("chunk"):
                raise InvalidArgumentError("a message that is not a chunk alone")
            yield request.chunk

    size = first.header.size
    return Content(size, content_of(chunks(), size))


async def pieces_in(requests: AsyncIterator[_HasSlivers]) -> AsyncIterator[Piece]:
    """The pieces of slivers, batch by batch, each batch with its checksum."""
    received = 0
    async for request in requests:
        if not request.HasField("slivers"):
            raise InvalidArgumentError("a message without slivers after the header")
        pieces = _pieces_of(request.slivers, received)
        received += sum(len(piece.data) for piece in pieces)
        for piece in pieces:
            yield piece


def _pieces_of(batch: pb.SliverBatch, offset: int) -> list[Piece]:
    """ChecksumError says where the batch began, in bytes of data since the header."""
    if not 0 < len(batch.pieces) <= MAX_ITEMS:
        raise InvalidArgumentError(f"{len(batch.pieces):,} pieces; a batch has 1 to {MAX_ITEMS:,}")
    pieces = [
        Piece(
            axis_of(piece.axis),
            SliverPairIndex(piece.sliver_pair_index),
            piece.offset,
            piece.sliver_size,
            piece.symbol_size,
            piece.data,
        )
        for piece in batch.pieces
    ]
    size = sum(len(piece.data) for piece in pieces)
    if size > MAX_DATA:
        raise InvalidArgumentError(f"{size:,} > {MAX_DATA:,} bytes of slivers in one message")
    crc = 0
    for piece in pieces:
        crc = crc32c(piece.data, crc)
    if crc != batch.crc32c:
        raise ChecksumError(offset, batch.crc32c, crc)
    return pieces


async def symbols_in(
    requests: AsyncIterator[pb.RecoverRequest],
    axis: Axis,
    target: SliverPairIndex,
    metadata: VerifiedMetadata,
) -> AsyncIterator[RecoverySymbol]:
    """The symbols of one target, less those whose sizes are not the blob's: a node made them up."""
    n_shards, misfits = metadata.n_shards, 0
    async for request in requests:
        if request.WhichOneof("part") != "symbols" or not request.symbols.symbols:
            raise InvalidArgumentError("a message without symbols after the header")
        for symbol in request.symbols.symbols:
            if symbol.target_sliver_pair_index != target:
                raise InvalidArgumentError(
                    f"a symbol for sliver pair {symbol.target_sliver_pair_index}, not {target}"
                )
            if _fits(symbol, metadata):
                yield symbol_of(symbol, axis, n_shards)
            elif (misfits := misfits + 1) > n_shards:
                raise InvalidArgumentError(
                    f"{misfits:,} symbols without the blob's sizes > {n_shards:,} shards: more"
                    " than there are nodes to send them"
                )


def _fits(symbol: node_pb2.RecoverySymbol, metadata: VerifiedMetadata) -> bool:
    length = DIGEST_SIZE * path_length(metadata.n_shards)
    return len(symbol.data) == metadata.symbol_size and len(symbol.path) == length


class _HasSlivers(Protocol):
    @property
    def slivers(self) -> pb.SliverBatch: ...

    def HasField(self, name: str) -> bool: ...  # noqa: N802
