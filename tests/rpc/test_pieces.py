"""Slivers in pieces, pieces in messages: small ones share, large ones are cut, none is changed."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from hypothesis import given, strategies as st
from rpc.sliver_pieces import pieces_of

from walrus_core.codec.config import MAX_SHARDS, MAX_SYMBOL_SIZE, EncodingConfig
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import InvalidArgumentError
from walrus_core.rpc.pieces import Assembly, ShardAssembly, completed
from walrus_core.rpc.sliver_wire import Part, cut, in_answer, in_request, in_shard, joined
from walrus_core.rpc.streams import MAX_DATA, MAX_ITEMS, packed
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.types import Axis, BlobId

LARGEST_MESSAGE = 4 << 20
"""What gRPC takes unless it is told otherwise."""


NOISE = random.Random(2).randbytes(3 << 20)


def sliver(config: EncodingConfig, axis: Axis, index: int, symbol_size: int) -> Sliver:
    """Different for different indices."""
    size = config.n_sliver_symbols(axis) * symbol_size
    return Sliver(axis, index, symbol_size, NOISE[index : index + size])


def messages_of(slivers: Sequence[Sliver], n_shards: int) -> list[pb.PutSliversRequest]:
    async def items() -> AsyncIterator[Sliver]:
        for one in slivers:
            yield one

    async def all_messages() -> list[pb.PutSliversRequest]:
        messages = packed(items(), lambda one: cut(one, n_shards, in_request), joined)
        return [pb.PutSliversRequest.FromString(one) async for one in messages]

    return asyncio.run(all_messages())


@given(
    n_shards=st.sampled_from([4, 7, 31, 1000]),
    axis=st.sampled_from(Axis),
    symbol_size=st.integers(1, 1000).map(lambda half: 2 * half),
    count=st.integers(1, 4),
    is_known=st.booleans(),
)
def test_what_is_cut_is_put_together(
    n_shards: int, axis: Axis, symbol_size: int, count: int, is_known: bool
) -> None:
    config = EncodingConfig(n_shards)
    sent = [sliver(config, axis, index % n_shards, symbol_size) for index in range(count)]
    assembly = Assembly(config, symbol_size if is_known else None)
    received = []
    for message in messages_of(sent, n_shards):
        assert sum(len(piece.data) for piece in message.pieces) <= MAX_DATA
        assert message.ByteSize() < LARGEST_MESSAGE
        received += completed(message.pieces, assembly)
    assembly.finish()
    assert [one for _, one in received] == sent


def test_tiny_slivers_fill_few_messages() -> None:
    config = EncodingConfig(4)
    sent = [sliver(config, Axis.PRIMARY, 1, 2)] * 10_000
    messages = messages_of(sent, 4)
    assert [len(message.pieces) for message in messages] == [MAX_ITEMS, MAX_ITEMS, 1808]
    assert max(message.ByteSize() for message in messages) < LARGEST_MESSAGE


def test_thousands_of_small_slivers_fill_few_messages() -> None:
    sent = [sliver(EncodingConfig(4), Axis.PRIMARY, 1, 342)] * 3000
    assert len(messages_of(sent, 4)) == 3


def test_the_largest_sliver_is_cut() -> None:
    config = EncodingConfig(MAX_SHARDS)
    size = config.n_sliver_symbols(Axis.SECONDARY) * 100
    whole = Sliver(Axis.SECONDARY, 5, 100, bytes(size))
    pieces = pieces_of(whole, MAX_SHARDS)
    sizes = [len(piece.data) for piece in pieces]
    assert sizes == [MAX_DATA] * (size // MAX_DATA) + [size % MAX_DATA]
    assert [held for _, held in cut(whole, MAX_SHARDS, in_answer)] == sizes
    assert [bool(piece.sliver_size) for piece in pieces] == [True] + [False] * (len(pieces) - 1)


def test_declared_sizes_take_no_memory() -> None:
    """What was received is held, and not what was announced."""
    config = EncodingConfig(MAX_SHARDS)
    size = config.n_sliver_symbols(Axis.PRIMARY) * MAX_SYMBOL_SIZE
    assert size > 1 << 31
    assembly = Assembly(config)
    first = pb.SliverPiece(
        axis=pb.AXIS_PRIMARY, sliver_size=size, symbol_size=MAX_SYMBOL_SIZE, data=b"x"
    )
    assert assembly.add(first) is None
    with pytest.raises(InvalidArgumentError, match="the end comes before"):
        assembly.finish()


def test_slivers_of_a_shard_are_put_together() -> None:
    config = EncodingConfig(100)
    sent = [
        (BlobId(bytes([number]) * 32), sliver(config, Axis.PRIMARY, number, 20_000))
        for number in range(3)
    ]
    pieces = [
        piece for blob_id, one in sent for piece, _ in cut(one, config.n_shards, in_shard(blob_id))
    ]
    message = pb.SyncShardResponse.FromString(joined(pieces))
    assert len(message.pieces) == 6
    assert completed(message.pieces, ShardAssembly(config)) == sent


def test_pieces_of_two_blobs_do_not_mix() -> None:
    config = EncodingConfig(100)
    first, second = pieces_of(sliver(config, Axis.PRIMARY, 1, 20_000), 100)
    assembly = ShardAssembly(config)
    assert assembly.add(pb.ShardPiece(blob_id=b"a" * 32, piece=first)) is None
    with pytest.raises(InvalidArgumentError, match="comes after"):
        assembly.add(pb.ShardPiece(blob_id=b"b" * 32, piece=second))


def test_packing_closes_what_it_reads() -> None:
    """Whoever stops listening stops the reading, at once."""
    closed = []

    async def endless() -> AsyncIterator[Sliver]:
        try:
            while True:
                yield sliver(EncodingConfig(4), Axis.PRIMARY, 1, 40_000)
        finally:
            closed.append(True)

    def pieces(one: Sliver) -> Iterator[tuple[Part, int]]:
        return cut(one, 4, in_answer)

    async def run() -> None:
        messages = packed(endless(), pieces, list)
        await anext(messages)
        await messages.aclose()  # type: ignore[attr-defined]  # it is a generator
        assert closed == [True]

    asyncio.run(run())
