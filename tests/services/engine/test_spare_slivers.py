"""A bad sliver among more than enough is set aside; the blob comes all the same."""

import random
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import pytest
from services.engine.plain import cut_blob, engine_of, in_loop, pieces_of
from services.engine.slivers import BLOB, CONFIG, OPTIONS, N, slivers_of

from walrus_core import kernel
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.encoder import EncodedBlob, encode
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import NotEnoughSliversError, VerificationError
from walrus_core.services.engine import Engine, EngineOptions, Piece
from walrus_core.types import Axis

ENCODED = encode(BLOB, N)
F = CONFIG.n_faulty_shards
AXES = pytest.mark.parametrize("axis", list(Axis))
CHECKS = pytest.mark.parametrize("check", ["skip", "default", "strict"])


def some(
    axis: Axis, count: int, bad: Iterable[int] = (), encoded: EncodedBlob = ENCODED
) -> list[Sliver]:
    """So many slivers, of which those at these positions are bad."""
    slivers: list[Sliver] = list(slivers_of(encoded, axis, range(count)))
    for position in bad:
        good = slivers[position]
        data = bytes(good.data[:-1]) + bytes([good.data[-1] ^ 1])
        slivers[position] = Sliver(axis, good.index, good.symbol_size, data)
    return slivers


async def decoded(
    engine: Engine, slivers: Sequence[Sliver], check: str = "default", size: int = 5000
) -> bytes:
    """The blob from slivers that come in turns, so many bytes of each."""
    pieces = pieces_of(slivers, N, size)
    parts = engine.decode(ENCODED.metadata, pieces, check, cut_blob)  # type: ignore[arg-type]
    return b"".join([data async for _, data in parts])


@OPTIONS
@AXES
@CHECKS
@in_loop
async def test_as_many_as_f_may_be_bad(options: EngineOptions, axis: Axis, check: str) -> None:
    enough = CONFIG.n_slivers_needed(axis)
    most = range(enough + F)
    async with engine_of(options) as (engine, _):
        for bad in ([0], [enough - 1], most[:F], most[-F:], [0, enough], range(2, 2 + F)):
            assert await decoded(engine, some(axis, enough + F, bad), check) == BLOB


@OPTIONS
@AXES
@CHECKS
@in_loop
async def test_too_few_good_ones_are_an_error_that_names_the_bad(
    options: EngineOptions, axis: Axis, check: str
) -> None:
    enough = CONFIG.n_slivers_needed(axis)
    bad = {1, enough}  # a spare one, too
    async with engine_of(options) as (engine, _):
        with pytest.raises(VerificationError) as caught:
            await decoded(engine, some(axis, enough + 1, bad), check)
    slivers = some(axis, enough + 1)
    assert caught.value.failures == {
        at: f"{axis} sliver {slivers[at].index}: its hash is not the metadata's" for at in bad
    }
    assert f"2 of {enough + 1} slivers" in str(caught.value)


@in_loop
async def test_no_more_than_f_are_kept() -> None:
    """So that what a call takes is known before it begins."""
    enough = CONFIG.n_slivers_needed(Axis.PRIMARY)
    async with engine_of() as (engine, _):
        with pytest.raises(VerificationError) as caught:
            await decoded(engine, some(Axis.PRIMARY, N, range(F + 1)))
    assert list(caught.value.failures) == list(range(F + 1))
    assert f"of {enough + F} slivers" in str(caught.value)


@in_loop
async def test_spare_ones_do_not_make_enough_of_too_few() -> None:
    async with engine_of() as (engine, _):
        few = CONFIG.n_slivers_needed(Axis.PRIMARY) - 1
        with pytest.raises(NotEnoughSliversError):
            await decoded(engine, some(Axis.PRIMARY, few, [0]))


@AXES
@in_loop
async def test_nothing_more_is_hashed_where_all_are_good(
    axis: Axis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source rows, as ever: neither the first slivers are authenticated nor the spare ones."""
    hashed, real = [0], kernel.sliver_roots

    def counting(views: list[memoryview], *rest: object) -> bytes:
        hashed[0] += len(views)
        return real(views, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(kernel, "sliver_roots", counting)
    enough = CONFIG.n_slivers_needed(axis)
    async with engine_of() as (engine, _):
        for count in (enough, enough + F):
            hashed[0] = 0
            assert await decoded(engine, some(axis, count)) == BLOB
            assert hashed[0] == CONFIG.n_primary_source_symbols


@OPTIONS
@AXES
@in_loop
async def test_spare_ones_are_counted_before_they_come(options: EngineOptions, axis: Axis) -> None:
    size = CONFIG.sliver_size(axis, len(BLOB))
    kept = 2 * CONFIG.padded_size(len(BLOB)) + F * size
    slivers = some(axis, CONFIG.n_slivers_needed(axis) + F, [0])
    lent: list[int] = []
    async with engine_of(options) as (engine, pool):

        async def watched() -> AsyncIterator[Piece]:
            async for piece in pieces_of(slivers, N, 5000):
                yield piece
                held = pool.small.memory.lent - options.held
                lent.append(held if options.in_memory else pool.disk.lent)

        parts = engine.decode(ENCODED.metadata, watched(), "default", cut_blob)
        assert b"".join([data async for _, data in parts]) == BLOB
    assert set(lent) == {kept}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@in_loop
async def test_there_is_a_file_for_spare_ones_when_there_are_some(tmp_path: Path) -> None:
    def files() -> int:
        links = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return sum(str(each).startswith(str(tmp_path)) for each in links)

    enough = CONFIG.n_slivers_needed(Axis.SECONDARY)
    seen: dict[int, int] = {}

    async def watched(count: int) -> AsyncIterator[Piece]:
        async for piece in pieces_of(some(Axis.SECONDARY, count, [2][: count - enough]), N, 9000):
            yield piece
        seen[count] = files()

    async with engine_of(EngineOptions(in_memory=0, directory=tmp_path)) as (engine, _):
        for count in (enough, enough + 1):
            parts = engine.decode(ENCODED.metadata, watched(count), "default", cut_blob)
            assert b"".join([data async for _, data in parts]) == BLOB
    assert seen == {enough: 1, enough + 1: 2}
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("n_shards", [4, 5, 6, 7, 100])
@in_loop
async def test_of_any_number_of_shards(n_shards: int) -> None:
    config, blob = EncodingConfig(n_shards), BLOB[:3000]
    encoded, chance = encode(blob, n_shards), random.Random(n_shards)
    async with engine_of() as (engine, _):
        for axis in Axis:
            count = config.n_slivers_needed(axis) + config.n_faulty_shards
            bad = chance.sample(range(count), config.n_faulty_shards)
            pieces = pieces_of(some(axis, count, bad, encoded), n_shards, 1 << 20)
            parts = engine.decode(encoded.metadata, pieces, "default", cut_blob)
            assert b"".join([data async for _, data in parts]) == blob
