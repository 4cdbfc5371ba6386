"""The engine gives what the codec gives, from memory and from spools, and nothing for lies."""

from collections.abc import AsyncIterator

import pytest
from services.engine.plain import (
    Gathered,
    PlainPacker,
    content_of,
    cut_blob,
    engine_of,
    in_loop,
    pieces_of,
)
from services.engine.slivers import BLOB, CONFIG, OPTIONS, N, cheating, slivers_of, symbols_for

from walrus_core.codec.encoder import encode
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import (
    InconsistentBlobError,
    NotEnoughSymbolsError,
    VerificationError,
)
from walrus_core.services.engine import (
    EngineOptions,
    Piece,
    Wanted,
    encoding as engine_encoding,
)
from walrus_core.types import Axis, SliverPairIndex

AXES = pytest.mark.parametrize("axis", list(Axis))


@pytest.fixture(params=[True, False], ids=["at once", "in pieces"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to encode, whatever the size."""
    if not request.param:
        monkeypatch.setattr(engine_encoding, "KEPT", 0)


@pytest.mark.usefixtures("_way")
@OPTIONS
@pytest.mark.parametrize("size", [0, 1, 999, 100_000])
@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted([Axis.SECONDARY]),
        Wanted(pairs=[SliverPairIndex(0), SliverPairIndex(7)]),
        Wanted([Axis.PRIMARY], [SliverPairIndex(9)]),
    ],
    ids=["all", "an axis", "some pairs", "one sliver"],
)
@in_loop
async def test_encodes_what_is_wanted(options: EngineOptions, size: int, wanted: Wanted) -> None:
    expected, gathered = encode(BLOB[:size], N), Gathered()
    async with engine_of(options) as (engine, _):
        async for parcel in engine.encode(
            content_of(BLOB[:size], 4096), CONFIG, wanted, PlainPacker
        ):
            gathered.add(parcel)
    assert gathered.metadata == expected.metadata
    pairs = range(N) if wanted.pairs is None else wanted.pairs
    assert gathered.slivers == {
        (axis, sliver.index): bytes(sliver.data)
        for axis in wanted.axes
        for sliver in slivers_of(expected, axis, pairs)
    }


@OPTIONS
@pytest.mark.parametrize("size", [0, 1, 100_000])
@in_loop
async def test_computes_ids(options: EngineOptions, size: int) -> None:
    async with engine_of(options) as (engine, _):
        for part_size in (4096, 1 << 20):
            metadata = await engine.compute_id(content_of(BLOB[:size], part_size), CONFIG)
            assert metadata == encode(BLOB[:size], N).metadata


@OPTIONS
@AXES
@pytest.mark.parametrize("check", ["skip", "default", "strict"])
@in_loop
async def test_decodes(options: EngineOptions, axis: Axis, check: str) -> None:
    encoded = encode(BLOB, N)
    slivers = slivers_of(encoded, axis, range(N - 1, 0, -1))  # more than enough
    blob = b""
    async with engine_of(options) as (engine, _):
        pieces = pieces_of(slivers, N, 5000)
        async for offset, data in engine.decode(encoded.metadata, pieces, check, cut_blob):
            assert offset == len(blob)
            blob += data
    assert blob == BLOB


@OPTIONS
@in_loop
async def test_nothing_leaves_of_a_blob_that_is_not_right(options: EngineOptions) -> None:
    encoded = encode(BLOB, N)
    slivers: list[Sliver] = list(slivers_of(encoded, Axis.PRIMARY, range(4)))
    wrong = bytes(slivers[2].data)[:-1] + b"\x00"
    slivers[2] = Sliver(Axis.PRIMARY, 2, slivers[2].symbol_size, wrong)
    async with engine_of(options) as (engine, _):
        pieces = pieces_of(slivers, N, 1 << 20)
        with pytest.raises(VerificationError):
            await anext(engine.decode(encoded.metadata, pieces, "default", cut_blob))


@in_loop
async def test_an_inconsistent_blob_is_none() -> None:
    metadata, slivers = cheating(encode(BLOB, N))
    async with engine_of() as (engine, _):
        pieces = pieces_of(slivers, N, 1 << 20)
        with pytest.raises(InconsistentBlobError):
            await anext(engine.decode(metadata, pieces, "default", cut_blob))


def damaged(piece: Piece, position: int = 0) -> Piece:
    data = bytearray(piece.data)
    data[position] ^= 1
    return piece._replace(data=bytes(data))


@in_loop
async def test_verdicts_come_in_the_order_of_completion() -> None:
    encoded = encode(BLOB, N)
    slivers = [
        *slivers_of(encoded, Axis.PRIMARY, [3, 1]),
        *slivers_of(encoded, Axis.SECONDARY, [5]),
    ]
    pieces = [piece async for piece in pieces_of(slivers, N, 5000)]
    pieces[1] = damaged(pieces[1])

    async def sent() -> AsyncIterator[Piece]:
        for piece in pieces:
            yield piece

    async with engine_of() as (engine, _):
        verdicts = await engine.verify(encoded.metadata, sent())
    order = [(Axis.SECONDARY, 5), (Axis.PRIMARY, 3), (Axis.PRIMARY, 1)]
    assert [(verdict.axis, verdict.pair) for verdict in verdicts] == order
    assert [verdict.reason == "" for verdict in verdicts] == [True, True, False]
    assert "hash" in verdicts[2].reason


@AXES
@in_loop
async def test_recovers(axis: Axis) -> None:
    encoded = encode(BLOB, N)
    async with engine_of() as (engine, _):
        for pair in (0, N - 1):
            symbols = symbols_for(encoded, axis, pair, range(N))
            target = SliverPairIndex(pair)
            sliver = await engine.recover(encoded.metadata, axis, target, symbols)
            assert sliver == slivers_of(encoded, axis, [pair])[0]
        few = symbols_for(encoded, axis, 0, range(2))
        with pytest.raises(NotEnoughSymbolsError):
            await engine.recover(encoded.metadata, axis, SliverPairIndex(0), few)


@in_loop
async def test_proves_inconsistency() -> None:
    encoded = encode(BLOB, N)
    metadata, _ = cheating(encoded)
    async with engine_of() as (engine, _pool):
        symbols = symbols_for(encoded, Axis.PRIMARY, 0, range(N))
        proof = await engine.recover(metadata, Axis.PRIMARY, SliverPairIndex(0), symbols)
    assert isinstance(proof, InconsistencyProof)
    proof.verify(metadata)
