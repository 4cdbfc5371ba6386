"""A blob, its slivers and symbols, and an author who cheats."""

import random
from collections.abc import AsyncIterator, Sequence

import pytest

from walrus_core import kernel
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.encoder import EncodedBlob
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.codec.symbols import RecoverySymbol, recovery_symbol
from walrus_core.services.engine import (
    EngineOptions,
)
from walrus_core.types import Axis

N = 10
CONFIG = EncodingConfig(N)
BLOB = random.Random(1).randbytes(100_000)
SPOOLED = EngineOptions(in_memory=0)
OPTIONS = pytest.mark.parametrize("options", [EngineOptions(), SPOOLED], ids=["memory", "spool"])


def slivers_of(encoded: EncodedBlob, axis: Axis, pairs: Sequence[int]) -> list[VerifiedSliver]:
    of_axis = encoded.primary if axis is Axis.PRIMARY else encoded.secondary
    return [of_axis(pair) for pair in pairs]


def cheating(encoded: EncodedBlob) -> tuple[VerifiedMetadata, list[VerifiedSliver]]:
    """Metadata that commit to another primary sliver 0, and secondary slivers that do not have it;
    each is what the metadata commit to.
    """
    honest = encoded.metadata
    row = bytes(byte ^ 1 for byte in encoded.primary(0).data)
    root = kernel.sliver_roots([row], N, honest.symbol_size)
    hashes = root + honest.pair_hashes[32:]
    metadata = VerifiedMetadata.of(honest.unencoded_length, hashes)
    return metadata, slivers_of(encoded, Axis.SECONDARY, range(N))


async def symbols_for(
    encoded: EncodedBlob, axis: Axis, pair: int, sources: Sequence[int]
) -> AsyncIterator[RecoverySymbol]:
    for sliver in slivers_of(encoded, axis.orthogonal, sources):
        yield recovery_symbol(sliver, pair, N)
