"""Where the slivers of `encode_into` go, piece by piece as they are made.

`DirectorySink` has a module of its own.
"""

from __future__ import annotations

import struct
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

from walrus_core.types import Axis

if TYPE_CHECKING:
    from walrus_core.codec.config import EncodingConfig
    from walrus_core.codec.metadata import VerifiedMetadata

    PieceCallback: TypeAlias = Callable[[Axis, int, int, memoryview], object]

FRAME_HEAD = struct.Struct("<BHQI")
"""Axis u8, sliver index u16, offset u64, length u32, little-endian: 15 bytes."""

METADATA_FRAME = 2
"""In the place of an axis: the frame holds the metadata, and is the last."""


class SliverSink(Protocol):
    """Takes the slivers of one encoding; subclass it, and override at least `write`.

    All calls come from the thread that called `encode_into`, one at a time; while a sink writes,
    the next pieces are computed. What a sink raises ends the encoding and reaches the caller.
    """

    work_directory: Path | None = None
    """Where the encoder may put a temporary file of half the blob's size; None for the default."""

    def begin(self, config: EncodingConfig, size: int) -> None:
        """A blob of `size` bytes comes, n slivers of `config.sliver_size(axis, size)` bytes on
        each axis.
        """

    @abstractmethod
    def write(self, axis: Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        """`piece` stands at byte `offset` of the data of one sliver; its memory is reused after
        the call.

        Each sliver's pieces come in order, without gaps; a secondary sliver is one piece. Slivers
        come in no particular order, pieces of different ones in turns.
        """

    def finish(self, metadata: VerifiedMetadata) -> None:
        """All pieces are written, and this is what commits to them."""

    def abandon(self) -> None:
        """The encoding failed, here or elsewhere: `finish` will not be called, or has raised."""


class CallbackSink(SliverSink):
    """Calls a function with the axis, sliver index, offset and bytes of every piece."""

    def __init__(self, function: PieceCallback) -> None:
        self._function = function

    def write(self, axis: Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        """Pass a piece on."""
        self._function(axis, sliver_index, offset, piece)


class FrameSink(SliverSink):
    """Writes every piece as one frame to a binary stream: a pipe, `socket.makefile("wb")`.

    A frame is a head of 15 bytes, little-endian, and the piece: axis u8 (0 primary, 1 secondary),
    sliver index u16, offset u64, length u32. The last frame has 2 for its axis, and holds the
    metadata: BCS, with the blob ID. A stream that ends before it was broken off.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, axis: Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
        """Send a piece."""
        self._frame(axis.number, sliver_index, offset, piece)

    def finish(self, metadata: VerifiedMetadata) -> None:
        """Send the metadata, and flush the stream."""
        self._frame(METADATA_FRAME, 0, 0, memoryview(metadata.to_bcs_with_id()))
        self._stream.flush()

    def _frame(self, kind: int, index: int, offset: int, piece: memoryview) -> None:
        self._stream.write(FRAME_HEAD.pack(kind, index, offset, piece.nbytes))
        self._stream.write(piece)
