"""The use cases: what anybody can have computed who has bytes and no network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.decoder import ConsistencyCheck
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.services.engine.decoding import decoded
from walrus_core.services.engine.encoding import Wanted, encoded
from walrus_core.services.engine.intake import Content
from walrus_core.services.engine.naming import named
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.packer import Cutter, PackerFor, Piece, Verdict
from walrus_core.services.engine.pool import Pool
from walrus_core.services.engine.recovery import recovered
from walrus_core.services.engine.verification import judged
from walrus_core.types import Axis, SliverPairIndex

__all__ = ["Engine"]

P = TypeVar("P")


class Engine:
    """Works for many callers at once, within the pool's means.

    Each method checks sizes before it takes memory, waits for its share of the pool, and stops, its
    computing too, when its caller is cancelled or closes what it was given. All raise
    OverloadedError where there is too much to do, and StorageFullError where spooling finds no
    room.
    """

    def __init__(self, pool: Pool, options: EngineOptions | None = None) -> None:
        self._pool = pool
        self._options = options or EngineOptions()

    def encode(
        self, content: Content, config: EncodingConfig, wanted: Wanted, packer_for: PackerFor[P]
    ) -> AsyncIterator[P]:
        """The slivers that are wanted, while they are made, and the metadata, in parcels."""
        return encoded(content, config, wanted, packer_for, self._pool, self._options)

    async def compute_id(self, content: Content, config: EncodingConfig) -> VerifiedMetadata:
        """The metadata alone."""
        return await named(content, config, self._pool, self._options)

    def decode(
        self,
        metadata: VerifiedMetadata,
        pieces: AsyncIterator[Piece],
        check: ConsistencyCheck,
        cutter: Cutter[P],
    ) -> AsyncIterator[P]:
        """The blob, in parcels, once it is known to be right."""
        return decoded(metadata, pieces, check, cutter, self._pool, self._options)

    async def verify(
        self, metadata: VerifiedMetadata, pieces: AsyncIterator[Piece]
    ) -> list[Verdict]:
        """A verdict on each sliver, in the order in which they were complete."""
        return await judged(metadata, pieces, self._pool, self._options)

    async def recover(
        self,
        metadata: VerifiedMetadata,
        axis: Axis,
        target: SliverPairIndex,
        symbols: AsyncIterator[RecoverySymbol],
    ) -> VerifiedSliver | InconsistencyProof:
        """The lost sliver, or the proof that there cannot be one."""
        return await recovered(metadata, axis, target, symbols, self._pool, self._options)
