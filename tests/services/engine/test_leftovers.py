"""What a call had in files goes when the call ends, and not when somebody looks for garbage."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from services.engine.plain import (
    PlainPacker,
    content_of,
    cut_blob,
    engine_of,
    in_loop,
    parts_of,
    pieces_of,
)
from services.engine.slivers import BLOB, CONFIG, N, slivers_of

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.encoder import encode
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import InvalidArgumentError, VerificationError
from walrus_core.services.engine import Content, Engine, EngineOptions, Wanted
from walrus_core.types import Axis

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ENCODED = encode(BLOB, N)
LARGE = BLOB * 200


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def wrong(engine: Engine) -> None:
    """A blob of slivers of which one is not authentic."""
    slivers: list[Sliver] = list(slivers_of(ENCODED, Axis.PRIMARY, range(4)))
    slivers[2] = Sliver(Axis.PRIMARY, 2, slivers[2].symbol_size, bytes(slivers[2].data.nbytes))
    pieces = pieces_of(slivers, N, 5000)
    with pytest.raises(VerificationError):
        await anext(engine.decode(ENCODED.metadata, pieces, "default", cut_blob))


async def mended(engine: Engine) -> None:
    """A blob though one of its slivers is not authentic, since there is a spare one."""
    slivers: list[Sliver] = list(slivers_of(ENCODED, Axis.PRIMARY, range(5)))
    slivers[2] = Sliver(Axis.PRIMARY, 2, slivers[2].symbol_size, bytes(slivers[2].data.nbytes))
    pieces = pieces_of(slivers, N, 5000)
    parts = engine.decode(ENCODED.metadata, pieces, "default", cut_blob)
    assert b"".join([data async for _, data in parts]) == BLOB


async def short(engine: Engine) -> None:
    """A blob that ends too early."""
    with pytest.raises(InvalidArgumentError):
        await engine.compute_id(Content(len(BLOB) + 1, parts_of(BLOB)), CONFIG)


async def cancelled(engine: Engine) -> None:
    """Encodings whose caller leaves, a little later each time."""
    for number in range(8):
        await cancelled_after(engine, number * 0.01)


async def cancelled_after(engine: Engine, seconds: float) -> None:

    async def encode_all() -> AsyncIterator[object]:
        config = EncodingConfig(100)
        async for parcel in engine.encode(content_of(LARGE), config, Wanted(), PlainPacker):
            begun.set()
            yield parcel

    async def take() -> None:
        async for _ in encode_all():
            pass

    begun = asyncio.Event()
    task = asyncio.create_task(take())
    await begun.wait()
    await asyncio.sleep(seconds)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def whole(engine: Engine) -> None:
    async for _ in engine.encode(content_of(BLOB), CONFIG, Wanted(), PlainPacker):
        pass


@pytest.mark.parametrize("call", [wrong, mended, short, cancelled, whole])
@in_loop
async def test_nothing_is_left(tmp_path: Path, call: Callable[[Engine], Awaitable[None]]) -> None:
    def held() -> list[str]:
        """What this process has of files there, opened or mapped, with a name or without."""
        maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        files = [
            str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()
        ]
        return [each for each in maps + files if str(tmp_path) in each]

    async with engine_of(EngineOptions(in_memory=0, directory=tmp_path)) as (engine, _):
        await call(engine)
        async with asyncio.timeout(5):  # threads may have it in their hands still
            while held():
                await asyncio.sleep(0.01)
