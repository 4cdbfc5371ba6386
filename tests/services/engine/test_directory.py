"""Whatever the engine puts into files goes where it was told to: the usual place is not there."""

from pathlib import Path

import pytest
from services.engine.plain import PlainPacker, content_of, cut_blob, engine_of, in_loop, pieces_of
from services.engine.slivers import BLOB, CONFIG, N, slivers_of

from walrus_core.codec import encoder, memory
from walrus_core.codec.encoder import encode
from walrus_core.errors import StorageError
from walrus_core.services.engine import EngineOptions, Wanted, encoding as engine_encoding
from walrus_core.types import Axis


@pytest.fixture(autouse=True)
def _files_for_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever its size, and none of them where temporary files usually go."""
    monkeypatch.setattr(memory, "temporary_directory", lambda: tmp_path / "absent")
    monkeypatch.setattr(memory, "LARGEST_ANONYMOUS", 0)
    monkeypatch.setattr(encoder, "LARGEST_ANONYMOUS", 0)
    monkeypatch.setattr(engine_encoding, "KEPT", 0)


@in_loop
async def test_everything_goes_where_it_was_told_to(tmp_path: Path) -> None:
    encoded = encode(BLOB, N)
    async with engine_of(EngineOptions(in_memory=0, directory=tmp_path)) as (engine, _):
        assert await engine.compute_id(content_of(BLOB), CONFIG) == encoded.metadata
        parcels = [
            parcel
            async for parcel in engine.encode(content_of(BLOB), CONFIG, Wanted(), PlainPacker)
        ]
        assert parcels[-1] == encoded.metadata
        for check in ("default", "strict"):
            pieces = pieces_of(slivers_of(encoded, Axis.SECONDARY, range(7)), N, 5000)
            parts = engine.decode(encoded.metadata, pieces, check, cut_blob)
            assert b"".join([data async for _, data in parts]) == BLOB
    assert not any(tmp_path.iterdir())


@in_loop
async def test_errors_name_the_place(tmp_path: Path) -> None:
    place = tmp_path / "gone"
    async with engine_of(EngineOptions(directory=place)) as (engine, _):
        with pytest.raises(StorageError) as caught:
            await engine.compute_id(content_of(BLOB), CONFIG)
        assert caught.value.path == str(place)
