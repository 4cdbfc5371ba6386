"""The largest input there is for a number of shards, made up: metadata, slivers and symbols that
fit each other as far as anybody looks, without a blob that they are of.
"""

from collections.abc import AsyncIterator

from walrus_core import kernel
from walrus_core.codec.config import MAX_SYMBOL_SIZE, EncodingConfig
from walrus_core.codec.merkle import MerkleProof, path_length
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.services.engine import Piece
from walrus_core.types import Axis, SliverIndex, SliverPairIndex

SYMBOL = (bytes(range(256)) * 256)[:MAX_SYMBOL_SIZE]


def recoverable(n_shards: int) -> tuple[VerifiedMetadata, list[RecoverySymbol]]:
    """Symbols of primary sliver 0, each with a path that leads to its source's hash; what they
    decode to is not what the metadata have.
    """
    config, depth = EncodingConfig(n_shards), path_length(n_shards)
    path = bytes(range(32)) * depth
    root = kernel.proof_roots([SYMBOL], [0], path, depth)
    metadata = VerifiedMetadata.of(config.max_blob_size, (bytes(32) + root) * n_shards)
    needed = config.n_sliver_symbols(Axis.PRIMARY)
    symbols = [
        RecoverySymbol(Axis.PRIMARY, SliverIndex(source), SYMBOL, MerkleProof(path))
        for source in range(n_shards - needed, n_shards)
    ]
    return metadata, symbols


async def primary_slivers(metadata: VerifiedMetadata, count: int) -> AsyncIterator[Piece]:
    """Slivers of any content, in pieces of 1 MiB."""
    size = metadata.config.sliver_size(Axis.PRIMARY, metadata.unencoded_length)
    piece = bytes(1 << 20)
    for pair in range(count):
        for at in range(0, size, len(piece)):
            yield Piece(
                Axis.PRIMARY,
                SliverPairIndex(pair),
                at,
                size,
                metadata.symbol_size,
                piece[: size - at],
            )
