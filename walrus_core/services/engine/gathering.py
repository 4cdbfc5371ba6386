"""Slivers of one blob that come in pieces, those of several in turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import InvalidArgumentError
from walrus_core.services.engine.packer import Piece
from walrus_core.types import Axis, SliverPairIndex, pair_to_sliver

__all__ = ["Begun", "Table", "sliver_of"]


@dataclass(slots=True)
class Begun:
    """A sliver of which something came: its `place` among those that did, and how much it was."""

    axis: Axis
    pair: SliverPairIndex
    place: int
    received: int = 0


class Table:
    """Which slivers have begun, and how far they are. It takes no memory for their data."""

    def __init__(self, metadata: VerifiedMetadata) -> None:
        self._metadata = metadata
        self._sizes = {
            axis: metadata.config.sliver_size(axis, metadata.unencoded_length) for axis in Axis
        }
        self._begun: dict[tuple[Axis, SliverPairIndex], Begun] = {}
        self._incomplete = 0

    def __len__(self) -> int:
        return len(self._begun)

    def __iter__(self) -> Iterator[Begun]:
        """In the order in which they began."""
        return iter(self._begun.values())

    def size(self, axis: Axis) -> int:
        """Bytes of one sliver."""
        return self._sizes[axis]

    def add(self, piece: Piece) -> Begun:
        """The sliver that a piece is the next one of; `received` is from then on with it.
        InvalidArgumentError if it cannot be.
        """
        sliver = self._begun.get((piece.axis, piece.pair)) or self._new(piece)
        size, before = self._sizes[piece.axis], sliver.received
        if piece.offset != before or piece.sliver_size not in (0, size):
            raise self._fault(sliver, f"a piece at {piece.offset:,} of {piece.sliver_size:,} bytes")
        if not 0 < len(piece.data) <= size - before:
            raise self._fault(sliver, f"a piece of {len(piece.data):,} bytes")
        sliver.received += len(piece.data)
        if sliver.received == size:
            self._incomplete -= 1
        return sliver

    def is_complete(self, sliver: Begun) -> bool:
        return sliver.received == self._sizes[sliver.axis]

    def finish(self) -> None:
        """There are no more pieces; InvalidArgumentError if some are missing."""
        if self._incomplete:
            sliver = next(sliver for sliver in self if not self.is_complete(sliver))
            raise self._fault(sliver, "the end")

    def _new(self, piece: Piece) -> Begun:
        metadata = self._metadata
        if not 0 <= piece.pair < metadata.n_shards:
            raise InvalidArgumentError(
                f"sliver pair index {piece.pair} >= {metadata.n_shards} shards"
            )
        if piece.symbol_size != metadata.symbol_size or piece.sliver_size != self.size(piece.axis):
            raise InvalidArgumentError(
                f"{piece.axis} sliver of pair {piece.pair}: {piece.sliver_size:,} bytes, in symbols"
                f" of {piece.symbol_size}; the blob's are {self.size(piece.axis):,}, in symbols of"
                f" {metadata.symbol_size}"
            )
        sliver = Begun(piece.axis, piece.pair, len(self._begun))
        self._begun[piece.axis, piece.pair] = sliver
        self._incomplete += 1
        return sliver

    def _fault(self, sliver: Begun, what: str) -> InvalidArgumentError:
        return InvalidArgumentError(
            f"{sliver.axis} sliver of pair {sliver.pair}: {what} is not what comes next, at"
            f" {sliver.received:,} of {self.size(sliver.axis):,} bytes"
        )


def sliver_of(metadata: VerifiedMetadata, sliver: Begun, data: memoryview | bytes) -> Sliver:
    """What came, as a sliver that nobody has verified."""
    index = pair_to_sliver(sliver.axis, sliver.pair, metadata.n_shards)
    return Sliver(sliver.axis, index, metadata.symbol_size, data)
