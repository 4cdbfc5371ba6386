"""A small blob, and one whose slivers are larger than a message."""

import random

import pytest
from rpc.serving import N_SHARDS

from walrus_core.codec.encoder import EncodedBlob, encode


@pytest.fixture(scope="session")
def blob() -> EncodedBlob:
    """Slivers of a few hundred bytes."""
    return encode(random.Random(1).randbytes(3000), N_SHARDS)


@pytest.fixture(scope="session")
def large_shards() -> int:
    """Enough shards for slivers of several messages: a symbol is at most 64 KiB."""
    return 100


@pytest.fixture(scope="session")
def large_blob(large_shards: int) -> EncodedBlob:
    """Primary slivers of 67 * 20,000 bytes: two pieces; secondary ones of 34 * 20,000: one."""
    return encode(bytes(34 * 67 * 20_000), large_shards)


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> bool:
    return request.param
