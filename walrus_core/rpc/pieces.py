"""Slivers put together of the pieces that came in messages: see `sliver_wire` for the other way.

A message carries at most 1 MiB of data: small items share one, since thousands of small messages
would cost more than what is in them, and large slivers are cut. Nothing reads ahead: what is held
is one item and one message. Who puts together knows how large a sliver may be, and takes no memory
for more than it has received.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator
from typing import Protocol, TypeVar

from walrus_core.codec.config import MAX_SYMBOL_SIZE, EncodingConfig
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import InvalidArgumentError
from walrus_core.rpc.convert import AXES, axis_of
from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.types import Axis, BlobId, SliverPairIndex, pair_to_sliver

__all__ = ["Assembly", "ShardAssembly", "completed", "cut_proof", "proof_bytes"]

P = TypeVar("P")
T = TypeVar("T")
P_contra = TypeVar("P_contra", contravariant=True)
T_co = TypeVar("T_co", covariant=True)


class Assembly:
    """Makes slivers of their pieces, which come one after the other; raises InvalidArgumentError
    for what cannot be a piece that comes next.

    With a `symbol_size` slivers are of the blob that has it; else of any blob for this number of
    shards.
    """

    def __init__(self, config: EncodingConfig, symbol_size: int | None = None) -> None:
        self._config = config
        self._symbol_size = symbol_size
        self._axis = Axis.PRIMARY
        self._pair = 0
        self._piece_symbol_size = 0
        self._size = 0
        self._parts: list[bytes] = []
        self._received = 0

    @property
    def is_complete(self) -> bool:
        """Whether no sliver is begun and not ended."""
        return not self._parts

    def add(self, piece: pb.SliverPiece) -> tuple[SliverPairIndex, Sliver] | None:
        """The pair and the sliver that `piece` completes, None if there is more to come."""
        data = piece.data  # each access copies it
        if not self._parts:
            self._begin(piece)
        elif (axis_of(piece.axis), piece.sliver_pair_index) != (self._axis, self._pair):
            raise self._fault(f"a piece of sliver pair {piece.sliver_pair_index} comes before its")
        if piece.offset != self._received or piece.sliver_size not in (0, self._size):
            raise self._fault(f"a piece at {piece.offset:,} of {piece.sliver_size:,} bytes is not")
        if not 0 < len(data) <= min(MAX_DATA, self._size - self._received):
            raise self._fault(f"a piece of {len(data):,} bytes at {piece.offset:,} is not")
        self._parts.append(data)
        self._received += len(data)
        if self._received < self._size:
            return None
        content = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        index = pair_to_sliver(self._axis, self._pair, self._config.n_shards)
        sliver = Sliver(self._axis, index, self._piece_symbol_size, content)
        return SliverPairIndex(self._pair), sliver

    def finish(self) -> None:
        """There are no more pieces."""
        if self._parts:
            raise self._fault("the end comes before its")

    def _begin(self, piece: pb.SliverPiece) -> None:
        axis, symbol_size = axis_of(piece.axis), piece.symbol_size
        n_shards = self._config.n_shards
        if piece.sliver_pair_index >= n_shards:
            raise InvalidArgumentError(
                f"sliver pair index {piece.sliver_pair_index} >= {n_shards} shards"
            )
        if symbol_size % 2 or not 2 <= symbol_size <= MAX_SYMBOL_SIZE:
            raise InvalidArgumentError(
                f"symbol_size = {symbol_size}; it is even, 2..{MAX_SYMBOL_SIZE:,}"
            )
        if self._symbol_size not in (None, symbol_size):
            raise InvalidArgumentError(
                f"symbol_size {symbol_size} != {self._symbol_size} of the blob"
            )
        size = self._config.n_sliver_symbols(axis) * symbol_size
        if piece.sliver_size != size:
            raise InvalidArgumentError(
                f"{axis} sliver of pair {piece.sliver_pair_index}: sliver_size"
                f" {piece.sliver_size:,} != {size:,} for {n_shards} shards and symbols of"
                f" {symbol_size} bytes"
            )
        self._axis, self._pair, self._size = axis, piece.sliver_pair_index, size
        self._piece_symbol_size = symbol_size
        self._received = 0

    def _fault(self, what: str) -> InvalidArgumentError:
        return InvalidArgumentError(
            f"{self._axis} sliver of pair {self._pair}: {what} the next piece, at"
            f" {self._received:,} of {self._size:,} bytes"
        )


class ShardAssembly:
    """As `Assembly`, for one sliver each of many blobs, which come in order of their IDs."""

    def __init__(self, config: EncodingConfig) -> None:
        self._assembly = Assembly(config)
        self._blob_id: BlobId | None = None

    def add(self, piece: pb.ShardPiece) -> tuple[BlobId, Sliver] | None:
        blob_id = BlobId(piece.blob_id)
        if self._blob_id is not None:
            begun = not self._assembly.is_complete
            if blob_id != self._blob_id if begun else blob_id <= self._blob_id:
                raise InvalidArgumentError(f"blob {blob_id} comes after {self._blob_id}")
        self._blob_id = blob_id
        completed = self._assembly.add(piece.piece)
        return None if completed is None else (blob_id, completed[1])

    def finish(self) -> None:
        """There are no more pieces."""
        self._assembly.finish()


class _Assembly(Protocol[P_contra, T_co]):
    def add(self, piece: P_contra) -> T_co | None: ...


def completed(pieces: Iterable[P], assembly: _Assembly[P, T]) -> list[T]:
    """What the pieces of one message complete."""
    items = (assembly.add(piece) for piece in pieces)
    return [item for item in items if item is not None]


async def proof_bytes(
    first: pb.AttestInconsistencyRequest,
    rest: AsyncIterable[pb.AttestInconsistencyRequest],
    limit: int,
) -> bytes:
    """A proof of at most `limit` bytes, put together."""
    size = first.proof_size
    if not 0 < size <= limit:
        raise InvalidArgumentError(f"proof_size = {size:,} is outside 0 < proof_size <= {limit:,}")
    parts = [first.proof]
    received = len(parts[0])
    async for message in rest:
        data = message.proof
        if not data:
            raise InvalidArgumentError("a message without a piece of the proof")
        received += len(data)
        if received > size:
            break
        parts.append(data)
    if received != size:
        raise InvalidArgumentError(f"{received:,} bytes of the proof came; proof_size = {size:,}")
    return b"".join(parts)


def cut_proof(blob_id: BlobId, axis: Axis, proof: bytes) -> Iterator[pb.AttestInconsistencyRequest]:
    """The messages that carry a proof's BCS; the first one says what it is about."""
    yield pb.AttestInconsistencyRequest(
        blob_id=blob_id.digest,
        target_axis=AXES[axis],
        proof_size=len(proof),
        proof=proof[:MAX_DATA],
    )
    for offset in range(MAX_DATA, len(proof), MAX_DATA):
        yield pb.AttestInconsistencyRequest(proof=proof[offset : offset + MAX_DATA])
