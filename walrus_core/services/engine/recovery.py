"""Recovery symbols in; the lost sliver out, or the proof that the blob is inconsistent."""

from __future__ import annotations

from collections.abc import AsyncIterator

from walrus_core.codec.merkle import path_length
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof, recover_sliver
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import InconsistentBlobError, InvalidArgumentError
from walrus_core.services.engine.intake import check_size, lane_for
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.pool import Job, Pool
from walrus_core.types import Axis, SliverPairIndex, checked_int

__all__ = ["recovered"]

SYMBOL_OVERHEAD = 400
"""Bytes that Python has around a symbol's data and path."""


async def recovered(
    metadata: VerifiedMetadata,
    axis: Axis,
    target: SliverPairIndex,
    symbols: AsyncIterator[RecoverySymbol],
    pool: Pool,
    options: EngineOptions,
) -> VerifiedSliver | InconsistencyProof:
    """The sliver of `axis` in the pair `target`, or what `InconsistentBlobError` has. At most one
    symbol from each source; those that are bad are passed over. Errors as in
    `codec.recover_sliver`.
    """
    config = metadata.config
    check_size(config, metadata.unencoded_length, options)
    checked_int("target sliver pair index", target, 0, config.n_shards - 1)
    lane = lane_for(config, metadata.unencoded_length, pool)
    symbol_bytes = metadata.symbol_size + 32 * path_length(config.n_shards) + SYMBOL_OVERHEAD
    async with lane.memory.lend(config.n_shards * symbol_bytes):
        given: dict[int, RecoverySymbol] = {}
        async for symbol in symbols:
            _check(metadata, symbol)
            if given.setdefault(symbol.index, symbol) is not symbol:
                raise InvalidArgumentError(
                    f"two symbols from {symbol.axis.orthogonal} sliver {symbol.index}"
                )

        def recover(job: Job) -> VerifiedSliver | InconsistencyProof:
            try:
                return recover_sliver(metadata, axis, target, given.values(), job.cancel)
            except InconsistentBlobError as error:
                if isinstance(error.proof, InconsistencyProof):
                    return error.proof
                raise

        return await pool.run(lane, recover)


def _check(metadata: VerifiedMetadata, symbol: RecoverySymbol) -> None:
    """InvalidArgumentError for a symbol that would take more memory than the blob's do."""
    length = path_length(metadata.n_shards)
    if (
        symbol.index >= metadata.n_shards
        or len(symbol.data) != metadata.symbol_size
        or len(symbol.proof) != length
    ):
        raise InvalidArgumentError(
            f"a symbol from {symbol.axis.orthogonal} sliver {symbol.index} of"
            f" {metadata.n_shards}, {len(symbol.data):,} bytes and a path of {len(symbol.proof)}"
            f" nodes; the blob's have {metadata.symbol_size:,} bytes and {length} nodes"
        )
