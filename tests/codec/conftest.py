"""One small encoded blob for the tests to share, and one that was encoded inconsistently."""

import random
from dataclasses import dataclass

import pytest

import walrus_core as wc
from walrus_core import kernel

N_SHARDS = 10  # f = 3, k1 = 4, k2 = 7


@pytest.fixture(scope="session")
def blob() -> bytes:
    """700 bytes: the symbol size is 26, and the last row is padded."""
    return random.Random(10).randbytes(700)


@pytest.fixture(scope="session")
def encoded(blob: bytes) -> wc.EncodedBlob:
    return wc.encode(blob, n_shards=N_SHARDS, threads=1)


@pytest.fixture(scope="session")
def metadata(encoded: wc.EncodedBlob) -> wc.VerifiedMetadata:
    return encoded.metadata


@pytest.fixture(scope="session")
def other() -> wc.EncodedBlob:
    """Another blob of the same size."""
    return wc.encode(random.Random(11).randbytes(700), n_shards=N_SHARDS, threads=1)


@dataclass(frozen=True)
class Misencoded:
    """A blob whose metadata commit to a primary sliver that does not follow from the others."""

    metadata: wc.VerifiedMetadata
    primary: list[wc.VerifiedSliver]


@pytest.fixture(scope="session")
def misencoded(encoded: wc.EncodedBlob) -> Misencoded:
    """Primary sliver 9, a repair sliver, is a different one; all else is as in `encoded`."""
    wrong = encoded.primary(9)
    data = bytes(wrong.data[::-1])
    pair_hashes = encoded.metadata.sliver_pair_hashes.copy()
    root = kernel.sliver_roots([data], N_SHARDS, wrong.symbol_size)
    pair_hashes[9, 0] = memoryview(root)
    metadata = wc.VerifiedMetadata.of(encoded.metadata.unencoded_length, pair_hashes.tobytes())
    slivers = [encoded.primary(pair) for pair in range(9)]
    slivers.append(wc.Sliver("primary", 9, wrong.symbol_size, data))
    return Misencoded(metadata, wc.verify_slivers(metadata, slivers))
