"""Answers are written by hand, and are what protobuf reads, and would have written."""

import random

import pytest
from rpc.encoding_serving import Received

from walrus_core.codec.bcs import uleb128
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.encoder import encode
from walrus_core.rpc.encoding_answers import SliverPacker, chunk_answer
from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.v1 import encoding_pb2 as pb
from walrus_core.types import Axis


def parsed(data: bytes) -> pb.EncodeResponse:
    """Of which protobuf makes the same bytes again, but for fields that are 0 and need not be."""
    response = pb.EncodeResponse.FromString(data)
    again = response.SerializeToString()
    zeros = sum(piece.sliver_pair_index == 0 for piece in response.slivers.pieces)
    assert zeros or again == data
    assert len(data) - len(again) <= 4 * zeros
    return response


@pytest.mark.parametrize("n_shards", [4, 127, 128, 129, 1000])
@pytest.mark.parametrize("size", [0, 1, 5000, 390_000])
def test_runs_of_slivers(n_shards: int, size: int) -> None:
    encoded = encode(random.Random(size).randbytes(size), n_shards)
    packer, received = SliverPacker(EncodingConfig(n_shards), size), Received()
    for axis in Axis:
        for first, run in encoded.runs(axis):
            for data, n_bytes in packer.run(axis, first, run):
                assert n_bytes <= MAX_DATA
                received.add(parsed(data))
    for data, _ in packer.finish(encoded.metadata):
        received.add(parsed(data))
    received.assert_equal(encoded, Axis, range(n_shards))


@pytest.mark.parametrize("size", [1, 1000, MAX_DATA, MAX_DATA + 1])
def test_pieces_share_messages(size: int) -> None:
    """Of slivers of 3 pieces each, in turns."""
    config = EncodingConfig(1000)
    blob_size = config.n_primary_source_symbols * config.n_secondary_source_symbols * 8000
    packer = SliverPacker(config, blob_size)
    received, n_messages = Received(), 0
    piece = memoryview(bytearray(random.Random(1).randbytes(size)))
    packed = []
    for offset in (0, size, 2 * size):
        for index in range(3):
            packed += packer.piece(Axis.SECONDARY, index, offset, piece)
    packed += packer.flush()
    for data, n_bytes in packed:
        assert n_bytes <= MAX_DATA
        received.add(parsed(data))
        n_messages += 1
    assert received.slivers == {(2, 999 - index): bytes(piece) * 3 for index in range(3)}
    assert n_messages <= -(-9 * size // MAX_DATA) * 2
    assert list(packer.flush()) == []


@pytest.mark.parametrize("offset", [0, 1, 1 << 20, 1 << 40])
def test_chunks(offset: int) -> None:
    data, size = chunk_answer(offset, memoryview(bytearray(b"some of a blob")))
    answer = pb.DecodeResponse.FromString(data)
    assert (answer.chunk.offset, answer.chunk.data, size) == (offset, b"some of a blob", 14)
    assert answer.SerializeToString() == data


@pytest.mark.parametrize("number", [0, 1, 127, 128, 16_383, 16_384, 2**32, 2**64 - 1])
def test_varints(number: int) -> None:
    written = pb.EncodeHeader(size=number).SerializeToString()
    assert written == (b"\x10" + uleb128(number) if number else b"")
    assert pb.EncodeHeader.FromString(b"\x10" + uleb128(number)).size == number
