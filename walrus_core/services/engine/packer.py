"""What the engine makes, and how whoever carries it away wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.types import Axis, SliverPairIndex

__all__ = ["Cutter", "Packer", "PackerFor", "Piece", "Put", "Verdict"]

P_co = TypeVar("P_co", covariant=True)
P = TypeVar("P")


class Packer(Protocol[P_co]):
    """Makes parcels of what it is given, each with the bytes that it takes. Called in a thread."""

    def piece(
        self, axis: Axis, sliver_index: int, offset: int, data: memoryview
    ) -> Iterable[tuple[P_co, int]]:
        """`data` stands at `offset` of a sliver; its memory is reused after the iteration."""
        ...

    def run(self, axis: Axis, first: int, data: memoryview) -> Iterable[tuple[P_co, int]]:
        """Whole slivers one after the other, from sliver index `first` on."""
        ...

    def finish(self, metadata: VerifiedMetadata) -> Iterable[tuple[P_co, int]]:
        """The last ones: what is left, and what it all is."""
        ...


PackerFor: TypeAlias = Callable[[EncodingConfig, int], Packer[P]]
"""One for a blob of so many bytes."""

Cutter: TypeAlias = Callable[[int, memoryview], tuple[P, int]]
"""The parcel, and its bytes, of at most 1 MiB that stands at an offset."""

Put: TypeAlias = Callable[[P, int], None]


class Piece(NamedTuple):
    """Some of one sliver's data, as somebody sent it: nothing is known to be right. Only the one at
    offset 0 has to say how large the sliver is.
    """

    axis: Axis
    pair: SliverPairIndex
    offset: int
    sliver_size: int
    symbol_size: int
    data: bytes


class Verdict(NamedTuple):
    """Whether a sliver is what the metadata commit to: there is no `reason` if it is."""

    axis: Axis
    pair: SliverPairIndex
    reason: str
