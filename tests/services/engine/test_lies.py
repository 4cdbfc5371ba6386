"""Sizes, orders and numbers that are not true are refused, and take no memory."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from services.engine.plain import (
    PlainPacker,
    cut_blob,
    engine_of,
    in_loop,
    parts_of,
    pieces_of,
)
from services.engine.slivers import BLOB, CONFIG, OPTIONS, N, slivers_of, symbols_for

from walrus_core.codec.config import MAX_SHARDS, EncodingConfig
from walrus_core.codec.encoder import encode
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import (
    BlobTooLargeError,
    InvalidArgumentError,
    NotEnoughSliversError,
    StorageFullError,
)
from walrus_core.rpc.v1 import encoding_pb2, node_pb2
from walrus_core.services.engine import (
    Content,
    EngineOptions,
    Piece,
    Wanted,
    verification,
)
from walrus_core.services.engine.verification import Words
from walrus_core.types import Axis, SliverPairIndex


@OPTIONS
@pytest.mark.parametrize(("said", "sent"), [(10, 9), (10, 11), (0, 1), (1, 0), (5000, 4096)])
@in_loop
async def test_a_blob_is_as_large_as_was_said(options: EngineOptions, said: int, sent: int) -> None:
    async with engine_of(options) as (engine, _):
        for part_size in (3, 1 << 20):
            content = Content(said, parts_of(BLOB[:sent], part_size))
            with pytest.raises(InvalidArgumentError):
                await engine.compute_id(content, CONFIG)
            content = Content(said, parts_of(BLOB[:sent], part_size))
            with pytest.raises(InvalidArgumentError):
                await anext(engine.encode(content, CONFIG, Wanted(), PlainPacker))


async def nothing_is_asked_for() -> AsyncIterator[bytes]:
    pytest.fail("it was read from")
    yield b""


@in_loop
async def test_sizes_are_judged_before_anything_is_read() -> None:
    async with engine_of(EngineOptions(largest_blob=1 << 20)) as (engine, _):
        for size in (1 << 20 | 1, CONFIG.max_blob_size + 1, 2**64 - 1):
            content = Content(size, nothing_is_asked_for())
            with pytest.raises(BlobTooLargeError):
                await engine.compute_id(content, CONFIG)
        largest = Content(1 << 20, parts_of(bytes(1 << 20)))
        assert (await engine.compute_id(largest, EncodingConfig(1000))).unencoded_length == 1 << 20
        many = EncodingConfig(49_155)
        with pytest.raises(InvalidArgumentError, match="padded"):
            await engine.compute_id(Content(1, nothing_is_asked_for()), many)


@in_loop
async def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    config = EncodingConfig(40_000)  # of which a blob may have 23 TB
    options = EngineOptions(largest_blob=1 << 60, in_memory=0, directory=tmp_path)
    async with engine_of(options) as (engine, _):
        content = Content(config.max_blob_size, parts_of(b"its first byte"))
        with pytest.raises(StorageFullError) as caught:
            await engine.compute_id(content, config)
    assert caught.value.needed == config.max_blob_size
    assert caught.value.path == str(tmp_path)
    assert not list(tmp_path.iterdir())


Change = Callable[[list[Piece]], list[Piece]]


@pytest.mark.parametrize(
    "change",
    [
        lambda pieces: pieces[1:],
        lambda pieces: [pieces[0], *pieces],
        lambda pieces: [*pieces, pieces[-1]],
        lambda pieces: pieces[:-1],
        lambda pieces: [pieces[0]._replace(sliver_size=1), *pieces[1:]],
        lambda pieces: [pieces[0]._replace(sliver_size=2**64 - 1), *pieces[1:]],
        lambda pieces: [pieces[0]._replace(symbol_size=2), *pieces[1:]],
        lambda pieces: [pieces[0]._replace(pair=SliverPairIndex(N)), *pieces[1:]],
        lambda pieces: [pieces[0]._replace(data=b""), *pieces[1:]],
        lambda pieces: [pieces[0]._replace(data=bytes(1 << 20)), *pieces[1:]],
        lambda pieces: [pieces[0]._replace(offset=2**63), *pieces[1:]],
    ],
)
@in_loop
async def test_pieces_come_in_order_and_fit(change: Change) -> None:
    encoded = encode(BLOB, N)
    slivers = slivers_of(encoded, Axis.PRIMARY, range(4))
    pieces = change([piece async for piece in pieces_of(slivers, N, 9000)])

    async def sent() -> AsyncIterator[Piece]:
        for piece in pieces:
            yield piece

    async with engine_of() as (engine, _):
        with pytest.raises(InvalidArgumentError):
            await anext(engine.decode(encoded.metadata, sent(), "default", cut_blob))
        with pytest.raises(InvalidArgumentError):
            await engine.verify(encoded.metadata, sent())


@in_loop
async def test_too_few_slivers_and_both_axes() -> None:
    encoded = encode(BLOB, N)
    metadata = encoded.metadata
    few = slivers_of(encoded, Axis.PRIMARY, range(3))
    mixed = [*few, *slivers_of(encoded, Axis.SECONDARY, [0])]
    async with engine_of() as (engine, _):
        with pytest.raises(NotEnoughSliversError):
            await anext(engine.decode(metadata, pieces_of([], N, 1), "default", cut_blob))
        with pytest.raises(NotEnoughSliversError):
            await anext(engine.decode(metadata, pieces_of(few, N, 9000), "default", cut_blob))
        with pytest.raises(InvalidArgumentError, match="both axes"):
            await anext(engine.decode(metadata, pieces_of(mixed, N, 9000), "default", cut_blob))


@in_loop
async def test_symbols_that_cannot_be_of_the_blob_take_no_memory() -> None:
    encoded = encode(BLOB, N)
    other = encode(BLOB[:10], N)
    async with engine_of() as (engine, _):
        target = SliverPairIndex(0)
        symbols = symbols_for(other, Axis.PRIMARY, 0, range(N))
        with pytest.raises(InvalidArgumentError, match="bytes"):
            await engine.recover(encoded.metadata, Axis.PRIMARY, target, symbols)
        symbols = symbols_for(encoded, Axis.PRIMARY, 0, [1, 1])
        with pytest.raises(InvalidArgumentError, match="two symbols"):
            await engine.recover(encoded.metadata, Axis.PRIMARY, target, symbols)
        symbols = symbols_for(encoded, Axis.PRIMARY, 0, [1])
        with pytest.raises(InvalidArgumentError, match="target"):
            await engine.recover(encoded.metadata, Axis.PRIMARY, SliverPairIndex(N), symbols)


def test_reasons_fit_into_one_message() -> None:
    """However many slivers there are and however bad they are: gRPC takes 4 MiB."""
    reason = f"secondary sliver {MAX_SHARDS}: its hash is not the metadata's"
    words = Words()
    answer = encoding_pb2.VerifySliversResponse(
        verdicts=[
            encoding_pb2.SliverVerdict(
                axis=node_pb2.AXIS_SECONDARY,
                sliver_pair_index=MAX_SHARDS,
                reason=words.fitting(reason),
            )
            for _ in range(len(Axis) * MAX_SHARDS)
        ]
    )
    assert answer.ByteSize() < 4 << 20
    assert answer.verdicts[0].reason == reason
    assert all(verdict.reason for verdict in answer.verdicts)


@in_loop
async def test_what_is_bad_is_bad_though_there_is_no_room_for_reasons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verification, "REASONS", 100)
    encoded = encode(BLOB, N)
    slivers: list[Sliver] = list(slivers_of(encoded, Axis.PRIMARY, range(4)))
    bad = [
        Sliver(each.axis, each.index, each.symbol_size, bytes(each.data.nbytes)) for each in slivers
    ]
    async with engine_of() as (engine, _):
        good = slivers_of(encoded, Axis.SECONDARY, [0])
        pieces = pieces_of([*bad, *good], N, 1 << 20)
        verdicts = await engine.verify(encoded.metadata, pieces)
    assert ["hash" in verdict.reason for verdict in verdicts] == [True, True, False, False, False]
    assert [verdict.reason for verdict in verdicts[2:]] == ["bad", "bad", ""]
